import ConnectData
import Primitives

/// `numeric` in the three forms of `decimal.handling.mode`.
enum NumericValue {
  private enum Special { case notANumber, positiveInfinity, negativeInfinity }

  /// Throws `noCounterpart` for `NaN` and the infinities, of which exact decimals have none.
  static func writeJSON(
    _ text: RawSpan, _ form: ValueForm.DecimalForm, _ format: JSONOptions.DecimalFormat, into out: inout ByteWriter
  ) throws(ConversionError) {
    switch form {
    case .precise(let scale):
      try requireNumber(text)
      let decimal = try DecimalText(text)
      if format == .numeric {
        return try DecimalNumberText.write(decimal, text, scale: scale, into: &out)
      }
      let unscaled = try decimal.unscaled(text, scale: scale)
      out.append(UInt8(ascii: "\""))
      unscaled.writeBase64(into: &out)
      out.append(UInt8(ascii: "\""))
    case .variableScale:
      try requireNumber(text)
      var decimal = try DecimalText(text)
      decimal.dropTrailingZeros(in: text)
      let scale = decimal.fractionDigits.count
      let unscaled = try decimal.unscaled(text, scale: scale)
      out.append("{\"scale\":")
      out.append(decimal: scale)
      out.append(",\"value\":\"")
      unscaled.writeBase64(into: &out)
      out.append("\"}")
    case .text(let scale):
      out.append(UInt8(ascii: "\""))
      try writeText(text, scale: scale, into: &out)
      out.append(UInt8(ascii: "\""))
    case .double:
      if special(text) == nil { _ = try DecimalText(text) }
      try FloatValue.writeJSON(text, isDouble: true, into: &out)
    }
  }

  /// The common case of `precise(scale:)` as base64 in one pass: at most 18 digits, of which `scale` stand behind the point,
  /// as the server prints a column of that scale. Returns false, with nothing written, for all else.
  static func writeShortBase64(_ text: RawSpan, scale: Int, into out: inout ByteWriter) -> Bool {
    let end = text.byteCount
    let isNegative = end > 0 && text.byte(at: 0) == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    guard let magnitude = shortMagnitude(text, from: start, scale: scale) ?? magnitude(text, from: start, scale: scale)
    else { return false }
    var pattern = magnitude
    var bits = 64 - magnitude.leadingZeroBitCount
    if isNegative, magnitude > 0 {
      pattern = 0 &- magnitude
      bits = 64 - (magnitude - 1).leadingZeroBitCount
    }
    out.append(UInt8(ascii: "\""))
    Base64Text.write(bigEndian: pattern, count: bits / 8 + 1, into: &out)
    out.append(UInt8(ascii: "\""))
    return true
  }

  /// Of a number in eight bytes, its point included, all at once; `nil` for all else.
  @inline(__always)
  private static func shortMagnitude(_ text: RawSpan, from start: Int, scale: Int) -> UInt64? {
    let width = text.byteCount &- start
    guard scale > 0, width <= 8, width > scale &+ 1 else { return nil }
    // The last character on top.
    let word = text.word(at: start, width: width) &<< UInt64(truncatingIfNeeded: 64 &- width &* 8)
    let pointBits = UInt64(truncatingIfNeeded: 56 &- scale &* 8)
    guard UInt8(truncatingIfNeeded: word &>> pointBits) == UInt8(ascii: ".") else { return nil }
    let below = (1 &<< pointBits) &- 1
    // What stands before the point moves up in its place, and zeros stand before that.
    let zeros: UInt64 = 0x3030_3030_3030_3030 &>> UInt64(truncatingIfNeeded: (width &- 1) &* 8)
    var digits = (word & ~(below &<< 8 | 0xFF) | (word & below) &<< 8 | zeros) ^ 0x3030_3030_3030_3030
    guard ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080 == 0 else { return nil }
    // Pairs, then fours, then all eight.
    digits = (digits &* (1 &+ 10 &<< 8)) &>> 8 & 0x00FF_00FF_00FF_00FF
    digits = (digits &* (1 &+ 100 &<< 16)) &>> 16 & 0x0000_FFFF_0000_FFFF
    return (digits &* (1 &+ 10_000 &<< 32)) &>> 32
  }

  private static func magnitude(_ text: RawSpan, from start: Int, scale: Int) -> UInt64? {
    let end = text.byteCount
    var at = start
    let point = scale > 0 ? end &- scale &- 1 : end
    // Sign, 18 digits and the point are 20 bytes.
    guard scale >= 0, end <= 20, point > at, end &- at <= (scale > 0 ? 19 : 18) else { return nil }
    var magnitude: UInt64 = 0
    while at < end {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      if digit < 10 {
        magnitude = magnitude &* 10 &+ UInt64(digit)
      } else if at != point || digit != UInt8(ascii: ".") &- UInt8(ascii: "0") {
        return nil
      }
      at &+= 1
    }
    // A digit in the place of the point.
    if scale > 0, text.byte(at: point) != UInt8(ascii: ".") { return nil }
    return magnitude
  }

  @inline(__always)
  private static func requireNumber(_ text: RawSpan) throws(ConversionError) {
    if special(text) != nil { throw ConversionError(.noCounterpart, at: 0) }
  }

  static func value(_ text: RawSpan, _ form: ValueForm.DecimalForm) throws(ConversionError) -> ConnectValue {
    switch form {
    case .precise(let scale):
      try requireNumber(text)
      return .decimal(unscaled: try DecimalText(text).unscaled(text, scale: scale).bytes, scale: Int32(scale))
    case .variableScale:
      try requireNumber(text)
      var decimal = try DecimalText(text)
      decimal.dropTrailingZeros(in: text)
      let scale = decimal.fractionDigits.count
      return .structure([.int32(Int32(scale)), .bytes(try decimal.unscaled(text, scale: scale).bytes)])
    case .text(let scale):
      var out = ByteWriter(minimumCapacity: text.byteCount)
      try writeText(text, scale: scale, into: &out)
      return .text(out.copiedBytes)
    case .double:
      if special(text) == nil { _ = try DecimalText(text) }
      return .float64(try FloatValue.double(text))
    }
  }

  /// As `BigDecimal.toPlainString` after `setScale`; special values by the names of Debezium's `SpecialValueDecimal`.
  private static func writeText(_ text: RawSpan, scale: Int?, into out: inout ByteWriter) throws(ConversionError) {
    switch special(text) {
    case .notANumber: return out.append("NAN")
    case .positiveInfinity: return out.append("POSITIVE_INFINITY")
    case .negativeInfinity: return out.append("NEGATIVE_INFINITY")
    case nil: break
    }
    let decimal = try DecimalText(text)
    guard let scale, scale != decimal.fractionDigits.count else { return out.append(text) }
    guard decimal.fractionDigits.count < scale else {
      throw ConversionError(.outOfRange, at: decimal.fractionDigits.lowerBound + scale)
    }
    out.append(text)
    if decimal.fractionDigits.isEmpty { out.append(UInt8(ascii: ".")) }
    for _ in decimal.fractionDigits.count..<scale { out.append(UInt8(ascii: "0")) }
  }

  static func isSpecial(_ text: RawSpan) -> Bool { special(text) != nil }

  @inline(__always)
  private static func special(_ text: RawSpan) -> Special? {
    guard text.byteCount > 0 else { return nil }
    let first = text.byte(at: 0)
    // Every number begins with a digit, or with a minus sign and a digit.
    if first &- UInt8(ascii: "0") < 10 { return nil }
    if text.equals("NaN") { return .notANumber }
    if text.equals("Infinity") { return .positiveInfinity }
    if text.equals("-Infinity") { return .negativeInfinity }
    return nil
  }
}
