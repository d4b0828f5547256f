/// What `java.io.ObjectOutputStream` writes. Source: Java Object Serialization Specification, chapter 6.
enum JavaSerialization {
  /// A stream with one string: header, tag, length in bytes, and the text in modified UTF-8.
  static func string(_ text: [UInt8]) -> [UInt8] {
    let content = modifiedUTF8(text)
    let isLong = content.count > Int(UInt16.max)
    var bytes: [UInt8] = [0xAC, 0xED, 0x00, 0x05, isLong ? 0x7C : 0x74]
    for shift in stride(from: isLong ? 56 : 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: content.count >> shift))
    }
    return bytes + content
  }

  /// Characters beyond U+FFFF as two surrogates of three bytes each. U+0000, the other difference, is in no text of
  /// PostgreSQL.
  private static func modifiedUTF8(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(where: { $0 >= 0xF0 }) else { return text }
    var out: [UInt8] = []
    out.reserveCapacity(text.count + text.count / 2)
    var at = 0
    while at < text.count {
      if text[at] >= 0xF0, at + 3 < text.count {
        out += UTF16Text.surrogates(text[at..<at + 4])
        at += 4
      } else {
        out.append(text[at])
        at += 1
      }
    }
    return out
  }
}
