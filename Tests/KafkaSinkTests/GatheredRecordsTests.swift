import EmbeddedServers
import KafkaSink
import Primitives
import Testing

@Suite struct GatheredRecordsTests {
  private let kafka: EmbeddedKafka

  init() throws {
    kafka = try EmbeddedKafka()
    try kafka.createTopic("t", partitions: 1)
  }

  private func producer(_ more: [(name: String, value: String)] = []) throws -> KafkaProducer {
    var producer = try makeProducer(kafka, more)
    producer.gathers = true
    return producer
  }

  private func enqueue(
    _ producer: inout KafkaProducer, _ value: String?, ticket: UInt, key: String? = nil, partition: Int32? = nil,
    headers: [(String, [UInt8]?)] = []
  ) throws {
    var record = EncodedRecord()
    fill(
      &record, topic: try producer.topicIndex("t"), key: key.map(utf8), value: value.map(utf8), headers: headers,
      partition: partition)
    #expect(try producer.enqueue(record, ticket: ticket) == .accepted)
  }

  private func drain(_ producer: inout KafkaProducer) -> [UInt] {
    var events: [ClientEvent] = []
    var tickets: [UInt] = []
    let left = producer.drain(timeoutMilliseconds: 10_000, events: &events) { ticket, result in
      #expect(result.error == nil)
      tickets.append(ticket)
    }
    #expect(left == 0)
    return tickets
  }

  @Test func gatheredRecordsWaitUntilTheyAreHandedOver() throws {
    var producer = try producer()
    for ticket: UInt in 1...5 { try enqueue(&producer, "\(ticket)", ticket: ticket) }
    producer.collectDeliveries(timeoutMilliseconds: 50) { _, _ in Issue.record("not handed over yet") }
    #expect(producer.gatheredCount == 5 && producer.queuedCount == 5)
    let isDone = producer.handOverGathered()
    #expect(isDone)
    #expect(producer.gatheredCount == 0)
    #expect(drain(&producer) == [1, 2, 3, 4, 5])
    #expect(
      try readAll(kafka, "t").map { $0.value.map { String(decoding: $0, as: UTF8.self) } } == ["1", "2", "3", "4", "5"])
  }

  @Test func nullsAndHeadersStayWhatTheyAre() throws {
    var producer = try producer()
    try enqueue(&producer, nil, ticket: 1, key: "a", headers: [("h", utf8("1"))])
    try enqueue(&producer, "", ticket: 2, key: "")
    try enqueue(&producer, "v", ticket: 3, headers: [("h", nil)])
    _ = drain(&producer)
    let read = try readAll(kafka, "t")
    #expect(read.map(\.key) == [utf8("a"), [], nil])
    #expect(read.map(\.value) == [nil, [], utf8("v")])
    #expect(read.map { $0.headers.map(\.value) } == [[utf8("1")], [], [nil]])
  }

  /// It may be refused at once, for its partition or its size.
  @Test func aRecordThatIsHandedOverByItselfKeepsItsPlace() throws {
    var producer = try producer()
    try enqueue(&producer, "first", ticket: 1)
    try enqueue(&producer, "second", ticket: 2, partition: 0)
    try enqueue(&producer, "third", ticket: 3)
    try enqueue(&producer, String(repeating: "x", count: 20_000), ticket: 4)
    try enqueue(&producer, "fifth", ticket: 5)
    try enqueue(&producer, "sixth", ticket: 6, key: String(repeating: "k", count: 5_000))
    #expect(producer.gatheredCount == 0)
    #expect(drain(&producer) == [1, 2, 3, 4, 5, 6])
  }

  @Test func asManyAsAreWorthARequestGoAtOnce() throws {
    var producer = try producer()
    for ticket: UInt in 1...1_025 { try enqueue(&producer, "v", ticket: ticket) }
    #expect(producer.gatheredCount == 1)
    #expect(drain(&producer) == Array(1...1_025))
  }

  @Test func whatTheQueueHasNoRoomForWaits() throws {
    var producer = try producer([(name: "queue.buffering.max.messages", value: "10")])
    for ticket: UInt in 1...30 { try enqueue(&producer, "v", ticket: ticket) }
    let isDone = producer.handOverGathered()
    #expect(!isDone)
    #expect(producer.gatheredCount == 20)
    #expect(drain(&producer) == Array(1...30))
  }

  @Test func whatIsGivenUpIsReportedOnce() throws {
    var producer = try producer()
    for ticket: UInt in 1...3 { try enqueue(&producer, "v", ticket: ticket) }
    producer.purge()
    var purged: [UInt] = []
    for _ in 0..<3 {
      producer.collectDeliveries { ticket, result in if result.error != nil { purged.append(ticket) } }
    }
    #expect(purged == [1, 2, 3] && producer.queuedCount == 0)
    #expect(try readAll(kafka, "t").isEmpty)
  }

  /// Here all are, for good.
  @Test func whatIsRefusedWhenItIsHandedOverIsReportedWithItsSize() throws {
    kafka.failNext(.initProducerId, with: [.clusterAuthorizationFailed])
    var producer = try producer()
    try enqueue(&producer, "v", ticket: 7, key: "key")
    let deadline = ContinuousClock.now + .seconds(20)
    while producer.fatalError == nil, ContinuousClock.now < deadline {
      producer.collectDeliveries(timeoutMilliseconds: 20) { _, _ in Issue.record("not handed over yet") }
    }
    let isDone = producer.handOverGathered()
    #expect(isDone)
    var errors: [(UInt, KafkaError?)] = []
    producer.collectDeliveries { ticket, result in errors.append((ticket, result.error)) }
    #expect(errors.map(\.0) == [7])
    #expect(errors[0].1?.recordBytes == 4 && errors[0].1?.isFatal == true && errors[0].1?.isOfOneRecord == true)
  }
}
