import EmbeddedServers
import KafkaSink

/// A broker for one case after another: each reads only what came since it began. Ending one takes librdkafka up to a
/// second, in which it starts no other, so a broker per case would cost more than all the rest.
final class CaseBroker {
  let kafka: EmbeddedKafka
  let partitions: Int32
  private var topics: Set<String> = []
  private var beginnings: [TopicPartition: Int64] = [:]

  init(partitions: Int32) throws {
    kafka = try EmbeddedKafka()
    self.partitions = partitions
  }

  var bootstrapServers: String { kafka.bootstrapServers }

  private var properties: [(name: String, value: String)] {
    [(name: "bootstrap.servers", value: kafka.bootstrapServers), (name: "fetch.wait.max.ms", value: "10")]
  }

  /// From here on records are a new case's.
  func begin(topics names: Set<String>) throws {
    for topic in names.subtracting(topics) { try kafka.createTopic(topic, partitions: partitions) }
    topics.formUnion(names)
    let consumer = try makeConsumer()
    beginnings = try consumer.endOffsets(of: consumer.assigned, timeoutMilliseconds: 10_000)
  }

  /// The records since `begin`, in order within each partition.
  func records() throws -> [RecordedRecord] {
    var consumer = try makeConsumer()
    let ends = try consumer.endOffsets(of: consumer.assigned, timeoutMilliseconds: 10_000)
    let beginnings = beginnings
    var open = ends.filter { $0.value > beginnings[$0.key] ?? 0 }
    var records: [RecordedRecord] = []
    try waitUntil("the topics are read", within: .seconds(20)) {
      if open.isEmpty { return true }
      let result = try consumer.poll(timeoutMilliseconds: 100) { record in
        let place = TopicPartition(topic: record.topic, partition: record.partition)
        if record.offset >= beginnings[place] ?? 0 { records.append(RecordedRecord(record.copied())) }
      }
      for (partition, offset) in result.ends where offset >= open[partition] ?? 0 { open[partition] = nil }
      return open.isEmpty
    }
    return records
  }

  /// Topics that came to be without being one of a case's: Debezium makes none that gets no record.
  func otherTopics() throws -> Set<String> {
    Set(try makeConsumer().assigned.map(\.topic)).subtracting(topics)
  }

  private func makeConsumer() throws -> KafkaConsumer {
    var consumer = try KafkaConsumer(properties: properties)
    // A pattern passes over names that begin with "__".
    try consumer.assign(["^"] + topics, from: .beginning)
    return consumer
  }
}
