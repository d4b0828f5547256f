import EmbeddedServers
import KafkaSink
import Primitives
import Testing

@Suite struct CommittedReaderTests {
  private func produce(_ kafka: EmbeddedKafka, _ values: [String]) throws {
    var producer = try makeProducer(kafka)
    let index = try producer.topicIndex("signals")
    var record = EncodedRecord()
    for value in values {
      fill(&record, topic: index, key: utf8("fin"), value: utf8(value), partition: 0)
      _ = try producer.enqueue(record, ticket: 0)
    }
    var events: [ClientEvent] = []
    #expect(producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in } == 0)
  }

  /// - Parameter commits: what is read is committed.
  private func read(
    _ kafka: EmbeddedKafka, count: Int, from offset: Int64? = nil, commits: Bool = true
  ) throws -> [String] {
    var reader = try CommittedReader(
      topic: "signals",
      properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers), (name: "group.id", value: "g")],
      from: offset)
    var values: [String] = []
    let deadline = ContinuousClock.now + .seconds(10)
    while values.count < count, ContinuousClock.now < deadline {
      if let record = try reader.next(timeoutMilliseconds: 100) {
        values.append(String(decoding: record.value ?? [], as: UTF8.self))
        if commits { try reader.commit(record.offset + 1) }
      }
    }
    return values
  }

  @Test func aSecondReaderOfTheGroupGoesOnBehindWhatTheFirstHasCommitted() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("signals", partitions: 1)
    try produce(kafka, ["1", "2"])
    #expect(try read(kafka, count: 2, commits: false) == ["1", "2"])
    #expect(try read(kafka, count: 2) == ["1", "2"])
    try produce(kafka, ["3"])
    #expect(try read(kafka, count: 1) == ["3"])
    #expect(try read(kafka, count: 2, from: 1) == ["2", "3"])
  }
}
