import KafkaSink
import Primitives
import Testing

extension Integration {
  /// What exactly-once delivery builds upon and the embedded broker does not have.
  @Suite(.enabled(if: TestBroker.given != nil, TestBroker.needsKafka)) struct IsolationTests {
    private let kafka: TestBroker
    private let topic: String

    init() throws {
      kafka = try TestBroker()
      topic = kafka.name("isolation")
      try kafka.createTopic(topic)
    }

    private func producer() throws -> KafkaProducer {
      let producer = try KafkaProducer(
        properties: kafka.properties + [(name: "transactional.id", value: topic)])
      try producer.transactions.initialize(timeoutMilliseconds: 30_000)
      return producer
    }

    private func wait(_ body: () throws -> Bool) throws {
      try waitUntil("the call ends", within: .seconds(30), body)
    }

    private func send(_ text: String, _ producer: inout KafkaProducer) throws {
      var record = EncodedRecord()
      record.topic = try producer.topicIndex(topic)
      record.bytes.append(Array(text.utf8))
      record.value = 0..<record.bytes.count
      #expect(try producer.enqueue(record, ticket: 1) == .accepted)
    }

    private func commit(_ producer: inout KafkaProducer) throws {
      try wait {
        producer.collectDeliveries { _, _ in }
        return producer.queuedCount == 0
      }
      try producer.transactions.commit(timeoutMilliseconds: 30_000)
    }

    private func committed() throws -> [String] {
      var values: [String] = []
      _ = try KafkaConsumer.readToEnd(topic: topic, properties: kafka.properties) { record in
        values.append(String(decoding: record.copied().value ?? [], as: UTF8.self))
      }
      return values.sorted()
    }

    @Test func abortedRecordsAreNotRead() throws {
      var producer = try producer()
      try producer.transactions.begin()
      try send("aborted", &producer)
      var isAcknowledged = false
      try wait {
        producer.collectDeliveries { _, result in isAcknowledged = result.error == nil }
        return isAcknowledged
      }
      try producer.transactions.abort(timeoutMilliseconds: 30_000)
      try producer.transactions.begin()
      try send("committed", &producer)
      try commit(&producer)
      #expect(try committed() == ["committed"])
    }

    @Test func laterProducerEndsWhatTheEarlierLeftAndTheEarlierCommitsNothing() throws {
      var earlier = try producer()
      try earlier.transactions.begin()
      try send("earlier", &earlier)
      var isAcknowledged = false
      try wait {
        earlier.collectDeliveries { _, result in isAcknowledged = result.error == nil }
        return isAcknowledged
      }
      var later = try producer()
      try later.transactions.begin()
      try send("later", &later)
      try commit(&later)
      let failure = #expect(throws: KafkaError.self) { try commit(&earlier) }
      #expect(failure?.kind == .fenced)
      #expect(try committed() == ["later"])
    }
  }
}
