/// Exact decimals as JSON numbers (`decimal.format=NUMERIC`): as `BigDecimal.toString` prints them.
public enum DecimalNumberText {
  /// With an exponent where the scale is negative or the number below 10^-6, as `BigDecimal.toString`; never with one
  /// if `plain`, as `toPlainString`.
  public static func write(unscaled: [UInt8], scale: Int, plain: Bool, into out: inout ByteWriter) {
    let (isNegative, digits) = BigInteger.decimalText(unscaled)
    if isNegative { out.append(UInt8(ascii: "-")) }
    let exponent = -scale + digits.count - 1
    if !plain, scale < 0 || exponent < -6 {
      out.append(digits[0])
      if digits.count > 1 {
        out.append(UInt8(ascii: "."))
        for digit in digits.dropFirst() { out.append(digit) }
      }
      if exponent != 0 {
        out.append(UInt8(ascii: "E"))
        if exponent > 0 { out.append(UInt8(ascii: "+")) }
        out.append(decimal: exponent)
      }
      return
    }
    if scale <= 0 {
      for digit in digits { out.append(digit) }
      if digits != [UInt8(ascii: "0")] {
        for _ in 0..<(-scale) { out.append(UInt8(ascii: "0")) }
      }
      return
    }
    let integerCount = digits.count - scale
    if integerCount <= 0 {
      out.append("0.")
      for _ in 0..<(-integerCount) { out.append(UInt8(ascii: "0")) }
      for digit in digits { out.append(digit) }
    } else {
      for (index, digit) in digits.enumerated() {
        if index == integerCount { out.append(UInt8(ascii: ".")) }
        out.append(digit)
      }
    }
  }
}
