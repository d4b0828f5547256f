import ConnectData
import Primitives

/// Arrays of one dimension. Of more, each inner array is null where it is of numbers, as in Debezium; of text, where
/// Debezium prints the identity of a Java object, it is the text that PostgreSQL prints.
extension ValueForm.ArrayForm {
  /// Throws `refusedBySchema` where one element spoils the array: one without a value where none may be missing.
  func writeJSON(
    _ text: RawSpan, _ format: JSONOptions.DecimalFormat, into out: inout ByteWriter
  ) throws(ConversionError) {
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
        try requireNumber(text.extracting(range))
        hasValue = try element.writeJSON(text.extracting(range), format, into: &out)
      case .unescaped:
        hasValue = unsafe try element.writeJSON(cursor.unescaped.span.bytes, format, into: &out)
      case .nested(let range):
        hasValue = printsInnerArrays
        if hasValue { JSONText.writeString(text.extracting(range), into: &out) }
      }
      if hasValue { continue }
      if !elementsMayBeNull { throw ConversionError(.refusedBySchema, at: 0) }
      out.append("null")
    }
    out.append(UInt8(ascii: "]"))
  }

  func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    var cursor = try ArrayText(text, delimiter: delimiter)
    var values: [ConnectValue] = []
    while let item = try cursor.next() {
      let value: ConnectValue
      switch item {
      case .null: value = .null
      case .plain(let range):
        try requireNumber(text.extracting(range))
        value = try element.value(text.extracting(range))
      case .unescaped: value = unsafe try element.value(cursor.unescaped.span.bytes)
      case .nested(let range): value = printsInnerArrays ? .text(text.extracting(range).array) : .null
      }
      if value == .null, !elementsMayBeNull { throw ConversionError(.refusedBySchema, at: 0) }
      values.append(value)
    }
    return .array(values)
  }

  /// A `NaN` or an infinity among decimals makes Debezium give up the whole array, whatever the mode.
  private func requireNumber(_ text: RawSpan) throws(ConversionError) {
    if case .decimal = element, NumericValue.isSpecial(text) { throw ConversionError(.noCounterpart, at: 0) }
  }
}
