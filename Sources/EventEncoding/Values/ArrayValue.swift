import ConnectData
import Primitives

/// Arrays of one dimension. Of more, each inner array is null where it is of numbers, as in Debezium; of text, where
/// Debezium prints the identity of a Java object, it is the text that PostgreSQL prints.
extension ValueForm.ArrayForm {
  /// Returns false where the array is null: an element without a value where none may be missing.
  func writeJSON(
    _ text: RawSpan, _ format: JSONOptions.DecimalFormat, into out: inout ByteWriter
  ) throws(ConversionError) -> Bool {
    let start = out.count
    var cursor = try ArrayText(text, delimiter: delimiter)
    out.append(UInt8(ascii: "["))
    var isFirst = true
    while let item = try cursor.next() {
      if !isFirst { out.append(UInt8(ascii: ",")) }
      isFirst = false
      let hasValue: Bool
      switch item {
      case .null: hasValue = false
      case .plain(let range):
        if makesNull(text.extracting(range)) {
          out.truncate(to: start)
          return false
        }
        hasValue = try element.writeJSON(text.extracting(range), format, into: &out)
      case .unescaped:
        hasValue = unsafe try element.writeJSON(cursor.unescaped.span.bytes, format, into: &out)
      case .nested(let range):
        hasValue = printsInnerArrays
        if hasValue { JSONText.writeString(text.extracting(range), into: &out) }
      }
      if hasValue { continue }
      if !elementsMayBeNull {
        out.truncate(to: start)
        return false
      }
      out.append("null")
    }
    out.append(UInt8(ascii: "]"))
    return true
  }

  func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    var cursor = try ArrayText(text, delimiter: delimiter)
    var values: [ConnectValue] = []
    while let item = try cursor.next() {
      let value: ConnectValue
      switch item {
      case .null: value = .null
      case .plain(let range):
        if makesNull(text.extracting(range)) { return .null }
        value = try element.value(text.extracting(range))
      case .unescaped: value = unsafe try element.value(cursor.unescaped.span.bytes)
      case .nested(let range): value = printsInnerArrays ? .text(text.extracting(range).array) : .null
      }
      if value == .null, !elementsMayBeNull { return .null }
      values.append(value)
    }
    return .array(values)
  }

  /// A `NaN` or an infinity among decimals makes Debezium give up the whole array, whatever the mode.
  private func makesNull(_ text: RawSpan) -> Bool {
    if case .decimal = element { NumericValue.isSpecial(text) } else { false }
  }
}
