import Testing

@testable import ConnectorConfig

@Suite struct WorkerConfigTests {
  private func worker(_ lines: String) throws -> WorkerConfig {
    try Support.load(worker: Support.worker + lines).worker
  }

  @Test func offsetsAreInTheFileElseTheTopicElseTheTable() throws {
    #expect(try worker("").offsetStorage == .table)
    #expect(
      try worker("offset.storage.topic=t\n").offsetStorage == .topic(name: "t", partitions: 25, replicationFactor: 3))
    let both = try Support.load(
      worker: Support.worker + "offset.storage.topic=t\noffset.storage.file.filename=/f\n")
    #expect(both.worker.offsetStorage == .file(path: "/f"))
    #expect(both.notices.map(\.property) == ["offset.storage.topic"])
  }

  @Test func clientPropertiesGoWhereKafkaConnectSendsThem() throws {
    let loaded = try Support.load(
      worker: "bootstrap.servers=a:1, b:2\nsecurity.protocol=SSL\nssl.truststore.password=pw\nproducer.linger.ms=5\n"
        + "admin.retries=3\nconsumer.x.y=z\nclient.id=r\n")
    let worker = loaded.worker
    #expect(worker.bootstrapServers == ["a:1", "b:2"])
    #expect(worker.producerProperties.mapValues(\.text) == ["linger.ms": "5"])
    #expect(worker.consumerProperties.mapValues(\.text) == ["x.y": "z"])
    #expect(
      Set(worker.adminProperties.keys) == ["security.protocol", "ssl.truststore.password", "retries", "client.id"])
    #expect(worker.clientProperties["ssl.truststore.password"]?.isSecret == true)
    #expect(loaded.notices.map(\.severity) == [.warning])
  }

  @Test func sharedSlotHasANameOfItsOwn() throws {
    #expect(try worker("").sharedSlot == nil)
    let shared = try worker("sluice.slot.shared=true\nsluice.slot.name=bank\nsluice.slot.shared.wait.ms=5000\n")
    #expect(shared.sharedSlot == SharedSlotOptions(name: "bank", waitMilliseconds: 5_000))
    let unused = try Support.load(worker: Support.worker + "sluice.slot.name=bank\n")
    #expect(unused.worker.sharedSlot == nil)
    #expect(unused.notices.map(\.property) == ["sluice.slot.name"])
  }

  @Test(arguments: [
    ("sluice.slot.shared=true\n", "sluice.slot.name"), ("sluice.slot.name=A-b\n", "sluice.slot.name"),
    ("exactly.once.source.support=enabled\n", "needs the position in Kafka"),
    ("topic.creation.enable=maybe\n", "true or false"),
    ("offset.storage.partitions=0\n", "-1 or 1"), ("ofset.storage.topic=t\n", "Did you mean offset.storage.topic?"),
    ("key.converter=Nope\n", "no converter"), ("bootstrap.servers=x\n", "already set in line 1"),
  ])
  func wrongSettingsAreErrors(lines: String, expected: String) {
    let problems = Support.problems(worker: Support.worker + lines)
    #expect(problems.count == 1 && problems[0].description.contains(expected), "\(problems)")
    #expect(problems.first?.file == "worker.properties")
  }

  @Test func distributedWorkersSettingsAreTakenWithNotices() throws {
    let loaded = try Support.load(
      worker: Support.worker + "group.id=g\nconfig.storage.topic=c\nplugin.path=/x\nlisteners=http://localhost:8083\n")
    #expect(loaded.notices.count == 4)
    #expect(loaded.worker.listeners == ["http://localhost:8083"])
  }
}
