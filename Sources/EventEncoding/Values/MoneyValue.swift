import ConnectData
import Primitives

/// `money`, printed by the locale (`lc_monetary`, pinned to `C` in a session of ours): `-$1,234.56`. Signs of currency
/// and grouping are passed over; parentheses mean negative.
enum MoneyValue {
  static func value(_ text: RawSpan, _ form: ValueForm.MoneyForm) throws(ConversionError) -> ConnectValue {
    var plain: [UInt8] = []
    var isNegative = false
    for at in 0..<text.byteCount {
      let byte = text.byte(at: at)
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "("): isNegative = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): plain.append(byte)
      default: continue
      }
    }
    if isNegative { plain.insert(UInt8(ascii: "-"), at: 0) }
    let digits = unsafe plain.span.bytes
    switch form {
    case .text:
      _ = try DecimalText(digits)
      return .text(plain)
    case .double:
      return .float64(try FloatValue.double(digits))
    case .precise(let scale):
      return .decimal(unscaled: try rounded(digits, scale: scale), scale: Int32(scale))
    }
  }

  /// Half up, that is away from zero, as Debezium sets the scale of `money.fraction.digits`.
  private static func rounded(_ text: RawSpan, scale: Int) throws(ConversionError) -> [UInt8] {
    var decimal = try DecimalText(text)
    guard decimal.fractionDigits.count > scale else { return try decimal.unscaled(text, scale: scale).bytes }
    let cut = decimal.fractionDigits.lowerBound + scale
    let roundsUp = text.byte(at: cut) >= UInt8(ascii: "5")
    decimal.fractionDigits = decimal.fractionDigits.lowerBound..<cut
    guard case .small(let magnitude, let isNegative) = try decimal.unscaled(text, scale: scale) else {
      // `money` is a 64-bit integer of cents.
      throw ConversionError(.outOfRange, at: 0)
    }
    return DecimalText.Unscaled.small(magnitude + (roundsUp ? 1 : 0), isNegative: isNegative).bytes
  }
}
