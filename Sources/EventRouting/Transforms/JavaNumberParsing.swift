/// Texts as Java's number classes read them. `nil` is a `NumberFormatException`.
enum JavaNumberParsing {
  /// `Byte.parseByte`, `Short.parseShort`, `Integer.parseInt`, `Long.parseLong`: a sign and decimal digits of any script.
  static func integer<Integer: FixedWidthInteger>(_ text: String, as type: Integer.Type) -> Integer? {
    var digits = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
      if index == 0, scalar == "-" || scalar == "+" {
        digits.unicodeScalars.append(scalar)
        continue
      }
      guard scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue else { return nil }
      digits += String(Int(digit))
    }
    return Integer(digits)
  }

  /// `Double.parseDouble` and `Float.parseFloat`: blanks around it, `NaN` and `Infinity` with a sign, a decimal or
  /// hexadecimal number, and at its end perhaps `f` or `d`.
  static func floating<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ text: String, as type: Number.Type
  ) -> Number? {
    var rest = Array(text.utf8)[...]
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    func signed(_ number: Number) -> Number { isNegative ? -number : number }
    switch String(decoding: rest, as: UTF8.self) {
    case "NaN": return .nan
    case "Infinity": return signed(.infinity)
    default: break
    }
    if let last = rest.last, "fFdD".utf8.contains(last) { rest.removeLast() }
    guard isNumber(rest) else { return nil }
    return Number(String(decoding: rest, as: UTF8.self)).map(signed)
  }

  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    let isHexadecimal = rest.starts(with: "0x".utf8) || rest.starts(with: "0X".utf8)
    if isHexadecimal { rest = rest.dropFirst(2) }
    func takeDigits(hexadecimal: Bool) -> Int {
      let digits = rest.prefix {
        $0 &- UInt8(ascii: "0") < 10 || hexadecimal && ($0 | 0x20) &- UInt8(ascii: "a") < 6
      }
      rest = rest.dropFirst(digits.count)
      return digits.count
    }
    var count = takeDigits(hexadecimal: isHexadecimal)
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      count += takeDigits(hexadecimal: isHexadecimal)
    }
    guard count > 0 else { return false }
    guard let mark = rest.first else { return !isHexadecimal }
    guard mark | 0x20 == (isHexadecimal ? UInt8(ascii: "p") : UInt8(ascii: "e")) else { return false }
    rest.removeFirst()
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    return takeDigits(hexadecimal: false) > 0 && rest.isEmpty
  }
}
