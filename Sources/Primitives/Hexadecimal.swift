/// Value of one hexadecimal digit in either case, or `nil`.
@inlinable
public func hexDigitValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// Eight digits in lower case, the first of them in the lowest byte.
@inlinable
@inline(__always)
public func hexadecimalDigits(_ value: UInt32) -> UInt64 {
  // One digit in each byte, the highest in the highest.
  var digits = UInt64(value)
  digits = (digits << 16 | digits) & 0x0000_FFFF_0000_FFFF
  digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
  digits = (digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F
  // Those above nine lie 39 places behind `0`.
  let letters = ((digits &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
  return (digits &+ 0x3030_3030_3030_3030 &+ letters &* 39).byteSwapped
}

extension ByteWriter {
  /// Two digits in lower case for each byte.
  public mutating func append(hexadecimal bytes: RawSpan) {
    var reader = ByteReader(bytes)
    reserve(bytes.byteCount * 2)
    while let word = try? reader.readInteger(as: UInt32.self) { append(word: hexadecimalDigits(word), count: 8) }
    while let byte = try? reader.readByte() { append(word: hexadecimalDigits(UInt32(byte) << 24), count: 2) }
  }
}
