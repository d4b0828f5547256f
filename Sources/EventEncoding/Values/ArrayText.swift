import Primitives

/// A cursor over the elements of an array's text: `{1,NULL,"a,b"}`, with an optional `[0:1]=` in front.
/// Source: PostgreSQL manual, "Array Input and Output Syntax".
struct ArrayText: ~Escapable {
  enum Element: Equatable {
    case null
    /// Where its bytes stand in the text.
    case plain(Range<Int>)
    /// Quoted with escapes: its bytes are in `unescaped`.
    case unescaped
    /// An array inside the array: where its text stands, braces included.
    case nested(Range<Int>)
  }

  private let text: RawSpan
  private let delimiter: UInt8
  private var at: Int
  private var isFirst = true
  private(set) var unescaped: [UInt8] = []

  @_lifetime(copy text)
  init(_ text: RawSpan, delimiter: UInt8) throws(ConversionError) {
    self.text = text
    self.delimiter = delimiter
    at = 0
    if text.byteCount > 0, text.byte(at: 0) == UInt8(ascii: "[") {
      while at < text.byteCount, text.byte(at: at) != UInt8(ascii: "=") { at += 1 }
      at += 1
    }
    guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: "{") else {
      throw ConversionError(.malformed, at: min(at, text.byteCount))
    }
    at += 1
  }

  /// The next element; `nil` after the last, when nothing may follow.
  @_lifetime(self: copy self)
  mutating func next() throws(ConversionError) -> Element? {
    let end = text.byteCount
    guard at < end else { throw ConversionError(.malformed, at: at) }
    if text.byte(at: at) == UInt8(ascii: "}") {
      guard at == end - 1 else { throw ConversionError(.malformed, at: at + 1) }
      return nil
    }
    if !isFirst {
      guard text.byte(at: at) == delimiter else { throw ConversionError(.malformed, at: at) }
      at += 1
      guard at < end else { throw ConversionError(.malformed, at: at) }
    }
    isFirst = false
    switch text.byte(at: at) {
    case UInt8(ascii: "\""): return try quoted()
    case UInt8(ascii: "{"): return try nested()
    default:
      let start = at
      while at < end, text.byte(at: at) != delimiter, text.byte(at: at) != UInt8(ascii: "}") { at += 1 }
      guard at > start, at < end else { throw ConversionError(.malformed, at: at) }
      let element = text.extracting(start..<at)
      return element.equals("NULL") ? .null : .plain(start..<at)
    }
  }

  @_lifetime(self: copy self)
  private mutating func quoted() throws(ConversionError) -> Element {
    let end = text.byteCount
    at += 1
    let start = at
    while at < end, text.byte(at: at) != UInt8(ascii: "\""), text.byte(at: at) != UInt8(ascii: "\\") { at += 1 }
    guard at < end else { throw ConversionError(.malformed, at: at) }
    if text.byte(at: at) == UInt8(ascii: "\"") {
      at += 1
      return .plain(start..<(at - 1))
    }
    unescaped.removeAll(keepingCapacity: true)
    for index in start..<at { unescaped.append(text.byte(at: index)) }
    while at < end {
      var byte = text.byte(at: at)
      at += 1
      if byte == UInt8(ascii: "\"") { return .unescaped }
      if byte == UInt8(ascii: "\\") {
        guard at < end else { break }
        byte = text.byte(at: at)
        at += 1
      }
      unescaped.append(byte)
    }
    throw ConversionError(.malformed, at: at)
  }

  @_lifetime(self: copy self)
  private mutating func nested() throws(ConversionError) -> Element {
    let start = at
    var depth = 0
    var inQuotes = false
    while at < text.byteCount {
      let byte = text.byte(at: at)
      at += 1
      if byte == UInt8(ascii: "\\") {
        at += 1
      } else if byte == UInt8(ascii: "\"") {
        inQuotes.toggle()
      } else if !inQuotes, byte == UInt8(ascii: "{") {
        depth += 1
      } else if !inQuotes, byte == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return .nested(start..<at) }
      }
    }
    throw ConversionError(.malformed, at: text.byteCount)
  }
}
