/// Reader of Java's properties syntax, in UTF-8 (Java's own reader takes Latin-1; `\uXXXX` means the same to both).
/// Source: Java SE API, `java.util.Properties.load(Reader)`.
struct JavaProperties {
  private let source: ConfigSource
  private let text: ArraySlice<UInt8>
  private var at: Int
  private var line = 1

  /// Throws with every malformed escape and every name that is written twice (Java would take the last in silence).
  static func read(_ source: ConfigSource) throws(ConfigError) -> RawProperties {
    var reader = JavaProperties(source: source, text: try source.utf8())
    return try reader.read()
  }

  private init(source: ConfigSource, text: ArraySlice<UInt8>) {
    self.source = source
    self.text = text
    at = text.startIndex
  }

  private mutating func read() throws(ConfigError) -> RawProperties {
    var properties = RawProperties(file: source.file, entries: [])
    var problems: [ConfigProblem] = []
    var lines: [String: Int] = [:]
    while skipToEntry() {
      let start = line
      let logical = logicalLine()
      let (rawName, rawValue) = Self.split(logical)
      guard let name = Self.unescape(rawName), let value = Self.unescape(rawValue) else {
        problems.append(
          ConfigProblem(
            .error, file: source.file, line: start, property: Self.unescape(rawName),
            message: "a \\u escape needs four hexadecimal digits that make a character",
            remedy: "Write \\u00e9, or \\\\u for a backslash and a u"))
        continue
      }
      if let earlier = lines[name] {
        problems.append(
          ConfigProblem(
            .error, file: source.file, line: start, property: name, message: "is already set in line \(earlier)",
            remedy: "Keep one of the two lines"))
        continue
      }
      lines[name] = start
      properties.entries.append(RawProperties.Entry(name: name, value: value, line: start))
    }
    guard problems.isEmpty else { throw ConfigError(problems) }
    return properties
  }

  /// Skips blank lines and comments; false at the end of the text.
  private mutating func skipToEntry() -> Bool {
    while at < text.endIndex {
      switch text[at] {
      case _ where Self.isBlank(text[at]): at += 1
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): endLine()
      case UInt8(ascii: "#"), UInt8(ascii: "!"):
        while at < text.endIndex, !Self.isLineEnd(text[at]) { at += 1 }
      default: return true
      }
    }
    return false
  }

  /// One logical line: natural lines that end in an odd number of backslashes go on without the leading blanks of the
  /// next. Escapes are still in it.
  private mutating func logicalLine() -> [UInt8] {
    var logical: [UInt8] = []
    while at < text.endIndex {
      let byte = text[at]
      if Self.isLineEnd(byte) {
        endLine()
        return logical
      }
      at += 1
      guard byte == UInt8(ascii: "\\") else {
        logical.append(byte)
        continue
      }
      guard at < text.endIndex else { return logical }
      if Self.isLineEnd(text[at]) {
        endLine()
        while at < text.endIndex, Self.isBlank(text[at]) { at += 1 }
      } else {
        logical.append(byte)
        logical.append(text[at])
        at += 1
      }
    }
    return logical
  }

  private mutating func endLine() {
    if text[at] == UInt8(ascii: "\r"), at + 1 < text.endIndex, text[at + 1] == UInt8(ascii: "\n") { at += 1 }
    at += 1
    line += 1
  }

  /// The name ends at the first unescaped `=`, `:` or blank; blanks around one separator belong to neither part.
  private static func split(_ logical: [UInt8]) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
    var end = 0
    while end < logical.count, !isSeparator(logical[end]), !isBlank(logical[end]) {
      end += logical[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    end = min(end, logical.count)
    var start = end
    while start < logical.count, isBlank(logical[start]) { start += 1 }
    if start < logical.count, isSeparator(logical[start]) {
      start += 1
      while start < logical.count, isBlank(logical[start]) { start += 1 }
    }
    return (logical[..<end], logical[start...])
  }

  /// Nil for a malformed `\u` escape. A backslash before any other character is dropped, as Java does.
  private static func unescape(_ raw: ArraySlice<UInt8>) -> String? {
    var text: [UInt8] = []
    var at = raw.startIndex
    while at < raw.endIndex {
      guard raw[at] == UInt8(ascii: "\\") else {
        text.append(raw[at])
        at += 1
        continue
      }
      at += 1
      guard at < raw.endIndex else { break }
      let escaped = raw[at]
      at += 1
      switch escaped {
      case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "u"):
        guard let scalar = unicodeScalar(in: raw, at: &at) else { return nil }
        text += Array(String(Character(scalar)).utf8)
      default: text.append(escaped)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The character of `XXXX`, or of a surrogate pair `XXXX\uXXXX`.
  private static func unicodeScalar(in raw: ArraySlice<UInt8>, at: inout Int) -> Unicode.Scalar? {
    guard let first = codeUnit(in: raw, at: &at) else { return nil }
    guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
    guard at + 1 < raw.endIndex, raw[at] == UInt8(ascii: "\\"), raw[at + 1] == UInt8(ascii: "u") else { return nil }
    at += 2
    guard let second = codeUnit(in: raw, at: &at), UTF16.isTrailSurrogate(second) else { return nil }
    return Unicode.Scalar(0x1_0000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
  }

  private static func codeUnit(in raw: ArraySlice<UInt8>, at: inout Int) -> UInt16? {
    guard raw.endIndex - at >= 4 else { return nil }
    var unit: UInt16 = 0
    for byte in raw[at..<at + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    at += 4
    return unit
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 0x0C
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") }
}
