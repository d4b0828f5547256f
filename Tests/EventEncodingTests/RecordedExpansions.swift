import EventRouting
import Foundation

/// Outbox payloads and what Debezium 3.6.3's `JsonSchemaData` and Connect's converters made of them.
///
/// `Recorded/expansions.tsv`: the payload in hexadecimal; then for each null behaviour four columns: the outcome
/// (`unchanged`, `noschema text`, `fails STRUCT`, `fails ARRAY`, `expanded`), and of an expanded one in hexadecimal the
/// JSON without schemas, with schemas, and the text of StringConverter. Only payloads on which all JVMs agree.
struct RecordedExpansion {
  struct Outcome {
    var name: String
    var json: [UInt8]
    var jsonWithSchema: [UInt8]
    var text: [UInt8]
  }
  var payload: [UInt8]
  var outcomes: [(PayloadExpansion.NullBehavior, Outcome)]

  static func all() throws -> [RecordedExpansion] {
    var file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Recorded/expansions.tsv")
    if let other = ProcessInfo.processInfo.environment["EXPANSION_VECTORS"] { file = URL(fileURLWithPath: other) }
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      func outcome(_ start: Int) -> Outcome {
        Outcome(
          name: parts[start], json: bytes(parts[start + 1]), jsonWithSchema: bytes(parts[start + 2]),
          text: bytes(parts[start + 3]))
      }
      return RecordedExpansion(
        payload: bytes(parts[0]), outcomes: [(.ignore, outcome(1)), (.optionalBytes, outcome(5))])
    }
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) ?? 0
    }
  }
}
