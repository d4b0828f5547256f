/// Decimal digits in words, the first in the lowest byte.

/// Two digits of a number below 100.
@inline(__always)
func twoDecimalDigits(_ value: UInt32) -> UInt32 {
  // Exact for numbers below 1,029.
  let tens = (value &* 103) >> 10
  return 0x3030 &+ tens &+ (value &- tens &* 10) << 8
}

/// Four digits of a number below 10,000.
@inline(__always)
func fourDecimalDigits(_ value: UInt32) -> UInt32 {
  // Exact for numbers below 43,699.
  let hundreds = (value &* 5_243) >> 19
  let pairs = hundreds | (value &- hundreds &* 100) << 16
  // As above, of both pairs at once: each product is below 10,200.
  let tens = (pairs &* 103) >> 10 & 0x000F_000F
  return 0x3030_3030 &+ tens &+ (pairs &- tens &* 10) << 8
}

/// The same without leading zeros: one digit at least.
@inline(__always)
func upToFourDecimalDigits(_ value: UInt32) -> (word: UInt32, count: Int) {
  let digits = fourDecimalDigits(value)
  // The bit that is set keeps the last digit.
  let zeroBits = ((digits ^ 0x3030_3030) | 1 << 24).trailingZeroBitCount & 0x18
  return (digits &>> UInt32(zeroBits), 4 &- zeroBits >> 3)
}

/// Writes a number of at most eight digits. Returns the end of its text, `nil` for another number.
@inline(__always)
@_lifetime(room: copy room)
func writeShortDecimal(_ value: Int64, into room: inout MutableRawSpan, at start: Int) -> Int? {
  guard value.magnitude < 100_000_000 else { return nil }
  // A sign and two words.
  precondition(start >= 0 && start <= room.byteCount &- 9)
  let number = UInt32(value.magnitude)
  var end = start
  if value < 0 {
    unsafe room.storeBytes(of: UInt8(ascii: "-"), toUncheckedByteOffset: end, as: UInt8.self)
    end &+= 1
  }
  let high = number / 10_000
  let first = upToFourDecimalDigits(high > 0 ? high : number)
  unsafe room.storeBytes(of: first.word.littleEndian, toUncheckedByteOffset: end, as: UInt32.self)
  end &+= first.count
  if high > 0 {
    let last = fourDecimalDigits(number &- high &* 10_000)
    unsafe room.storeBytes(of: last.littleEndian, toUncheckedByteOffset: end, as: UInt32.self)
    end &+= 4
  }
  return end
}
