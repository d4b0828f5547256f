/// An unsigned integer of any size, built from decimal digits: what a `numeric` of more than 38 digits needs.
public struct BigInteger {
  /// Least significant first.
  private var limbs: [UInt32] = []
  private var pending: UInt32 = 0
  private var pendingScale: UInt32 = 1

  public init() {}

  public mutating func append(decimalDigit digit: UInt8) {
    pending = pending * 10 + UInt32(digit)
    pendingScale *= 10
    // Nine digits fit 32 bits.
    if pendingScale == 1_000_000_000 { flush() }
  }

  private mutating func flush() {
    guard pendingScale > 1 else { return }
    var carry = UInt64(pending)
    for index in limbs.indices {
      let product = UInt64(limbs[index]) * UInt64(pendingScale) + carry
      limbs[index] = UInt32(truncatingIfNeeded: product)
      carry = product >> 32
    }
    if carry > 0 { limbs.append(UInt32(carry)) }
    pending = 0
    pendingScale = 1
  }

  /// Two's complement, big-endian, in as few bytes as hold it, as `java.math.BigInteger.toByteArray`.
  public mutating func twosComplement(isNegative: Bool) -> [UInt8] {
    flush()
    var bytes: [UInt8] = [0]
    for limb in limbs.reversed() {
      for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: limb >> shift)) }
    }
    if isNegative {
      var carry = true
      for index in bytes.indices.reversed() {
        bytes[index] = ~bytes[index]
        if carry {
          let (sum, overflow) = bytes[index].addingReportingOverflow(1)
          bytes[index] = sum
          carry = overflow
        }
      }
    }
    return Self.shortened(bytes)
  }

  /// Drops leading bytes that only repeat the sign.
  public static func shortened(_ bytes: [UInt8]) -> [UInt8] {
    var start = 0
    while start + 1 < bytes.count,
      bytes[start] == 0 && bytes[start + 1] < 0x80 || bytes[start] == 0xFF && bytes[start + 1] >= 0x80
    {
      start += 1
    }
    return start == 0 ? bytes : Array(bytes[start...])
  }

  /// Decimal digits of a two's-complement, big-endian integer, with a minus sign where it is negative.
  public static func decimalText(_ twosComplement: [UInt8]) -> (isNegative: Bool, digits: [UInt8]) {
    let isNegative = (twosComplement.first ?? 0) >= 0x80
    var magnitude = twosComplement
    if isNegative {
      var carry = true
      for index in magnitude.indices.reversed() {
        magnitude[index] = ~magnitude[index]
        if carry {
          let (sum, overflow) = magnitude[index].addingReportingOverflow(1)
          magnitude[index] = sum
          carry = overflow
        }
      }
      // The least number of a width has no positive counterpart in it: then the carry has nowhere to go, and the
      // bytes read as unsigned are right.
    }
    var limbs: [UInt32] = []
    var index = magnitude.count
    while index > 0 {
      var limb: UInt32 = 0
      for offset in 0..<4 where index - 1 - offset >= 0 {
        limb |= UInt32(magnitude[index - 1 - offset]) << UInt32(8 * offset)
      }
      limbs.append(limb)
      index -= 4
    }
    while limbs.last == 0 { limbs.removeLast() }
    var reversed: [UInt8] = []
    while !limbs.isEmpty {
      var remainder: UInt64 = 0
      for index in limbs.indices.reversed() {
        let dividend = remainder << 32 | UInt64(limbs[index])
        limbs[index] = UInt32(dividend / 1_000_000_000)
        remainder = dividend % 1_000_000_000
      }
      while limbs.last == 0 { limbs.removeLast() }
      for _ in 0..<9 {
        reversed.append(UInt8(ascii: "0") + UInt8(remainder % 10))
        remainder /= 10
      }
    }
    while reversed.last == UInt8(ascii: "0") { reversed.removeLast() }
    if reversed.isEmpty { reversed = [UInt8(ascii: "0")] }
    return (isNegative, reversed.reversed())
  }
}
