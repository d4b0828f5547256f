import EmbeddedServers
import KafkaSink
import Testing

@Suite struct OffsetsTopicTests {
  @Test func newestValueOfTheKeyIsLoadedByAnother() throws {
    let kafka = try EmbeddedKafka()
    let properties = [(name: "bootstrap.servers", value: kafka.bootstrapServers)]
    var writer = try OffsetsTopic(name: "offsets", properties: properties)
    #expect(try writer.load(key: utf8("k")) == nil)
    try writer.store(key: utf8("k"), value: utf8("1"))
    try writer.store(key: utf8("other"), value: utf8("9"))
    try writer.store(key: utf8("k"), value: utf8("2"))
    let reader = try OffsetsTopic(name: "offsets", properties: properties)
    #expect(try reader.load(key: utf8("k")) == utf8("2"))
    #expect(try reader.load(key: utf8("other")) == utf8("9"))
    try writer.store(key: utf8("k"), value: nil)
    #expect(try reader.load(key: utf8("k")) == nil)
    try writer.store(key: utf8("k"), value: [])
    #expect(try reader.load(key: utf8("k")) == [])
  }

  /// A standby that takes over reads it first. librdkafka waits for half a second where it must look a beginning up before it
  /// knows the partition's leader.
  @Test func aLoadThatWaitsForOpenTransactionsTakesMoments() throws {
    let kafka = try EmbeddedKafka()
    var topic = try OffsetsTopic(
      name: "offsets", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)])
    try topic.store(key: utf8("k"), value: utf8("1"))
    let began = ContinuousClock.now
    for _ in 1...6 { #expect(try topic.load(key: utf8("k"), waitsForOpenTransactions: true) == utf8("1")) }
    #expect(began.duration(to: .now) < .milliseconds(2_000))
  }

  /// As where a record was given up after it had been sent: the producer has a fatal error from there on.
  @Test func storesGoOnAfterAProducerThatFailedForGood() throws {
    let kafka = try EmbeddedKafka()
    var topic = try OffsetsTopic(
      name: "offsets", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)])
    try topic.store(key: utf8("k"), value: utf8("1"))
    kafka.failNext(.produce, with: [.outOfOrderSequenceNumber])
    #expect(throws: KafkaError.self) { try topic.store(key: utf8("k"), value: utf8("2")) }
    try topic.store(key: utf8("k"), value: utf8("3"))
    #expect(try topic.load(key: utf8("k")) == utf8("3"))
  }

  @Test func storeWithoutBrokersEndsWithItsDeadline() throws {
    let kafka = try EmbeddedKafka()
    var topic = try OffsetsTopic(
      name: "offsets", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)],
      timeoutMilliseconds: 500)
    try kafka.takeDown()
    let start = ContinuousClock.now
    do {
      try topic.store(key: utf8("k"), value: utf8("1"))
      Issue.record("stored")
    } catch {
      #expect(error.kind == .timedOut || error.kind == .purged)
      #expect(error.isRetriable)
    }
    #expect(ContinuousClock.now - start < .seconds(4))
  }
}
