import EmbeddedServers
import Logging
import Primitives
import Testing

@testable import RelayRuntime

/// A connector's producer gathers records for a moment and no longer.
@Suite struct GatheringTests {
  private func producer(_ kafka: EmbeddedKafka, _ batching: RecordBatching? = nil) throws -> ConnectorProducer {
    let producer = try ConnectorProducer(
      properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)], transactions: nil, batching: batching,
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

  @Test func gatheredRecordsGoAtOnceWhenTheStreamIsQuiet() throws {
    let producer = try producer(EmbeddedKafka())
    try enqueue(producer, ticket: 1)
    #expect(producer.producer.gatheredCount == 1)
    producer.gather(false)
    #expect(producer.producer.gatheredCount == 0)
  }
}
