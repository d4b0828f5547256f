import EmbeddedServers
import KafkaSink
import Primitives
import Testing

@Suite struct KafkaConsumerTests {
  func produce(_ kafka: EmbeddedKafka, _ topic: String, _ values: [String], partition: Int32? = nil) throws {
    var producer = try makeProducer(kafka)
    let index = try producer.topicIndex(topic)
    var record = EncodedRecord()
    for value in values {
      fill(&record, topic: index, key: nil, value: utf8(value), partition: partition)
      _ = try producer.enqueue(record, ticket: 0)
    }
    var events: [ClientEvent] = []
    #expect(producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in } == 0)
  }

  func consumer(_ kafka: EmbeddedKafka) throws -> KafkaConsumer {
    try KafkaConsumer(
      properties: [
        (name: "bootstrap.servers", value: kafka.bootstrapServers), (name: "fetch.wait.max.ms", value: "10"),
      ], metadataRefreshMilliseconds: 50)
  }

  /// Values by topic, polled until there are `count` of them.
  func poll(_ consumer: inout KafkaConsumer, until count: Int) throws -> [String: [String]] {
    var values: [String: [String]] = [:]
    var total = 0
    let deadline = ContinuousClock.now + .seconds(5)
    while total < count, ContinuousClock.now < deadline {
      total += try consumer.poll(timeoutMilliseconds: 50) { record in
        let copy = record.copied()
        values[copy.topic, default: []].append(String(decoding: copy.value ?? [], as: UTF8.self))
      }.recordCount
    }
    return values
  }

  @Test func fromBeginningReadsWhatIsThereAndReportsTheEnd() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("old", partitions: 1)
    try produce(kafka, "old", ["a", "b", "c"])
    var consumer = try consumer(kafka)
    try consumer.assign(["old"], from: .beginning)
    var values: [String] = []
    var end: Int64?
    let deadline = ContinuousClock.now + .seconds(5)
    while end == nil, ContinuousClock.now < deadline {
      let result = try consumer.poll(timeoutMilliseconds: 50) { record in
        values.append(String(decoding: record.copied().value ?? [], as: UTF8.self))
      }
      end = result.ends.first?.offset
    }
    #expect(values == ["a", "b", "c"])
    #expect(end == 3)
  }

  /// So a real broker answers for a moment after CreateTopics.
  @Test func brokerThatDoesNotKnowYetThatItLeadsIsAskedAgain() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("new", partitions: 1)
    try produce(kafka, "new", ["a"])
    kafka.failNext(.listOffsets, with: [.notLeaderForPartition, .notLeaderForPartition, .notLeaderForPartition])
    var values: [String] = []
    try KafkaConsumer.readToEnd(
      topic: "new", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)]
    ) { values.append(String(decoding: $0.copied().value ?? [], as: UTF8.self)) }
    #expect(values == ["a"])
  }

  @Test func fromEndReadsOnlyWhatComesAfterAssign() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("tail", partitions: 1)
    try produce(kafka, "tail", ["old"])
    var consumer = try consumer(kafka)
    try consumer.assign(["tail"], from: .end)
    // Not polled yet: the end is that of `assign`, not that of the first fetch.
    try produce(kafka, "tail", ["new"])
    #expect(try poll(&consumer, until: 1) == ["tail": ["new"]])
  }

  @Test func patternPicksUpTopicsThatAppearLater() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("fintech.events.first", partitions: 1)
    try kafka.createTopic("other", partitions: 1)
    try kafka.createTopic("__internal", partitions: 1)
    var consumer = try consumer(kafka)
    try consumer.assign([#"^(fintech\.events\.|__).*"#], from: .end)
    #expect(consumer.assigned == [TopicPartition(topic: "fintech.events.first", partition: 0)])
    try produce(kafka, "other", ["no"])
    try produce(kafka, "fintech.events.second", ["late"])
    try produce(kafka, "fintech.events.first", ["early"])
    let values = try poll(&consumer, until: 2)
    #expect(values == ["fintech.events.first": ["early"], "fintech.events.second": ["late"]])
  }

  @Test func namedTopicMayAppearLater() throws {
    let kafka = try EmbeddedKafka()
    var consumer = try consumer(kafka)
    try consumer.assign(["later"], from: .end)
    #expect(consumer.assigned.isEmpty)
    try produce(kafka, "later", ["x"])
    #expect(try poll(&consumer, until: 1) == ["later": ["x"]])
  }

  @Test func wrongPatternIsAnError() throws {
    let kafka = try EmbeddedKafka()
    var consumer = try consumer(kafka)
    #expect(throws: KafkaError.self) { try consumer.assign(["^("], from: .end) }
  }

  @Test func readToEndReadsAllPartitionsAndOfAMissingTopicNothing() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("wide", partitions: 3)
    for partition: Int32 in 0..<2 {
      try produce(kafka, "wide", ["\(partition)a", "\(partition)b"], partition: partition)
    }
    let values = try readAll(kafka, "wide").map { String(decoding: $0.value ?? [], as: UTF8.self) }
    #expect(values.sorted() == ["0a", "0b", "1a", "1b"])
    #expect(values.filter { $0.hasPrefix("0") } == ["0a", "0b"])
    #expect(try readAll(kafka, "missing").isEmpty)
  }

  @Test func readToEndOfAnUnreachableClusterEndsWithItsDeadline() throws {
    let kafka = try EmbeddedKafka()
    let servers = kafka.bootstrapServers
    kafka.stop()
    let start = ContinuousClock.now
    #expect(throws: KafkaError.self) {
      try KafkaConsumer.readToEnd(
        topic: "any", properties: [(name: "bootstrap.servers", value: servers)], timeoutMilliseconds: 300
      ) { _ in }
    }
    #expect(ContinuousClock.now - start < .seconds(3))
  }
}
