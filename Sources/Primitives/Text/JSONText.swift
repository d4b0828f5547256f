/// JSON text as Jackson's `UTF8JsonGenerator` writes it, which is what Connect's JsonConverter uses.
public enum JSONText {
  /// Writes UTF-8 as a JSON string, quotes included.
  ///
  /// `"`, `\` and control characters are escaped (`\b \t \n \f \r`, else `\u00` with upper-case digits); a character
  /// beyond U+FFFF becomes two escaped surrogates in upper-case digits; everything else stays as it is. A surrogate
  /// that stands alone (three bytes `ED A0…BF xx`, from an escape in a payload) is escaped too.
  ///
  /// `escapesSupplementary` is false where Jackson writes characters and not bytes: then they stay as they are.
  public static func writeString(_ text: RawSpan, escapesSupplementary: Bool = true, into out: inout ByteWriter) {
    out.reserve(text.byteCount + 2)
    out.append(UInt8(ascii: "\""))
    writeContent(text, escapesSupplementary: escapesSupplementary, into: &out)
    out.append(UInt8(ascii: "\""))
  }

  public static func writeString(_ text: [UInt8], into out: inout ByteWriter) {
    unsafe writeString(text.span.bytes, into: &out)
  }

  /// For names and other text that is written once per schema.
  public static func writeString(_ text: String, into out: inout ByteWriter) {
    writeString(Array(text.utf8), into: &out)
  }

  /// The inside of a JSON string: runs that need no escape are copied whole.
  public static func writeContent(_ text: RawSpan, escapesSupplementary: Bool = true, into out: inout ByteWriter) {
    let count = text.byteCount
    var runStart = 0
    var at = 0
    while true {
      at = indexOfSpecial(in: text, from: at)
      if at == count { break }
      let byte = text.byte(at: at)
      switch byte {
      case 0xED:
        // U+D000…U+D7FF are ordinary; what follows is a surrogate only from A0 on.
        guard at + 2 < count, text.byte(at: at + 1) >= 0xA0 else {
          at += 1
          continue
        }
        out.append(text.extracting(runStart..<at))
        let unit =
          0xD000 | UInt32(text.byte(at: at + 1) & 0x3F) << 6 | UInt32(text.byte(at: at + 2) & 0x3F)
        writeUnit(unit, into: &out)
        at += 3
      case 0xEE, 0xEF:
        at += 1
        continue
      case 0xF0...0xFF:
        guard escapesSupplementary, at + 3 < count else {
          at += 1
          continue
        }
        out.append(text.extracting(runStart..<at))
        var scalar = UInt32(byte & 0x07) << 18 | UInt32(text.byte(at: at + 1) & 0x3F) << 12
        scalar |= UInt32(text.byte(at: at + 2) & 0x3F) << 6 | UInt32(text.byte(at: at + 3) & 0x3F)
        // Four-byte UTF-8 is at least U+10000; anything less is not UTF-8, and masks to something printable.
        let offset = scalar &- 0x10000
        writeUnit(0xD800 | (offset >> 10 & 0x3FF), into: &out)
        writeUnit(0xDC00 | (offset & 0x3FF), into: &out)
        at += 4
      default:
        out.append(text.extracting(runStart..<at))
        writeEscaped(byte, into: &out)
        at += 1
      }
      runStart = at
    }
    out.append(text.extracting(runStart..<count))
  }

  /// First byte at or after `start` that may need an escape: below 0x20, `"`, `\`, or from 0xED on. `byteCount` if none.
  private static func indexOfSpecial(in text: RawSpan, from start: Int) -> Int {
    let count = text.byteCount
    var at = start
    // Eight bytes at once while they are ASCII without anything special: in each test the top bit of a byte is set
    // where it holds (exact for bytes below 0x80, and the last term catches the others).
    while at &+ 8 <= count {
      // The condition above is the length check for this load.
      let word = unsafe text.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
      let quotes = word ^ 0x2222_2222_2222_2222
      let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
      let found =
        (word &- 0x2020_2020_2020_2020) | (quotes &- 0x0101_0101_0101_0101)
        | (backslashes &- 0x0101_0101_0101_0101) | word
      if found & 0x8080_8080_8080_8080 != 0 {
        let end = at &+ 8
        while at < end {
          if isSpecial(text.byte(at: at)) { return at }
          at &+= 1
        }
        continue
      }
      at &+= 8
    }
    while at < count {
      if isSpecial(text.byte(at: at)) { return at }
      at &+= 1
    }
    return count
  }

  @inline(__always)
  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte >= 0xED
  }

  public static func writeEscaped(_ byte: UInt8, into out: inout ByteWriter) {
    switch byte {
    case 0x08: out.append("\\b")
    case 0x09: out.append("\\t")
    case 0x0A: out.append("\\n")
    case 0x0C: out.append("\\f")
    case 0x0D: out.append("\\r")
    case UInt8(ascii: "\""): out.append("\\\"")
    case UInt8(ascii: "\\"): out.append("\\\\")
    default:
      out.append("\\u00")
      out.append(upperHexDigit(byte >> 4))
      out.append(upperHexDigit(byte & 0xF))
    }
  }

  /// A UTF-16 unit as `\\uXXXX`.
  public static func writeUnit(_ unit: UInt32, into out: inout ByteWriter) {
    out.append("\\u")
    var shift: UInt32 = 16
    while shift > 0 {
      shift -= 4
      out.append(upperHexDigit(UInt8(truncatingIfNeeded: unit >> shift & 0xF)))
    }
  }

  @inline(__always)
  private static func upperHexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? nibble + UInt8(ascii: "0") : nibble + (UInt8(ascii: "A") - 10)
  }
}
