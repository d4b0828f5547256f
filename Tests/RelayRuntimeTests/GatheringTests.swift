import EmbeddedServers
import Logging
import Primitives
import Testing

@testable import RelayRuntime

/// A connector's producer gathers records for a moment and no longer.
@Suite struct GatheringTests {
  private func producer(
    _ kafka: EmbeddedKafka, _ batching: RecordBatching? = nil, _ more: [(name: String, value: String)] = []
  ) throws -> ConnectorProducer {
    let producer = try ConnectorProducer(
      properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)] + more, transactions: nil,
      batching: batching,
      logger: Logger(label: "test"))
    producer.gather(true)
    return producer
  }

  private func enqueue(_ producer: ConnectorProducer, ticket: UInt) throws {
    var record = EncodedRecord(minimumCapacity: 16)
    record.topic = try producer.producer.topicIndex("t")
    record.bytes.append([1])
    record.value = 0..<1
    #expect(try producer.enqueue(record, ticket: ticket) == .accepted)
  }

  @Test func gatheredRecordsGoAfterAMomentOfTurns() throws {
    let producer = try producer(EmbeddedKafka())
    try enqueue(producer, ticket: 1)
    let begin = ContinuousClock.now
    while producer.producer.gatheredCount > 0 {
      try producer.collect { _, _ in }
      try #require(ContinuousClock.now - begin < .seconds(10))
    }
    #expect(ContinuousClock.now - begin >= .milliseconds(1))
  }

  @Test func nothingIsGatheredWhileTheReasonOfARefusalIsSought() throws {
    var singly = RecordBatching(properties: [])
    singly.sendsSingly = true
    let producer = try producer(EmbeddedKafka(), singly)
    try enqueue(producer, ticket: 1)
    #expect(producer.producer.gatheredCount == 0)
  }

  /// Kafka may be away for hours: nothing is to be looked after every two milliseconds.
  @Test func fullQueueIsTriedAgainWithReportsOnly() throws {
    let kafka = try EmbeddedKafka()
    let producer = try producer(kafka, nil, [(name: "queue.buffering.max.messages", value: "10")])
    try kafka.takeDown()
    for ticket: UInt in 1...30 { try enqueue(producer, ticket: ticket) }
    #expect(producer.waitMilliseconds == ConnectorProducer.gatheringMilliseconds)
    producer.gather(false)
    #expect(producer.producer.gatheredCount == 20 && producer.waitMilliseconds == nil)
    try kafka.bringUp()
    var delivered: [UInt64] = []
    let begin = ContinuousClock.now
    while delivered.count < 30 {
      try producer.collect(waitMilliseconds: 100) { ticket, _ in delivered.append(ticket) }
      try #require(ContinuousClock.now - begin < .seconds(20))
    }
    #expect(delivered.sorted() == Array(1...30))
  }

  @Test func gatheredRecordsGoAtOnceWhenTheStreamIsQuiet() throws {
    let producer = try producer(EmbeddedKafka())
    try enqueue(producer, ticket: 1)
    #expect(producer.producer.gatheredCount == 1)
    producer.gather(false)
    #expect(producer.producer.gatheredCount == 0)
  }
}
