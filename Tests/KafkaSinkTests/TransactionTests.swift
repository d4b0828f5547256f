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

  private func send(_ text: String, _ producer: inout KafkaProducer, topic: Int) throws {
    var record = EncodedRecord()
    record.topic = topic
    record.bytes.append(utf8(text))
    record.value = 0..<record.bytes.count
    #expect(try producer.enqueue(record, ticket: 7) == .accepted)
  }

  private func collectOne(_ producer: inout KafkaProducer) throws {
    var acknowledged = 0
    for _ in 0..<1_000 where acknowledged == 0 {
      producer.collectDeliveries(timeoutMilliseconds: 10) { ticket, result in
        #expect(ticket == 7)
        #expect(result.error == nil)
        acknowledged += 1
      }
    }
    #expect(acknowledged == 1)
  }

  @Test func committedRecordsAreRead() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    var producer = try producer(kafka, id: "one")
    let topic = try producer.topicIndex("t")
    try producer.transactions.initialize(timeoutMilliseconds: 30_000)
    for number in 1...3 {
      try producer.transactions.begin()
      try send("\(number)", &producer, topic: topic)
      try collectOne(&producer)
      try producer.transactions.commit(timeoutMilliseconds: 30_000)
    }
    var values: [[UInt8]] = []
    _ = try KafkaConsumer.readToEnd(
      topic: "t", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)]
    ) { record in
      if let value = record.copied().value { values.append(value) }
    }
    #expect(values.count == 3)
  }

  @Test func abortGivesBackWhatWasQueuedAndTheProducerGoesOn() async throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    var producer = try producer(kafka, id: "two")
    let topic = try producer.topicIndex("t")
    try producer.transactions.initialize(timeoutMilliseconds: 30_000)
    try producer.transactions.begin()
    for _ in 0..<50 { try send("x", &producer, topic: topic) }
    let transactions = producer.transactions
    let abort = Task.detached { try transactions.abort(timeoutMilliseconds: 30_000) }
    var reports = 0
    for _ in 0..<1_000 where reports < 50 {
      producer.collectDeliveries(timeoutMilliseconds: 10) { _, _ in reports += 1 }
      await Task.yield()
    }
    #expect(reports == 50)
    try await abort.value
    try producer.transactions.begin()
    try send("y", &producer, topic: topic)
    try collectOne(&producer)
    try producer.transactions.commit(timeoutMilliseconds: 30_000)
  }

  /// librdkafka by itself asks again after half a second each time.
  @Test func coordinatorThatEndsAnEarlierTransactionIsAskedAgainWithinMoments() throws {
    let kafka = try EmbeddedKafka()
    func initializing(_ id: String) throws -> Duration {
      let producer = try producer(kafka, id: id)
      let began = ContinuousClock.now
      try producer.transactions.initialize(timeoutMilliseconds: 30_000)
      return began.duration(to: .now)
    }
    let undisturbed = try initializing("first")
    kafka.failNext(.initProducerId, with: Array(repeating: .concurrentTransactions, count: 4))
    #expect(try initializing("successor") - undisturbed < .milliseconds(1_200))
  }

  @Test func coordinatorThatNeverHasDoneIsGivenUpInTime() throws {
    let kafka = try EmbeddedKafka()
    let producer = try producer(kafka, id: "stuck")
    kafka.failNext(.initProducerId, with: Array(repeating: .concurrentTransactions, count: 1_000))
    let began = ContinuousClock.now
    #expect(throws: KafkaError.self) { try producer.transactions.initialize(timeoutMilliseconds: 1_000) }
    #expect(began.duration(to: .now) < .milliseconds(2_500))
  }

  @Test func recordOutsideATransactionIsRefused() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    var producer = try producer(kafka, id: "three")
    let topic = try producer.topicIndex("t")
    try producer.transactions.initialize(timeoutMilliseconds: 30_000)
    var record = EncodedRecord()
    record.topic = topic
    #expect(throws: KafkaError.self) { try producer.enqueue(record, ticket: 1) }
  }
}
