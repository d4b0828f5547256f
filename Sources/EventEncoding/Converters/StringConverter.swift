import ConnectData
import Primitives

/// Connect's `org.apache.kafka.connect.storage.StringConverter`: Java's `toString()` of the value, as UTF-8.
public enum StringConverter {
  /// Writes the value. Returns false, with nothing written, for a null, which has no bytes.
  ///
  /// Unnamed bytes print as the Java buffer that Debezium puts them in, which tells only their number. Other bytes
  /// (bits, the value of a decimal of variable scale, `wkb` of a geometry) are Java arrays, whose text is an identity that no two runs share:
  /// they are written as base64 here.
  public static func write(_ value: ConnectValue, _ schema: ConnectSchema?, into out: inout ByteWriter) -> Bool {
    if value == .null { return false }
    append(value, schema ?? .unknown, into: &out)
    return true
  }

  private static func append(
    _ value: ConnectValue, _ schema: ConnectSchema, isJavaArray: Bool = false, into out: inout ByteWriter
  ) {
    if let milliseconds = LogicalDate.milliseconds(value, schema) {
      return LogicalDate.writeJava(milliseconds, into: &out)
    }
    switch value {
    case .null: out.append("null")
    case .text(let text): appendText(text, into: &out)
    case .float32(let number): JavaNumberText.write(number, into: &out)
    case .float64(let number): JavaNumberText.write(number, into: &out)
    case .bytes(let bytes):
      if schema.name == nil, !isJavaArray {
        out.append("java.nio.HeapByteBuffer[pos=0 lim=")
        out.append(decimal: bytes.count)
        out.append(" cap=")
        out.append(decimal: bytes.count)
        out.append("]")
      } else {
        Base64Text.write(bytes, into: &out)
      }
    case .decimal(let unscaled, let scale):
      DecimalNumberText.write(unscaled: unscaled, scale: Int(scale), plain: false, into: &out)
    case .array(let elements):
      let element = schema.elementSchema
      out.append("[")
      for (index, item) in elements.enumerated() {
        if index > 0 { out.append(", ") }
        append(item, element, into: &out)
      }
      out.append("]")
    case .map(let entries):
      let (key, item) = schema.entrySchemas
      out.append("{")
      for (index, entry) in entries.enumerated() {
        if index > 0 { out.append(", ") }
        append(entry.key, key, into: &out)
        out.append("=")
        append(entry.value, item, into: &out)
      }
      out.append("}")
    case .structure(let values):
      // `Struct.toString` leaves nulls out, also where the field has a default.
      out.append("Struct{")
      let hasArrays =
        schema.name == ColumnTypes.variableScaleDecimalName
        || schema.name?.hasPrefix("io.debezium.data.geometry.") == true
      var isFirst = true
      for (field, item) in zip(schema.fields, values) where item != .null {
        if !isFirst { out.append(",") }
        isFirst = false
        out.append(utf8: field.name)
        out.append("=")
        append(item, field.schema, isJavaArray: hasArrays, into: &out)
      }
      out.append("}")
    case .boolean, .int8, .int16, .int32, .int64: JSONConverter.write(value, schema, into: &out)
    }
  }

  /// A surrogate that stands alone has no UTF-8: Java's encoder writes `?`.
  private static func appendText(_ text: [UInt8], into out: inout ByteWriter) {
    var index = 0
    while index < text.count {
      if text[index] == 0xED, index + 2 < text.count, text[index + 1] >= 0xA0 {
        out.append(UInt8(ascii: "?"))
        index += 3
      } else {
        out.append(text[index])
        index += 1
      }
    }
  }
}
