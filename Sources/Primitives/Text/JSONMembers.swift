/// The members of a JSON object as ranges of its text, without a tree. For text that a JSON writer has made: what is no
/// JSON may be taken for some, and never traps.
public enum JSONMembers {
  /// Gives the name (without quotes, as written) and the value of each member of the object that `range` holds. Returns
  /// `false` where that is no object, or one that ends early; what was given before is then of no use.
  public static func forEach(
    _ text: RawSpan, in range: Range<Int>, _ body: (_ name: Range<Int>, _ value: Range<Int>) -> Void
  ) -> Bool {
    let text = text.extracting(0..<range.upperBound)
    var at = range.lowerBound
    JSONTokens.skipSpace(text, &at)
    guard JSONTokens.take(UInt8(ascii: "{"), text, &at) else { return false }
    JSONTokens.skipSpace(text, &at)
    if JSONTokens.take(UInt8(ascii: "}"), text, &at) { return isAtEnd(text, &at) }
    while true {
      JSONTokens.skipSpace(text, &at)
      let nameStart = at + 1
      guard skipString(text, &at) else { return false }
      let name = nameStart..<(at - 1)
      JSONTokens.skipSpace(text, &at)
      guard JSONTokens.take(UInt8(ascii: ":"), text, &at) else { return false }
      JSONTokens.skipSpace(text, &at)
      let start = at
      guard skipValue(text, &at) else { return false }
      body(name, start..<at)
      JSONTokens.skipSpace(text, &at)
      if JSONTokens.take(UInt8(ascii: ","), text, &at) { continue }
      return JSONTokens.take(UInt8(ascii: "}"), text, &at) && isAtEnd(text, &at)
    }
  }

  private static func isAtEnd(_ text: RawSpan, _ at: inout Int) -> Bool {
    JSONTokens.skipSpace(text, &at)
    return at == text.byteCount
  }

  private static func skipString(_ text: RawSpan, _ at: inout Int) -> Bool {
    guard JSONTokens.take(UInt8(ascii: "\""), text, &at) else { return false }
    while at < text.byteCount {
      switch text.byte(at: at) {
      case UInt8(ascii: "\""):
        at += 1
        return true
      case UInt8(ascii: "\\"): at += 2
      default: at += 1
      }
    }
    return false
  }

  private static func skipValue(_ text: RawSpan, _ at: inout Int) -> Bool {
    var depth = 0
    let start = at
    while at < text.byteCount {
      switch text.byte(at: at) {
      case UInt8(ascii: "\""):
        guard skipString(text, &at) else { return false }
        if depth == 0 { return true }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return at > start }
        depth -= 1
        at += 1
        if depth == 0 { return true }
      case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        if depth == 0 { return at > start }
        at += 1
      default: at += 1
      }
    }
    return depth == 0 && at > start
  }
}
