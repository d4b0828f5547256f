/// Tokens of JSON text, taken and refused as Jackson does with its defaults. Each function starts at `at` and moves it
/// past what it has read; after `false` or `nil` the place is of no use.
public enum JSONTokens {
  @inlinable
  public static func skipSpace(_ text: RawSpan, _ at: inout Int) {
    while at < text.byteCount {
      switch text.byte(at: at) {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): at += 1
      default: return
      }
    }
  }

  @inlinable
  public static func take(_ byte: UInt8, _ text: RawSpan, _ at: inout Int) -> Bool {
    guard at < text.byteCount, text.byte(at: at) == byte else { return false }
    at += 1
    return true
  }

  /// `true`, `false`, `null`.
  public static func literal(_ word: StaticString, _ text: RawSpan, _ at: inout Int) -> Bool {
    let count = word.utf8CodeUnitCount
    guard at + count <= text.byteCount, text.extracting(at..<(at + count)).equals(word) else { return false }
    at += count
    return true
  }

  /// At least one digit.
  public static func digits(_ text: RawSpan, _ at: inout Int) -> Bool {
    let start = at
    while at < text.byteCount, text.byte(at: at) &- UInt8(ascii: "0") < 10 { at += 1 }
    return at > start
  }

  /// A number of any length: no zero in front of another digit, digits on both sides of a point.
  public static func number(_ text: RawSpan, _ at: inout Int) -> Bool {
    _ = take(UInt8(ascii: "-"), text, &at)
    let start = at
    guard digits(text, &at), at - start == 1 || text.byte(at: start) != UInt8(ascii: "0") else { return false }
    return fraction(text, &at) != nil
  }

  /// What may follow the digits of a whole number: whether anything did, or `nil` if that is no number.
  public static func fraction(_ text: RawSpan, _ at: inout Int) -> Bool? {
    let start = at
    if take(UInt8(ascii: "."), text, &at), !digits(text, &at) { return nil }
    if at < text.byteCount, text.byte(at: at) | 0x20 == UInt8(ascii: "e") {
      at += 1
      if !take(UInt8(ascii: "-"), text, &at) { _ = take(UInt8(ascii: "+"), text, &at) }
      guard digits(text, &at) else { return nil }
    }
    return at > start
  }

  /// At a quote: writes the string as Jackson writes the text that it stands for, quotes included.
  public static func string(
    _ text: RawSpan, _ at: inout Int, bytesMax: Int = .max, into out: inout ByteWriter
  ) -> Bool {
    at += 1
    out.append(UInt8(ascii: "\""))
    let start = at
    while true {
      at = JSONText.appendPlain(text, from: at, into: &out)
      guard at < text.byteCount else { return false }
      switch text.byte(at: at) {
      case UInt8(ascii: "\""):
        guard at - start <= bytesMax else { return false }
        out.append(UInt8(ascii: "\""))
        at += 1
        return true
      case UInt8(ascii: "\\"):
        guard escape(text, &at, into: &out) else { return false }
      case 0..<0x20: return false
      default:
        let run = at
        while at < text.byteCount, text.byte(at: at) >= 0x80 { at += 1 }
        JSONText.writeContent(text.extracting(run..<at), into: &out)
      }
    }
  }

  /// One escape, written as Jackson writes the character it stands for.
  private static func escape(_ text: RawSpan, _ at: inout Int, into out: inout ByteWriter) -> Bool {
    guard at + 1 < text.byteCount else { return false }
    let byte = text.byte(at: at + 1)
    at += 2
    switch byte {
    case UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
      UInt8(ascii: "r"), UInt8(ascii: "t"):
      out.append(UInt8(ascii: "\\"))
      out.append(byte)
    case UInt8(ascii: "u"):
      guard at + 4 <= text.byteCount else { return false }
      var unit: UInt32 = 0
      for _ in 0..<4 {
        guard let nibble = hexDigitValue(text.byte(at: at)) else { return false }
        unit = unit << 4 | UInt32(nibble)
        at += 1
      }
      switch unit {
      case 0..<0x20, 0x22, 0x5C: JSONText.writeEscaped(UInt8(unit), into: &out)
      case 0x20..<0x80: out.append(UInt8(unit))
      case 0x80..<0x800:
        out.append(UInt8(0xC0 | unit >> 6))
        out.append(UInt8(0x80 | unit & 0x3F))
      // In pairs or alone, surrogates are written as escapes.
      case 0xD800..<0xE000: JSONText.writeUnit(unit, into: &out)
      default:
        out.append(UInt8(0xE0 | unit >> 12))
        out.append(UInt8(0x80 | unit >> 6 & 0x3F))
        out.append(UInt8(0x80 | unit & 0x3F))
      }
    default: return false
    }
    return true
  }
}
