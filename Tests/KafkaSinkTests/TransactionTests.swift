import EmbeddedServers
import Primitives
import Testing

@testable import KafkaSink

/// What the in-process cluster has of transactions: producer ids and epochs, EndTxn. It keeps no isolation: what is aborted
/// is read all the same.
@Suite struct TransactionTests {
  private func producer(_ kafka: EmbeddedKafka, id: String) throws -> KafkaProducer {
    try KafkaProducer(properties: [
      (name: "bootstrap.servers", value: kafka.bootstrapServers), (name: "transactional.id", value: id),
    ])
  }

  private func wait(_ body: () throws -> Bool) throws {
    for _ in 0..<2_000 { if try body() { return } }
    Issue.record("the call has not ended")
  }

  private func send(_ text: String, _ producer: inout KafkaProducer, topic: Int) throws {
    var record = EncodedRecord()
    record.topic = topic
    record.bytes.append(utf8(text))
    record.value = 0..<record.bytes.count
    #expect(try producer.enqueue(record, ticket: 7) == .accepted)
  }

  @Test func committedRecordsAreReadAndCallsThatTimeOutResume() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    var producer = try producer(kafka, id: "one")
    let topic = try producer.topicIndex("t")
    try wait { try producer.initTransactions(timeoutMilliseconds: 1) }
    for number in 1...3 {
      try producer.beginTransaction()
      try send("\(number)", &producer, topic: topic)
      var acknowledged = 0
      try wait {
        producer.collectDeliveries { ticket, result in
          #expect(ticket == 7)
          if result.error == nil { acknowledged += 1 }
        }
        return try producer.commitTransaction(timeoutMilliseconds: 1)
      }
      #expect(acknowledged == 1)
    }
    var values: [[UInt8]] = []
    _ = try KafkaConsumer.readToEnd(
      topic: "t", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)]
    ) { record in
      if let value = record.copied().value { values.append(value) }
    }
    #expect(values.count == 3)
  }

  @Test func abortGivesBackWhatWasQueuedAndTheProducerGoesOn() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    var producer = try producer(kafka, id: "two")
    let topic = try producer.topicIndex("t")
    try wait { try producer.initTransactions(timeoutMilliseconds: 10) }
    try producer.beginTransaction()
    for _ in 0..<50 { try send("x", &producer, topic: topic) }
    var reports = 0
    try wait {
      producer.collectDeliveries { _, _ in reports += 1 }
      return try producer.abortTransaction(timeoutMilliseconds: 5)
    }
    #expect(reports == 50)
    try producer.beginTransaction()
    try send("y", &producer, topic: topic)
    try wait {
      producer.collectDeliveries { _, result in #expect(result.error == nil) }
      return try producer.commitTransaction(timeoutMilliseconds: 5)
    }
  }

  @Test func recordOutsideATransactionIsRefused() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    var producer = try producer(kafka, id: "three")
    let topic = try producer.topicIndex("t")
    try wait { try producer.initTransactions(timeoutMilliseconds: 10) }
    var record = EncodedRecord()
    record.topic = topic
    #expect(throws: KafkaError.self) { try producer.enqueue(record, ticket: 1) }
  }
}
