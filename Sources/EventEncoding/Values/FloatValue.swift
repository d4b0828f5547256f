import ConnectData
import Primitives

/// `real` and `double precision`, printed by PostgreSQL with as many digits as give the number back
/// (`extra_float_digits` above 0).
enum FloatValue {
  static func writeJSON(_ text: RawSpan, isDouble: Bool, into out: inout ByteWriter) throws(ConversionError) {
    if JavaNumberText.rewrite(text, isDouble: isDouble, into: &out) { return }
    if isDouble {
      JavaNumberText.writeJSON(try double(text), into: &out)
    } else {
      JavaNumberText.writeJSON(try float(text), into: &out)
    }
  }

  static func double(_ text: RawSpan) throws(ConversionError) -> Double {
    guard let value = Double(try numberText(text)) else { throw ConversionError(.malformed, at: 0) }
    return value
  }

  static func float(_ text: RawSpan) throws(ConversionError) -> Float {
    guard let value = Float(try numberText(text)) else { throw ConversionError(.malformed, at: 0) }
    return value
  }

  /// Only what PostgreSQL prints: Swift also reads hexadecimal and other names.
  private static func numberText(_ text: RawSpan) throws(ConversionError) -> String {
    if text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity") { return text.string }
    guard text.byteCount > 0 else { throw ConversionError(.malformed, at: 0) }
    for at in 0..<text.byteCount {
      switch text.byte(at: at) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        continue
      default: throw ConversionError(.malformed, at: at)
      }
    }
    return text.string
  }
}
