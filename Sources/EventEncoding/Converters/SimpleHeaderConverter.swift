import ConnectData
import Primitives

/// Connect's `org.apache.kafka.connect.storage.SimpleHeaderConverter`: `Values.convertToString`, as UTF-8.
public enum SimpleHeaderConverter {
  /// Writes the value. Returns false, with nothing written, for a null, which is a null header.
  public static func write(_ value: ConnectValue, _ schema: ConnectSchema?, into out: inout ByteWriter) -> Bool {
    if value == .null { return false }
    append(value, schema ?? .unknown, isEmbedded: false, into: &out)
    return true
  }

  private static func append(
    _ value: ConnectValue, _ schema: ConnectSchema, isEmbedded: Bool, into out: inout ByteWriter
  ) {
    if let milliseconds = LogicalDate.milliseconds(value, schema) {
      return LogicalDate.writeISO(milliseconds, into: &out)
    }
    switch value {
    case .null: out.append("null")
    case .text(let text):
      if isEmbedded { appendQuoted(text, into: &out) } else { out.append(text) }
    case .float32(let number): JavaNumberText.write(number, into: &out)
    case .float64(let number): JavaNumberText.write(number, into: &out)
    case .bytes(let bytes):
      if isEmbedded { out.append("\"") }
      Base64Text.write(bytes, into: &out)
      if isEmbedded { out.append("\"") }
    case .decimal(let unscaled, let scale):
      DecimalNumberText.write(unscaled: unscaled, scale: Int(scale), plain: false, into: &out)
    case .array(let elements):
      let element = schema.elementSchema
      out.append("[")
      for (index, item) in elements.enumerated() {
        if index > 0 { out.append(",") }
        append(item, element, isEmbedded: true, into: &out)
      }
      out.append("]")
    case .map(let entries):
      let (key, item) = schema.entrySchemas
      out.append("{")
      for (index, entry) in entries.enumerated() {
        if index > 0 { out.append(",") }
        append(entry.key, key, isEmbedded: true, into: &out)
        out.append(":")
        append(entry.value, item, isEmbedded: true, into: &out)
      }
      out.append("}")
    case .structure(let values):
      out.append("{")
      for (index, (field, item)) in zip(schema.fields, values).enumerated() {
        if index > 0 { out.append(",") }
        appendQuoted(Array(field.name.utf8), into: &out)
        out.append(":")
        // `Struct.get` gives the default for a null.
        append(item == .null ? field.schema.defaultValue ?? .null : item, field.schema, isEmbedded: true, into: &out)
      }
      out.append("}")
    case .boolean, .int8, .int16, .int32, .int64: JSONConverter.write(value, schema, into: &out)
    }
  }

  /// Only `"` and `\` are escaped: line ends and other control characters stay as they are.
  private static func appendQuoted(_ text: [UInt8], into out: inout ByteWriter) {
    out.append("\"")
    for byte in text {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
      out.append(byte)
    }
    out.append("\"")
  }
}
