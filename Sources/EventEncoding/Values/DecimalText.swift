import ConnectData
import Primitives

/// The text of a `numeric` without special values: sign and where its digits stand.
/// PostgreSQL prints `numeric` without exponent and with as many fraction digits as its scale says.
struct DecimalText {
  var isNegative = false
  var integerDigits: Range<Int> = 0..<0
  var fractionDigits: Range<Int> = 0..<0

  init(_ text: RawSpan) throws(ConversionError) {
    var at = 0
    let end = text.byteCount
    if at < end, text.byte(at: at) == UInt8(ascii: "-") {
      isNegative = true
      at += 1
    }
    let integerStart = at
    while at < end, text.byte(at: at) &- UInt8(ascii: "0") < 10 { at += 1 }
    integerDigits = integerStart..<at
    guard !integerDigits.isEmpty else { throw ConversionError(.malformed, at: at) }
    fractionDigits = at..<at
    if at < end, text.byte(at: at) == UInt8(ascii: ".") {
      at += 1
      let fractionStart = at
      while at < end, text.byte(at: at) &- UInt8(ascii: "0") < 10 { at += 1 }
      fractionDigits = fractionStart..<at
    }
    guard at == end else { throw ConversionError(.malformed, at: at) }
  }

  /// Digits of the fraction up to the last that is not zero.
  func significantFractionCount(in text: RawSpan) -> Int {
    var count = fractionDigits.count
    while count > 0, text.byte(at: fractionDigits.lowerBound + count - 1) == UInt8(ascii: "0") { count -= 1 }
    return count
  }

  /// Leaves out zeros at the end of the fraction.
  mutating func dropTrailingZeros(in text: RawSpan) {
    while let last = fractionDigits.last, text.byte(at: last) == UInt8(ascii: "0") {
      fractionDigits = fractionDigits.lowerBound..<last
    }
  }

  /// The number times ten to the power of `scale`, which must not lose digits.
  func unscaled(_ text: RawSpan, scale: Int) throws(ConversionError) -> Unscaled {
    var fraction = fractionDigits
    while fraction.count > scale {
      guard text.byte(at: fraction.upperBound - 1) == UInt8(ascii: "0") else {
        throw ConversionError(.outOfRange, at: fraction.upperBound - 1)
      }
      fraction = fraction.lowerBound..<(fraction.upperBound - 1)
    }
    let zeros = scale - fraction.count
    // Ten to the power of 38 is below 2^127, so that many digits fit a signed 128-bit integer.
    if integerDigits.count + scale <= 38 {
      var magnitude: UInt128 = 0
      var low: UInt64 = 0
      if integerDigits.count + scale <= 18 {
        for at in integerDigits { low = low &* 10 &+ UInt64(text.byte(at: at) &- UInt8(ascii: "0")) }
        for at in fraction { low = low &* 10 &+ UInt64(text.byte(at: at) &- UInt8(ascii: "0")) }
        for _ in 0..<zeros { low = low &* 10 }
        magnitude = UInt128(low)
      } else {
        for at in integerDigits { magnitude = magnitude &* 10 &+ UInt128(text.byte(at: at) &- UInt8(ascii: "0")) }
        for at in fraction { magnitude = magnitude &* 10 &+ UInt128(text.byte(at: at) &- UInt8(ascii: "0")) }
        for _ in 0..<zeros { magnitude = magnitude &* 10 }
      }
      return .small(magnitude, isNegative: isNegative)
    }
    var integer = BigInteger()
    for at in integerDigits { integer.append(decimalDigit: text.byte(at: at) &- UInt8(ascii: "0")) }
    for at in fraction { integer.append(decimalDigit: text.byte(at: at) &- UInt8(ascii: "0")) }
    for _ in 0..<zeros { integer.append(decimalDigit: 0) }
    return .large(integer.twosComplement(isNegative: isNegative))
  }

  /// An integer as `java.math.BigInteger.toByteArray` gives it.
  enum Unscaled {
    /// Magnitude below 2^127.
    case small(UInt128, isNegative: Bool)
    /// Two's complement, big-endian, as short as it can be.
    case large([UInt8])

    var bytes: [UInt8] {
      switch self {
      case .large(let bytes): return bytes
      case .small(let magnitude, let isNegative):
        let (pattern, count) = Self.pattern(magnitude, isNegative: isNegative)
        return (0..<count).map { UInt8(truncatingIfNeeded: pattern >> UInt128(8 * (count - 1 - $0))) }
      }
    }

    func writeBase64(into out: inout ByteWriter) {
      switch self {
      case .large(let bytes): Base64Text.write(bytes, into: &out)
      case .small(let magnitude, let isNegative):
        let (pattern, count) = Self.pattern(magnitude, isNegative: isNegative)
        Base64Text.write(bigEndian: pattern, count: count, into: &out)
      }
    }

    private static func pattern(_ magnitude: UInt128, isNegative: Bool) -> (UInt128, count: Int) {
      if isNegative, magnitude > 0 {
        let bits = 128 - (magnitude - 1).leadingZeroBitCount
        return (~magnitude &+ 1, bits / 8 + 1)
      }
      return (magnitude, (128 - magnitude.leadingZeroBitCount) / 8 + 1)
    }
  }
}
