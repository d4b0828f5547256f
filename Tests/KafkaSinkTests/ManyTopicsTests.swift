import CRdkafka
import EmbeddedServers
import Glibc
import Primitives
import Testing

@testable import KafkaSink

/// A producer with thousands of topics: several clients, and less in flight.
@Suite struct ManyTopicsTests {
  private let roomy = InFlightMemory(valueBytesMax: .max, countMax: .max)

  @Test func recordsInFlightGiveUpWhatTopicsTake() {
    var memory = roomy
    for count in 1...2_750 { memory.topicAdded(count) }
    #expect(memory.bytesLimit == .max)
    memory.topicAdded(3_750)
    #expect(memory.bytesLimit == 14 << 20 - 1_000 * 5_500)
    memory.topicAdded(100_000)
    #expect(memory.bytesLimit == 2 << 20)
  }

  @Test func valuesAndRecordsAreBoundedAsLibrdkafkaDoes() {
    var memory = InFlightMemory(valueBytesMax: 1_000, countMax: 3)
    memory.add(valueBytes: 600, keyBytes: 9_000)
    #expect(memory.hasRoom(valueBytes: 400) && !memory.hasRoom(valueBytes: 401))
    memory.add(valueBytes: 0, keyBytes: 0)
    #expect(memory.hasRoom(valueBytes: 0))
    memory.add(valueBytes: 0, keyBytes: 0)
    #expect(!memory.hasRoom(valueBytes: 0))
    memory.remove(valueBytes: 0, keyBytes: 0)
    #expect(memory.hasRoom(valueBytes: 0))
  }

  @Test func anyOneRecordHasRoomHoweverLarge() {
    var memory = InFlightMemory(valueBytesMax: 1_000, countMax: 3)
    memory.topicAdded(100_000)
    #expect(memory.hasRoom(valueBytes: 5 << 20))
    memory.add(valueBytes: 5 << 20, keyBytes: 7)
    #expect(!memory.hasRoom(valueBytes: 1))
    memory.remove(valueBytes: 5 << 20, keyBytes: 7)
    #expect(memory.hasRoom(valueBytes: 1) && memory.bytes == 0 && memory.count == 0)
  }

  /// Fills a producer of 5,000 topics whose brokers are away, and returns how many records it took.
  private func taken(_ properties: [(String, String)], valueBytes: Int, isGathered: Bool) throws -> Int {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    var producer = try makeProducer(kafka, properties)
    for number in 0..<5_000 { _ = try producer.topicIndex("t\(number)") }
    producer.gathers = isGathered
    var record = EncodedRecord()
    var count = 0
    while count < 20_000 {
      fill(&record, topic: count % 5_000, key: nil, value: [UInt8](repeating: 65, count: valueBytes))
      guard try producer.enqueue(record, ticket: UInt(count)) == .accepted else { break }
      count += 1
    }
    return count - producer.gatheredCount
  }

  /// So small that gathered ones find their places.
  @Test(arguments: [false, true]) func lessIsInFlightOfThousandsOfTopics(isGathered: Bool) throws {
    let bytesMax = 14 << 20 - 2_250 * 5_500
    // Of 100 bytes each, and 400 beside them.
    #expect(try taken([], valueBytes: 100, isGathered: isGathered) == bytesMax / 500 + 1)
  }

  /// All clients together have it, and the topics leave it alone.
  @Test(arguments: [false, true]) func aLimitOfOnesOwnHolds(isGathered: Bool) throws {
    let own = [("queue.buffering.max.kbytes", "4096")]
    #expect(try taken(own, valueBytes: 600, isGathered: isGathered) == (4_096 << 10) / 600)
  }

  @Test func aBoundOfRecordsHoldsForAllClients() throws {
    let own = [("queue.buffering.max.messages", "7000")]
    #expect(try taken(own, valueBytes: 10, isGathered: false) < 7_000)
    #expect(try taken(own + [("queue.buffering.max.kbytes", "8192")], valueBytes: 10, isGathered: false) == 7_000)
  }

  /// A client for each four topics.
  private func producerOfFour(
    _ kafka: EmbeddedKafka, _ more: [(name: String, value: String)] = []
  ) throws -> KafkaProducer {
    try KafkaProducer(properties: properties(kafka) + more, topicsPerClient: 4)
  }

  @Test func eachSoManyTopicsHaveAClientAndAllReport() throws {
    let kafka = try EmbeddedKafka()
    var producer = try producerOfFour(kafka)
    for number in 0..<4 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.clientCount == 1)
    let last = try producer.topicIndex("many4")
    #expect(producer.clientCount == 2)
    #expect(try producer.topicIndex("many2") == 2)

    var record = EncodedRecord()
    var reported: [UInt: Int64] = [:]
    for round in 0..<3 {
      for (ticket, topic) in [(0, 0), (1, last), (2, 3)] {
        fill(&record, topic: topic, key: utf8("k"), value: utf8("\(round)"))
        #expect(try producer.enqueue(record, ticket: UInt(round * 3 + ticket)) == .accepted)
      }
    }
    var events: [ClientEvent] = []
    let left = producer.drain(timeoutMilliseconds: 10_000, events: &events) { ticket, result in
      if case .delivered(_, let offset) = result { reported[ticket] = offset }
    }
    #expect(left == 0 && reported.count == 9)
    for topic in ["many0", "many3", "many4"] {
      #expect(try readAll(kafka, topic).map(\.value) == ["0", "1", "2"].map { utf8($0) })
    }
    #expect(try producer.refreshTopic(last, timeoutMilliseconds: 5_000))
  }

  /// One event a call, so that a call may leave some of either client behind: the descriptor must then stay readable.
  @Test func theDescriptorIsReadableWhileReportsOfAnyClientWait() throws {
    let kafka = try EmbeddedKafka()
    var producer = try producerOfFour(kafka)
    for number in 0...4 { _ = try producer.topicIndex("many\(number)") }
    func isReadable(_ milliseconds: Int32) -> Bool {
      var entry = pollfd(fd: producer.eventDescriptor, events: Int16(POLLIN), revents: 0)
      return Glibc.poll(&entry, 1, milliseconds) == 1
    }
    while isReadable(50) { producer.collectDeliveries { _, _ in } }
    var record = EncodedRecord()
    var reported: Set<UInt> = []
    for (round, topics) in [[4], [0], [4, 0], [0, 4]].enumerated() {
      for topic in topics {
        fill(&record, topic: topic, key: nil, value: utf8("x"))
        #expect(try producer.enqueue(record, ticket: UInt(round * 10_000 + topic)) == .accepted)
      }
      // Both have come when the second call is made.
      if topics.count > 1 { usleep(200_000) }
      let expected = reported.count + topics.count
      while reported.count < expected {
        try #require(isReadable(5_000))
        producer.collectDeliveries(maxEvents: 1) { ticket, _ in reported.insert(ticket) }
      }
    }
    while isReadable(50) { producer.collectDeliveries { _, _ in } }
    #expect(!isReadable(20))
  }

  @Test func theFatalErrorOfAnyClientIsTheProducers() throws {
    var producer = try KafkaProducer(
      properties: [(name: "bootstrap.servers", value: "127.0.0.1:9")], topicsPerClient: 4)
    for number in 0...4 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.fatalError == nil)
    let further = producer.topic(4).client
    rd_kafka_test_fatal_error(further, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "as a broker")
    #expect(producer.fatalError?.isFatal == true)
  }

  /// Certificates that were there when the first was made.
  @Test func aFurtherClientThatCannotBeMadeIsDoneWithout() throws {
    let folder = "/tmp/sluice-certificates-\(getpid())"
    try #require(mkdir(folder, 0o700) == 0)
    defer { rmdir(folder) }
    var producer = try KafkaProducer(
      properties: [
        (name: "bootstrap.servers", value: "127.0.0.1:9"), (name: "security.protocol", value: "ssl"),
        (name: "ssl.ca.location", value: folder),
      ], topicsPerClient: 4)
    rmdir(folder)
    for number in 0...4 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.clientCount == 1 && producer.topicName(4) == "many4")
    let told = producer.collectDeliveries { _, _ in }.compactMap { event in
      if case .error(let error) = event { error.text } else { nil }
    }
    #expect(told.contains { $0.contains("the topics from the 5th on go without it") })

    try #require(mkdir(folder, 0o700) == 0)
    for number in 5...8 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.clientCount == 2)
  }

  @Test func whatSeveralClientsHoldIsPurged() throws {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    var producer = try producerOfFour(kafka)
    for number in 0...4 { _ = try producer.topicIndex("many\(number)") }
    var record = EncodedRecord()
    for (ticket, topic) in [0, 4].enumerated() {
      fill(&record, topic: topic, key: nil, value: utf8("x"))
      #expect(try producer.enqueue(record, ticket: UInt(ticket)) == .accepted)
    }
    #expect(producer.queuedCount >= 2)
    producer.purge()
    var purged: Set<UInt> = []
    var events: [ClientEvent] = []
    let left = producer.drain(timeoutMilliseconds: 5_000, events: &events) { ticket, result in
      if result.error?.kind == .purged { purged.insert(ticket) }
    }
    #expect(left == 0 && purged == [0, 1])
  }

  /// A transaction is of one producer's identity.
  @Test func aTransactionalProducerStaysOneClient() throws {
    let kafka = try EmbeddedKafka()
    var producer = try producerOfFour(kafka, [(name: "transactional.id", value: "one")])
    for number in 0...4 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.clientCount == 1)
  }
}
