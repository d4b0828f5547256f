import EmbeddedServers
import KafkaSink
import Primitives

/// Fills a record as the row path does: all bytes in one buffer, header names with a zero byte behind them.
func fill(
  _ record: inout EncodedRecord, topic: Int, key: [UInt8]?, value: [UInt8]?, headers: [(String, [UInt8]?)] = [],
  partition: Int32? = nil, timestampMilliseconds: Int64? = nil
) {
  record.clear()
  record.topic = topic
  record.partition = partition
  record.timestampMilliseconds = timestampMilliseconds
  if let key { record.key = append(key, to: &record) }
  if let value { record.value = append(value, to: &record) }
  for (name, value) in headers {
    let name = append(Array(name.utf8), to: &record)
    record.bytes.append(UInt8(0))
    record.headers.append(EncodedRecord.Header(name: name, value: value.map { append($0, to: &record) }))
  }
}

private func append(_ bytes: [UInt8], to record: inout EncodedRecord) -> Range<Int> {
  let start = record.bytes.count
  record.bytes.append(bytes)
  return start..<record.bytes.count
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A producer on an embedded cluster, with short retries.
func makeProducer(
  _ kafka: EmbeddedKafka, _ more: [(name: String, value: String)] = []
) throws -> KafkaProducer {
  try KafkaProducer(properties: properties(kafka) + more)
}

func properties(_ kafka: EmbeddedKafka) -> [(name: String, value: String)] {
  [
    (name: "bootstrap.servers", value: kafka.bootstrapServers), (name: "linger.ms", value: "1"),
    (name: "retry.backoff.ms", value: "10"), (name: "reconnect.backoff.ms", value: "10"),
    (name: "reconnect.backoff.max.ms", value: "50"),
  ]
}

func readAll(_ kafka: EmbeddedKafka, _ topic: String) throws -> [KafkaRecord] {
  var records: [KafkaRecord] = []
  try KafkaConsumer.readToEnd(
    topic: topic, properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)], timeoutMilliseconds: 10_000
  ) { records.append($0.copied()) }
  return records
}
