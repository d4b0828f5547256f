/// Base64 as Java's `Base64.getEncoder()` and `getUrlEncoder()` write it: with padding, in one line.
public enum Base64Text {
  public enum Alphabet: Sendable { case standard, urlSafe }

  public static func write(_ bytes: RawSpan, alphabet: Alphabet = .standard, into out: inout ByteWriter) {
    let count = bytes.byteCount
    out.reserve((count + 2) / 3 * 4)
    var at = 0
    while at + 3 <= count {
      let group =
        UInt32(bytes.byte(at: at)) << 16 | UInt32(bytes.byte(at: at + 1)) << 8 | UInt32(bytes.byte(at: at + 2))
      writeGroup(group, digits: 4, alphabet, into: &out)
      at += 3
    }
    writeRest(
      count - at, at < count ? bytes.byte(at: at) : 0, at + 1 < count ? bytes.byte(at: at + 1) : 0, alphabet,
      into: &out)
  }

  public static func write(_ bytes: [UInt8], alphabet: Alphabet = .standard, into out: inout ByteWriter) {
    unsafe write(bytes.span.bytes, alphabet: alphabet, into: &out)
  }

  /// The lowest `count` bytes of an integer, the highest of them first.
  public static func write(bigEndian value: UInt128, count: Int, into out: inout ByteWriter) {
    var left = count
    func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: value >> UInt128((index - 1) * 8)) }
    while left >= 3 {
      let group = UInt32(byte(left)) << 16 | UInt32(byte(left - 1)) << 8 | UInt32(byte(left - 2))
      writeGroup(group, digits: 4, .standard, into: &out)
      left -= 3
    }
    writeRest(left, left > 0 ? byte(left) : 0, left > 1 ? byte(left - 1) : 0, .standard, into: &out)
  }

  /// The lowest `count` bytes of an integer, at most eight, the highest of them first.
  public static func write(bigEndian value: UInt64, count: Int, into out: inout ByteWriter) {
    precondition(count > 0 && count <= 8)
    out.reserve(12)
    let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    // Eight bytes are eleven digits, of which the last has four bits: after ten there is nothing left to shift in.
    var rest = value &<< UInt64(truncatingIfNeeded: 64 &- count &* 8)
    let left = (count &* 8 &+ 5) / 6
    let target = unsafe out.base + out.length
    // Room for twelve is there; the padding stands behind the digits, up to the next multiple of four.
    unsafe target.storeBytes(of: 0x3D3D_3D3D, toByteOffset: (left &- 1) & ~3, as: UInt32.self)
    for index in 0..<left {
      unsafe target.storeBytes(of: digits.utf8Start[Int(rest &>> 58)], toByteOffset: index, as: UInt8.self)
      rest &<<= 6
    }
    out.length &+= (left &+ 3) & ~3
  }

  private static func writeRest(
    _ count: Int, _ first: UInt8, _ second: UInt8, _ alphabet: Alphabet, into out: inout ByteWriter
  ) {
    if count == 1 {
      writeGroup(UInt32(first) << 16, digits: 2, alphabet, into: &out)
      out.append("==")
    } else if count == 2 {
      writeGroup(UInt32(first) << 16 | UInt32(second) << 8, digits: 3, alphabet, into: &out)
      out.append(UInt8(ascii: "="))
    }
  }

  @inline(__always)
  private static func writeGroup(_ group: UInt32, digits: Int, _ alphabet: Alphabet, into out: inout ByteWriter) {
    var shift: UInt32 = 18
    for _ in 0..<digits {
      out.append(digit(UInt8(truncatingIfNeeded: group >> shift & 0x3F), alphabet))
      shift &-= 6
    }
  }

  @inline(__always)
  private static func digit(_ value: UInt8, _ alphabet: Alphabet) -> UInt8 {
    switch value {
    case 0..<26: value + UInt8(ascii: "A")
    case 26..<52: value - 26 + UInt8(ascii: "a")
    case 52..<62: value - 52 + UInt8(ascii: "0")
    case 62: alphabet == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
    default: alphabet == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
    }
  }
}
