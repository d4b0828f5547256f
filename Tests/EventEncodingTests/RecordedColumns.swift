import ConnectData
import Foundation
import Primitives

/// Columns, values and what Debezium 3.6.3.Final made of them, recorded from a real run.
///
/// `Recorded/columns.tsv`: a line `C` has the recording's name, the value options, the column (name, type, modifier,
/// nullable, default expression), the JSON of its field's schema (`-`: not in the event, `?`: not recorded) and what
/// stands for it in the `before` of a delete (`?`: not recorded). Lines `V` after it have a text as PostgreSQL prints it
/// (`\N` for NULL) and the JSON of the event.
struct RecordedColumn {
  var recording: String
  var column: ColumnDescription
  var options: ValueOptions
  var decimalFormat: String
  var schemaJSON: String
  var absentJSON: String
  var values: [(text: [UInt8]?, json: String)] = []

  static func all() throws -> [RecordedColumn] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Recorded/columns.tsv")
    var columns: [RecordedColumn] = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      if parts[0] == "V" {
        columns[columns.count - 1].values.append((unescaped(parts[1]).map { Array($0.utf8) }, unescaped(parts[2])!))
        continue
      }
      let settings = parts[2].split(separator: ";").map(String.init)
      let options = ValueOptions(
        decimal: .init(rawValue: settings[0])!, time: .init(rawValue: settings[1])!,
        binary: .init(rawValue: settings[2])!, hstore: .init(rawValue: settings[3])!,
        interval: .init(rawValue: settings[4])!, includesUnknownDatatypes: settings[5] == "true",
        moneyFractionDigits: Int(settings[6])!)
      var specification = parts[4].split(separator: "/", omittingEmptySubsequences: false)[...]
      let column = ColumnDescription(
        name: parts[3], type: type(&specification), typeModifier: Int32(parts[5])!, isNullable: parts[6] == "1",
        defaultExpression: unescaped(parts[7]))
      columns.append(
        RecordedColumn(
          recording: parts[1], column: column, options: options, decimalFormat: settings[7],
          schemaJSON: unescaped(parts[8])!, absentJSON: unescaped(parts[9])!))
    }
    return columns
  }

  private static func type(_ parts: inout ArraySlice<Substring>) -> TypeDescription {
    let kind = parts.removeFirst()
    let oid = TypeOID(rawValue: UInt32(parts.removeFirst())!)
    let name = String(parts.removeFirst())
    switch kind {
    case "array": return TypeDescription(oid: oid, name: name, kind: .array(element: type(&parts)))
    case "enum":
      let labels = parts.removeFirst().split(separator: "\u{1F}").map(String.init)
      return TypeDescription(oid: oid, name: name, kind: .enumeration(labels))
    case "domain":
      let modifier = Int32(parts.removeFirst())!
      return TypeDescription(oid: oid, name: name, kind: .domain(type(&parts), modifier: modifier))
    case "composite": return TypeDescription(oid: oid, name: name, kind: .composite)
    case "range": return TypeDescription(oid: oid, name: name, kind: .range)
    case "multirange": return TypeDescription(oid: oid, name: name, kind: .multirange)
    default: return TypeDescription(oid: oid, name: name)
    }
  }

  private static func unescaped(_ text: String) -> String? {
    if text == "\\N" { return nil }
    var result = String.UnicodeScalarView()
    var isEscape = false
    for scalar in text.unicodeScalars {
      if isEscape {
        switch scalar {
        case "n": result.append("\n")
        case "r": result.append("\r")
        case "t": result.append("\t")
        default: result.append(scalar)
        }
        isEscape = false
      } else if scalar == "\\" {
        isEscape = true
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
