import Foundation

/// Records as Debezium 3.6.3 sent them: `Recorded/Pipeline/<name>.jsonl`, one a line with topic, partition, key, value,
/// headers and timestamp. Positions, commit times and transaction ids are those of the recording; the time of processing
/// and the run's id are `PipelineRun.now` and `PipelineRun.runID` in all of them, and values of 3,000 equal letters were
/// cut to 12.
struct RecordedEvent: Decodable {
  let topic: String
  let partition: Int32?
  let key: String?
  let value: String?
  /// Stands for `value` where that is no UTF-8.
  let value_b64: Data?
  let headers: [[String?]]
  let timestamp: Int64?

  var record: SentRecord {
    SentRecord(
      topic: topic, partition: partition, key: key.map { Array($0.utf8) },
      value: value_b64.map(Array.init) ?? value.map { Array($0.utf8) },
      headers: headers.map { SentRecord.Header(name: $0[0]!, value: $0[1].map { Array($0.utf8) }) },
      timestampMilliseconds: timestamp)
  }

  static func all(_ name: String) throws -> [SentRecord] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Recorded/Pipeline/\(name).jsonl")
    return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(RecordedEvent.self, from: $0).record
    }
  }
}

/// One record as the producer gets it.
struct SentRecord: Equatable, CustomStringConvertible {
  struct Header: Equatable {
    let name: String
    let value: [UInt8]?
  }

  let topic: String
  var partition: Int32?
  var key: [UInt8]?
  var value: [UInt8]?
  var headers: [Header] = []
  var timestampMilliseconds: Int64?

  var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
  var valueText: String? { value.map { String(decoding: $0, as: UTF8.self) } }

  var description: String {
    func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-" }
    let headers = headers.map { "\($0.name)=\(text($0.value))" }.joined(separator: ", ")
    return """
      \(topic) \(partition.map(String.init) ?? "-") at \(timestampMilliseconds.map(String.init) ?? "-") [\(headers)]
      \(text(key))
      \(text(value))
      """
  }
}
