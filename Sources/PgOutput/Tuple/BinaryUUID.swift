import Primitives

/// `uuid` in binary: its sixteen bytes. Source: PostgreSQL source, `uuid.c`, `uuid_out`.
enum BinaryUUID {
  static let byteCount = 16
  static let textBytes = 36

  static func write(_ value: RawSpan, into out: inout ByteWriter) throws(DecodeError) {
    guard value.byteCount == byteCount else { throw .invalidLength(value.byteCount, at: 0) }
    let start = out.count
    var room = out.bytes(withRoom: textBytes)
    write(value, 0, into: &room, at: start)
    out.extend(to: start + textBytes)
  }

  /// The value from `place` on, into room for its text.
  @inline(__always)
  @_lifetime(room: copy room)
  static func write(_ bytes: RawSpan, _ place: Int, into room: inout MutableRawSpan, at end: Int) {
    precondition(place >= 0 && place <= bytes.byteCount &- byteCount)
    precondition(end >= 0 && end <= room.byteCount &- textBytes)
    let words = unsafe (
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self),
      bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place &+ 8, as: UInt64.self)
    )
    let first = digits(UInt64(littleEndian: words.0))
    let last = digits(UInt64(littleEndian: words.1))
    let dash = UInt8(ascii: "-")
    // The groups have 8, 4, 4, 4 and 12 digits. Each store begins where its digits belong; what it has beyond them is
    // overwritten by the next.
    unsafe room.storeBytes(of: first.x.littleEndian, toUncheckedByteOffset: end, as: UInt64.self)
    unsafe room.storeBytes(of: first.y.littleEndian, toUncheckedByteOffset: end &+ 9, as: UInt64.self)
    unsafe room.storeBytes(of: (first.y >> 32).littleEndian, toUncheckedByteOffset: end &+ 14, as: UInt64.self)
    unsafe room.storeBytes(of: last.x.littleEndian, toUncheckedByteOffset: end &+ 19, as: UInt64.self)
    unsafe room.storeBytes(of: (last.x >> 32).littleEndian, toUncheckedByteOffset: end &+ 24, as: UInt64.self)
    unsafe room.storeBytes(of: last.y.littleEndian, toUncheckedByteOffset: end &+ 28, as: UInt64.self)
    unsafe room.storeBytes(of: dash, toUncheckedByteOffset: end &+ 8, as: UInt8.self)
    unsafe room.storeBytes(of: dash, toUncheckedByteOffset: end &+ 13, as: UInt8.self)
    unsafe room.storeBytes(of: dash, toUncheckedByteOffset: end &+ 18, as: UInt8.self)
    unsafe room.storeBytes(of: dash, toUncheckedByteOffset: end &+ 23, as: UInt8.self)
  }

  /// The sixteen digits of eight bytes, both from the lowest on; `hexadecimalDigits` for two words at once.
  @inline(__always)
  private static func digits(_ bytes: UInt64) -> SIMD2<UInt64> {
    // One byte in each sixteen bits, then one digit in each byte.
    var digits = SIMD2(bytes & 0xFFFF_FFFF, bytes >> 32)
    digits = (digits &<< 16 | digits) & 0x0000_FFFF_0000_FFFF
    digits = (digits &<< 8 | digits) & 0x00FF_00FF_00FF_00FF
    digits = (digits &>> 4 | digits &<< 8) & 0x0F0F_0F0F_0F0F_0F0F
    // Those above nine lie 39 places behind `0`.
    let letters = ((digits &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
    return digits &+ 0x3030_3030_3030_3030 &+ ((letters &<< 8 &- letters) & 0x2727_2727_2727_2727)
  }
}
