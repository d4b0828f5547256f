/// JSON text as Jackson's `UTF8JsonGenerator` writes it, which is what Connect's JsonConverter uses.
public enum JSONText {
  /// Writes UTF-8 as a JSON string, quotes included.
  ///
  /// `"`, `\` and control characters are escaped (`\b \t \n \f \r`, else `\u00` with upper-case digits); a character
  /// beyond U+FFFF becomes two escaped surrogates in upper-case digits; everything else stays as it is. A surrogate
  /// that stands alone (three bytes `ED A0…BF xx`, from an escape in a payload) is escaped too.
  ///
  /// `escapesSupplementary` is false where Jackson writes characters and not bytes: then they stay as they are.
  @inlinable
  @inline(__always)
  public static func writeString(_ text: RawSpan, escapesSupplementary: Bool = true, into out: inout ByteWriter) {
    out.reserve(text.byteCount &+ 2 &+ wordSize)
    unsafe out.base.storeBytes(of: UInt8(ascii: "\""), toByteOffset: out.length, as: UInt8.self)
    out.length &+= 1
    // All of most texts.
    let plain = appendShortReserved(text, into: &out) ?? appendPlainReserved(text, from: 0, into: &out)
    if plain < text.byteCount {
      writeContent(text, from: plain, escapesSupplementary: escapesSupplementary, into: &out)
    }
    out.append(UInt8(ascii: "\""))
  }

  public static func writeString(_ text: [UInt8], into out: inout ByteWriter) {
    unsafe writeString(text.span.bytes, into: &out)
  }

  /// For names and other text that is written once per schema.
  public static func writeString(_ text: String, into out: inout ByteWriter) {
    writeString(Array(text.utf8), into: &out)
  }

  @usableFromInline
  static var wordSize: Int { 8 }
  /// So that a large text does not take twice its size.
  private static var reservedBytesMax: Int { 4096 }

  /// The inside of a JSON string. Eight bytes at a time are copied and looked through; up to the first of them that is
  /// something special they stay, and what that becomes is written over the rest.
  public static func writeContent(
    _ text: RawSpan, from start: Int = 0, escapesSupplementary: Bool = true, into out: inout ByteWriter
  ) {
    let count = text.byteCount
    var at = start
    while at < count {
      let end = min(count, at &+ reservedBytesMax)
      // Quotes and backslashes, which jsonb is full of, take twice the room.
      out.reserve(2 &* (end &- at) &+ wordSize)
      at = appendReserved(text, from: at, to: end, into: &out)
      if at < end { at = writeSpecial(text, at: at, escapesSupplementary: escapesSupplementary, into: &out) }
    }
  }

  /// Copies from `start` up to the first control character or byte beyond ASCII, at most up to `end`, with quotes and
  /// backslashes escaped, and returns where it stopped. There must be room for twice as much and a word, which may be stored
  /// whole though only a part of it counts.
  @inline(__always)
  private static func appendReserved(_ text: RawSpan, from start: Int, to end: Int, into out: inout ByteWriter) -> Int {
    let base = unsafe out.base
    var length = out.length
    var at = start
    while at < end {
      let width = min(wordSize, end &- at)
      let word = text.uncheckedWord(at: at, width: width)
      unsafe base.storeBytes(of: word.littleEndian, toByteOffset: length, as: UInt64.self)
      let (other, quoting) = exactSpecialBytes(word)
      // Behind a byte that is neither copied nor escaped, nothing counts.
      let count = other == 0 ? width : other.trailingZeroBitCount >> 3
      var escaped = other == 0 ? quoting : quoting & (other &- 1)
      while escaped != 0 {
        let bits = escaped.trailingZeroBitCount & ~7
        let place = length &+ bits >> 3
        unsafe base.storeBytes(of: UInt8(ascii: "\\"), toByteOffset: place, as: UInt8.self)
        unsafe base.storeBytes(
          of: (word &>> UInt64(truncatingIfNeeded: bits)).littleEndian, toByteOffset: place &+ 1, as: UInt64.self)
        length &+= 1
        escaped &= escaped &- 1
      }
      at &+= count
      length &+= count
      if count < width { break }
    }
    out.length = length
    return at
  }

  /// The top bit of each byte that is a control character or not ASCII, and of each that is a quote or a backslash.
  @inline(__always)
  private static func exactSpecialBytes(_ word: UInt64) -> (other: UInt64, quoting: UInt64) {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let other = ~(low &+ 0x6060_6060_6060_6060) | word
    let quotes = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
    let backslashes = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
    let quoting = ~(quotes & backslashes | word)
    return (other & 0x8080_8080_8080_8080, quoting & 0x8080_8080_8080_8080)
  }

  /// Copies from `start` up to the first quote, backslash, control character or byte beyond ASCII, and returns where that
  /// stands, or the text's end.
  @inline(__always)
  static func appendPlain(_ text: RawSpan, from start: Int, into out: inout ByteWriter) -> Int {
    // A word may be stored whole though only a part of it counts.
    out.reserve(text.byteCount &- start &+ wordSize)
    return appendPlainReserved(text, from: start, into: &out)
  }

  /// The same for a short text from its beginning on, with one question to all of its words: returns its end if all is copied,
  /// 0 if something special is in it, and `nil` for other lengths. With room for the text and a word.
  @inlinable
  @inline(__always)
  static func appendShortReserved(_ text: RawSpan, into out: inout ByteWriter) -> Int? {
    let count = text.byteCount
    let target = unsafe out.base + out.length
    switch count {
    case 2 &* wordSize...6 &* wordSize:
      let last = count &- 2 &* wordSize
      let found =
        unsafe appendPair(text, 0, to: target) | appendPair(text, min(2 &* wordSize, last), to: target)
        | appendPair(text, last, to: target)
      guard (found[0] | found[1]) & 0x8080_8080_8080_8080 == 0 else { return 0 }
    case wordSize..<(2 &* wordSize):
      let found =
        unsafe appendWord(text, 0, wordSize, to: target) | appendWord(text, count &- wordSize, wordSize, to: target)
      guard found == 0 else { return 0 }
    case 1..<wordSize:
      guard unsafe appendWord(text, 0, count, to: target) == 0 else { return 0 }
    default: return nil
    }
    out.length &+= count
    return count
  }

  /// Two words; returns their `specialBytes`, with other bits beside.
  @inlinable
  @inline(__always)
  static func appendPair(_ text: RawSpan, _ at: Int, to target: UnsafeMutableRawPointer) -> SIMD2<UInt64> {
    let pair = unsafe text.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: SIMD2<UInt64>.self)
    unsafe target.storeBytes(of: pair, toByteOffset: at, as: SIMD2<UInt64>.self)
    return specialBytes(pair)
  }

  /// With room for the text and a word. Whole words only: the last one begins inside the one before it.
  @usableFromInline
  static func appendPlainReserved(_ text: RawSpan, from start: Int, into out: inout ByteWriter) -> Int {
    let count = text.byteCount
    let target = unsafe out.base + (out.length &- start)
    var at = start
    var found: UInt64 = 0
    if count &- start >= 2 &* wordSize {
      let last = count &- 2 &* wordSize
      while true {
        let special = unsafe appendPair(text, at, to: target)
        if (special[0] | special[1]) & 0x8080_8080_8080_8080 != 0 {
          found = specialBytes(text.uncheckedWord(at: at, width: wordSize))
          if found == 0 {
            at &+= wordSize
            found = specialBytes(text.uncheckedWord(at: at, width: wordSize))
          }
          break
        }
        if at == last { break }
        at = min(at &+ 2 &* wordSize, last)
      }
      if found == 0 { at = count }
    } else if count &- start >= wordSize {
      let last = count &- wordSize
      found = unsafe appendWord(text, at, wordSize, to: target)
      if found == 0, at != last {
        at = last
        found = unsafe appendWord(text, at, wordSize, to: target)
      }
      if found == 0 { at = count }
    } else if at < count {
      found = unsafe appendWord(text, at, count &- at, to: target)
      if found == 0 { at = count }
    }
    if found != 0 { at &+= found.trailingZeroBitCount >> 3 }
    out.length &+= at &- start
    return at
  }

  /// Returns the word's `specialBytes`.
  @inlinable
  @inline(__always)
  static func appendWord(
    _ text: RawSpan, _ at: Int, _ width: Int, to target: UnsafeMutableRawPointer
  ) -> UInt64 {
    let word = text.uncheckedWord(at: at, width: width)
    unsafe target.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
    return specialBytes(word)
  }

  /// Where the first such byte stands from `start` on, or the text's end.
  @inline(__always)
  static func plainEnd(_ text: RawSpan, from start: Int) -> Int {
    let count = text.byteCount
    var at = start
    while at < count {
      let width = min(wordSize, count &- at)
      let found = specialBytes(text.uncheckedWord(at: at, width: width))
      if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
      at &+= width
    }
    return count
  }

  /// The top bit of each byte that is a quote, a backslash, a control character or not ASCII. Exact up to the first of them:
  /// above it, a borrow may set more.
  @inlinable
  @inline(__always)
  static func specialBytes(_ word: UInt64) -> UInt64 {
    let quotes = word ^ 0x2222_2222_2222_2222
    let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
    let found =
      (word &- 0x2020_2020_2020_2020) | (quotes &- 0x0101_0101_0101_0101)
      | (backslashes &- 0x0101_0101_0101_0101) | word
    return found & 0x8080_8080_8080_8080
  }

  /// The same for two words, with other bits beside the top ones.
  @inlinable
  @inline(__always)
  static func specialBytes(_ pair: SIMD2<UInt64>) -> SIMD2<UInt64> {
    let ones = SIMD2<UInt64>(repeating: 0x0101_0101_0101_0101)
    let quotes = pair ^ SIMD2(repeating: 0x2222_2222_2222_2222)
    let backslashes = pair ^ SIMD2(repeating: 0x5C5C_5C5C_5C5C_5C5C)
    return (pair &- SIMD2(repeating: 0x2020_2020_2020_2020)) | (quotes &- ones) | (backslashes &- ones) | pair
  }

  /// Writes what stands at `at`, and returns where the text goes on.
  private static func writeSpecial(
    _ text: RawSpan, at start: Int, escapesSupplementary: Bool, into out: inout ByteWriter
  ) -> Int {
    let count = text.byteCount
    var at = start
    let byte = text.byte(at: at)
    switch byte {
    case 0xED where at + 2 < count && text.byte(at: at + 1) >= 0xA0:
      // U+D000…U+D7FF are ordinary; from A0 on it is a surrogate.
      let unit =
        0xD000 | UInt32(text.byte(at: at + 1) & 0x3F) << 6 | UInt32(text.byte(at: at + 2) & 0x3F)
      writeUnit(unit, into: &out)
      return at + 3
    case 0xF0...0xFF where escapesSupplementary && at + 3 < count:
      var scalar = UInt32(byte & 0x07) << 18 | UInt32(text.byte(at: at + 1) & 0x3F) << 12
      scalar |= UInt32(text.byte(at: at + 2) & 0x3F) << 6 | UInt32(text.byte(at: at + 3) & 0x3F)
      // Four-byte UTF-8 is at least U+10000; anything less is not UTF-8, and masks to something printable.
      let offset = scalar &- 0x10000
      writeUnit(0xD800 | (offset >> 10 & 0x3FF), into: &out)
      writeUnit(0xDC00 | (offset & 0x3FF), into: &out)
      return at + 4
    case 0x80...0xFF:
      // A run of characters beyond ASCII that stay as they are.
      repeat { at += 1 } while at < count && isOrdinaryBeyondASCII(text.byte(at: at))
      out.append(text.extracting(start..<at))
      return at
    default:
      writeEscaped(byte, into: &out)
      return at + 1
    }
  }

  @inline(__always)
  private static func isOrdinaryBeyondASCII(_ byte: UInt8) -> Bool { byte >= 0x80 && byte < 0xED }

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
