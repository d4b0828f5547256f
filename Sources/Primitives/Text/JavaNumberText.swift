/// Floating-point numbers as Java prints them (`Double.toString`, `Float.toString` as of Java 19): the shortest digits
/// that give the number back, `1.0E10` from 10^7 on and below 10^-3, and always a digit after the point.
public enum JavaNumberText {
  public static func write(_ value: Double, into out: inout ByteWriter) {
    if writeSpecial(isNaN: value.isNaN, isInfinite: value.isInfinite, isNegative: value.sign == .minus, into: &out) {
      return
    }
    var digits = DecimalDigits()
    digits.read(shortest: value.magnitude)
    if digits.count == 1, value.magnitude.bitPattern < 1000 {
      // Where one digit is enough, Java takes the closest of all numbers with two: it shows below 100 times the least
      // number there is, where numbers are that far apart (4.9E-324, and not 5.0E-324).
      let units = Double(value.magnitude.bitPattern)
      digits.setTwoDigits(units * 4.9406564584124654, exponent: -324)
    }
    write(digits, isNegative: value.sign == .minus, into: &out)
  }

  public static func write(_ value: Float, into out: inout ByteWriter) {
    if writeSpecial(isNaN: value.isNaN, isInfinite: value.isInfinite, isNegative: value.sign == .minus, into: &out) {
      return
    }
    var digits = DecimalDigits()
    digits.read(shortest: value.magnitude)
    if digits.count == 1, value.magnitude.bitPattern < 1000 {
      let units = Double(value.magnitude.bitPattern)
      digits.setTwoDigits(units * 1.40129846432481707, exponent: -45)
    }
    write(digits, isNegative: value.sign == .minus, into: &out)
  }

  /// As a JSON value: Jackson writes what is not a number as a string.
  public static func writeJSON(_ value: Double, into out: inout ByteWriter) {
    if value.isFinite { return write(value, into: &out) }
    out.append(UInt8(ascii: "\""))
    write(value, into: &out)
    out.append(UInt8(ascii: "\""))
  }

  public static func writeJSON(_ value: Float, into out: inout ByteWriter) {
    if value.isFinite { return write(value, into: &out) }
    out.append(UInt8(ascii: "\""))
    write(value, into: &out)
    out.append(UInt8(ascii: "\""))
  }

  /// Turns the text of a decimal number into what Java prints of its `double` or `float`, without reading it as one
  /// where that is safe: a decimal of at most 15 digits (6 for a `float`) in the normal range is the only one of that
  /// length for its number, so its digits are Java's. Returns false, with nothing written, where it is not.
  public static func rewrite(_ text: RawSpan, isDouble: Bool, into out: inout ByteWriter) -> Bool {
    var digits = DecimalDigits()
    guard let isNegative = digits.read(text), digits.count <= (isDouble ? 15 : 6) else { return false }
    let limit = isDouble ? 300 : 30
    guard digits.pointOffset > -limit, digits.pointOffset < limit else { return false }
    write(digits, isNegative: isNegative, into: &out)
    return true
  }

  private static func writeSpecial(
    isNaN: Bool, isInfinite: Bool, isNegative: Bool, into out: inout ByteWriter
  ) -> Bool {
    if isNaN {
      out.append("NaN")
    } else if isInfinite {
      out.append(isNegative ? "-Infinity" : "Infinity")
    } else {
      return false
    }
    return true
  }

  private static func write(_ digits: DecimalDigits, isNegative: Bool, into out: inout ByteWriter) {
    if isNegative { out.append(UInt8(ascii: "-")) }
    if digits.count == 0 { return out.append("0.0") }
    let point = digits.pointOffset
    if point > 7 || point < -2 {
      out.append(digits[0])
      out.append(UInt8(ascii: "."))
      if digits.count == 1 { out.append(UInt8(ascii: "0")) }
      for index in 1..<max(digits.count, 1) { out.append(digits[index]) }
      out.append(UInt8(ascii: "E"))
      out.append(decimal: point - 1)
    } else if point <= 0 {
      out.append("0.")
      for _ in 0..<(-point) { out.append(UInt8(ascii: "0")) }
      for index in 0..<digits.count { out.append(digits[index]) }
    } else {
      for index in 0..<max(digits.count, point) {
        if index == point { out.append(UInt8(ascii: ".")) }
        out.append(index < digits.count ? digits[index] : UInt8(ascii: "0"))
      }
      if point >= digits.count { out.append(".0") }
    }
  }
}
