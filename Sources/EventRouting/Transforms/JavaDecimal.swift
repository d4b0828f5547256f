import ConnectData
import Primitives

/// A `java.math.BigDecimal`: what its conversions to Java's numbers give. Not for the row path.
struct JavaDecimal {
  /// Most significant first, without leading zeros; `[0]`-less zero is empty. Values 0 to 9.
  private var digits: [UInt8]
  private var isNegative: Bool
  private(set) var scale: Int

  /// `new BigDecimal(text)`; `nil` where that is a `NumberFormatException`. ASCII digits only.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    var digits: [UInt8] = []
    var fractionCount = 0
    var seenPoint = false
    var seenDigit = false
    while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
      rest.removeFirst()
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      seenDigit = true
      if seenPoint { fractionCount += 1 }
      if !digits.isEmpty || digit != 0 { digits.append(digit) }
    }
    guard seenDigit else { return nil }
    scale = fractionCount
    if !rest.isEmpty {
      rest.removeFirst()
      // Java takes an exponent of ten digits at most, and a scale of 32 bits.
      guard rest.count <= 11, let exponent = Int(String(decoding: rest, as: UTF8.self)) else { return nil }
      scale -= exponent
      guard Int32(exactly: scale) != nil else { return nil }
    }
    self.digits = digits
  }

  init(unscaled: [UInt8], scale: Int32) {
    let (isNegative, text) = BigInteger.decimalText(unscaled)
    self.isNegative = isNegative
    digits = text.map { $0 - UInt8(ascii: "0") }
    if digits == [0] { digits = [] }
    self.scale = Int(scale)
  }

  /// Without a fraction that is not zero.
  var isIntegral: Bool { scale <= 0 || digits.suffix(scale).allSatisfy { $0 == 0 } }

  /// `longValue()`: the lowest 64 bits of the number without its fraction.
  var longValue: Int64 {
    var value: UInt64 = 0
    for digit in digits.prefix(max(digits.count - max(scale, 0), 0)) { value = value &* 10 &+ UInt64(digit) }
    // From 64 on a power of ten has no bit left in the lowest 64.
    if scale < 0 { for _ in 0..<min(-scale, 64) { value = value &* 10 } }
    return Int64(bitPattern: isNegative ? 0 &- value : value)
  }

  /// The number where a `long` holds it exactly.
  var exactLong: Int64? {
    guard isIntegral else { return nil }
    var value: Int64 = 0
    func push(_ digit: UInt8) -> Bool {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = product.subtractingReportingOverflow(Int64(digit))
      // Kept below zero, where the range is one larger.
      value = sum
      return !overflow && !sumOverflow
    }
    for digit in digits.prefix(max(digits.count - max(scale, 0), 0)) where !push(digit) { return nil }
    if scale < 0, value != 0 {
      for _ in 0..<(-scale) where !push(0) { return nil }
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// Nearest to the number; infinite beyond the range.
  var doubleValue: Double { Double(exponentText) ?? .nan }
  var floatValue: Float { Float(exponentText) ?? .nan }

  private var exponentText: String {
    let text = digits.isEmpty ? "0" : String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    return "\(isNegative ? "-" : "")\(text)e\(-scale)"
  }

  var value: ConnectValue {
    var unscaled = BigInteger()
    for digit in digits { unscaled.append(decimalDigit: digit) }
    return .decimal(unscaled: unscaled.twosComplement(isNegative: isNegative), scale: Int32(scale))
  }
}
