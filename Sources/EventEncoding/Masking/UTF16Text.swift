/// UTF-8 text measured as Java measures it, in UTF-16 units.
enum UTF16Text {
  /// The first `units` units. A character beyond U+FFFF has two of them; cut between the two, the first stands alone at the
  /// end, as the three bytes that JSON text escapes.
  static func prefix(_ text: [UInt8], units: Int) -> [UInt8] {
    if text.count <= units { return text }
    var left = units
    var at = 0
    while at < text.count, left > 0 {
      let lead = text[at]
      let size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      guard size == 4, at + 3 < text.count else {
        at += size
        left -= 1
        continue
      }
      guard left > 1 else { return Array(text[..<at]) + highSurrogate(text[at..<at + 4]) }
      at += 4
      left -= 2
    }
    return Array(text[..<min(at, text.count)])
  }

  /// Of the two surrogates of a character of four bytes, each as three bytes.
  static func surrogates(_ character: ArraySlice<UInt8>) -> [UInt8] {
    let scalar = scalar(character)
    return highSurrogate(character) + threeBytes(0xDC00 | scalar & 0x3FF)
  }

  private static func highSurrogate(_ character: ArraySlice<UInt8>) -> [UInt8] {
    threeBytes(0xD800 | (scalar(character) &- 0x10000) >> 10 & 0x3FF)
  }

  private static func scalar(_ character: ArraySlice<UInt8>) -> UInt32 {
    character.dropFirst().reduce(UInt32(character.first! & 0x07)) { $0 << 6 | UInt32($1 & 0x3F) }
  }

  private static func threeBytes(_ unit: UInt32) -> [UInt8] {
    [0xE0 | UInt8(unit >> 12), 0x80 | UInt8(unit >> 6 & 0x3F), 0x80 | UInt8(unit & 0x3F)]
  }
}
