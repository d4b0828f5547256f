import Primitives

/// `numeric` in binary: digits of base 10,000, the power of the first, sign and the decimal digits to be shown.
/// Source: PostgreSQL source, `numeric.c`, `numeric_send` and `get_str_from_var`.
struct BinaryNumeric {
  private static let base: UInt32 = 10_000
  private static let scaleMax = 0x3FFF
  private static let headerBytes = 8

  private enum Sign {
    static let positive: UInt16 = 0
    static let negative: UInt16 = 0x4000
    static let notANumber: UInt16 = 0xC000
    static let positiveInfinity: UInt16 = 0xD000
    static let negativeInfinity: UInt16 = 0xF000
  }

  private let count: Int
  private let weight: Int
  private let sign: UInt16
  private let scale: Int

  @inline(__always)
  private init(header: UInt64) {
    count = Int(Int16(truncatingIfNeeded: header >> 48))
    weight = Int(Int16(truncatingIfNeeded: header >> 32))
    sign = UInt16(truncatingIfNeeded: header >> 16)
    scale = Int(UInt16(truncatingIfNeeded: header))
  }

  /// Four decimal digits a place, sign, point, and what the last place has beyond `scale`.
  @inline(__always)
  private var textBytesMax: Int { max(weight, 0) &* 4 &+ scale &+ 9 }

  static func write(_ value: RawSpan, into out: inout ByteWriter) throws(DecodeError) {
    var reader = ByteReader(value)
    let number = BinaryNumeric(header: try reader.readInteger())
    switch number.sign {
    case Sign.positive, Sign.negative: break
    case Sign.notANumber: return out.append("NaN")
    case Sign.positiveInfinity: return out.append("Infinity")
    case Sign.negativeInfinity: return out.append("-Infinity")
    default: throw .unknownTag(UInt8(truncatingIfNeeded: number.sign >> 8), at: 4)
    }
    guard number.count >= 0, reader.remaining == number.count * 2 else { throw .invalidLength(number.count, at: 0) }
    guard number.scale <= scaleMax else { throw .invalidLength(number.scale, at: 6) }
    let start = out.count
    var room = out.bytes(withRoom: number.textBytesMax)
    guard let end = number.write(value, into: &room, at: start) else { throw number.wrongDigit(value) }
    out.extend(to: end)
  }

  /// The same for a number of a few digits, in room for `textMax` bytes. `nil` for another, and where the bytes are none.
  @_lifetime(room: copy room)
  static func writeShort(_ value: RawSpan, textMax: Int, into room: inout MutableRawSpan, at end: Int) -> Int? {
    guard value.byteCount >= headerBytes else { return nil }
    // The guard above is the length check for this load.
    let number = BinaryNumeric(
      header: UInt64(bigEndian: unsafe value.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)))
    guard
      number.sign & ~Sign.negative == Sign.positive, value.byteCount &- headerBytes == number.count &* 2,
      number.textBytesMax <= textMax
    else { return nil }
    return number.write(value, into: &room, at: end)
  }

  /// Returns the end of the text, `nil` where a digit is none. The caller has compared `count` with the length, and has room
  /// for `textBytesMax`.
  @inline(__always)
  @_lifetime(room: copy room)
  private func write(_ value: RawSpan, into room: inout MutableRawSpan, at start: Int) -> Int? {
    precondition(start >= 0 && start <= room.byteCount &- textBytesMax)
    var end = start
    var largest: UInt32 = 0
    if sign == Sign.negative { BinaryNumeric.store(UInt32(UInt8(ascii: "-")), &room, &end, count: 1) }
    // Of the first place no leading zeros, but the digit before the point.
    let first = upToFourDecimalDigits(weight >= 0 ? digit(0, of: value, &largest) : 0)
    BinaryNumeric.store(first.word, &room, &end, count: first.count)
    var place = min(weight, 0) &+ 1
    while place <= weight {
      BinaryNumeric.store(fourDecimalDigits(digit(place, of: value, &largest)), &room, &end, count: 4)
      place &+= 1
    }
    if scale > 0 {
      BinaryNumeric.store(UInt32(UInt8(ascii: ".")), &room, &end, count: 1)
      let whole = end &+ scale
      while end < whole {
        BinaryNumeric.store(fourDecimalDigits(digit(place, of: value, &largest)), &room, &end, count: 4)
        place &+= 1
      }
      end = whole
    }
    return largest < BinaryNumeric.base ? end : nil
  }

  /// The lowest `count` bytes of a word, the lowest first. There is room for four: `textBytesMax`.
  @inline(__always)
  @_lifetime(room: copy room)
  private static func store(_ word: UInt32, _ room: inout MutableRawSpan, _ end: inout Int, count: Int) {
    unsafe room.storeBytes(of: word.littleEndian, toUncheckedByteOffset: end, as: UInt32.self)
    end &+= count
  }

  /// Zeros at both ends are not sent.
  @inline(__always)
  private func digit(_ place: Int, of value: RawSpan, _ largest: inout UInt32) -> UInt32 {
    guard place >= 0, place < count else { return 0 }
    let digit = BinaryNumeric.digit(place, of: value)
    largest = max(largest, digit)
    return digit
  }

  /// The caller has compared `count` with the length.
  @inline(__always)
  private static func digit(_ place: Int, of value: RawSpan) -> UInt32 {
    let at = headerBytes &+ place &* 2
    return UInt32(unsafe UInt16(bigEndian: value.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt16.self)))
  }

  /// Digits are written from the first on, so that the first that is none was among those written.
  private func wrongDigit(_ value: RawSpan) -> DecodeError {
    let place = (0..<count).first { BinaryNumeric.digit($0, of: value) >= BinaryNumeric.base }!
    return .invalidLength(Int(BinaryNumeric.digit(place, of: value)), at: BinaryNumeric.headerBytes + place * 2)
  }
}
