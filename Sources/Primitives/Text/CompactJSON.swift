/// Rewrites JSON text token by token, without a tree: no space between tokens, strings as Jackson writes them, and
/// everything else as it is. Numbers keep every digit, nulls and empty arrays stay, and equal names stay both.
public enum CompactJSON {
  /// What Jackson, and so a consumer that reads the text with it, takes.
  public static let depthMax = 1000

  /// Appends the text if the whole of it is one object or array, with space around it or not. Returns false, with nothing
  /// appended, for everything else: scalars, text after the value, what is no JSON, and what is deeper than `depthMax`.
  public static func writeDocument(_ text: RawSpan, into out: inout ByteWriter) -> Bool {
    let start = out.count
    var at = 0
    JSONTokens.skipSpace(text, &at)
    guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: "{") || text.byte(at: at) == UInt8(ascii: "[") else {
      return false
    }
    if writeValue(text, &at, into: &out) {
      JSONTokens.skipSpace(text, &at)
      if at == text.byteCount { return true }
    }
    out.truncate(to: start)
    return false
  }

  /// Appends the one value that begins at `at`, and moves past it. After `false`, `out` holds a part of it.
  public static func writeValue(_ text: RawSpan, _ at: inout Int, into out: inout ByteWriter) -> Bool {
    var nesting = Nesting()
    while true {
      guard at < text.byteCount else { return false }
      let byte = text.byte(at: at)
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        let isObject = byte == UInt8(ascii: "{")
        guard nesting.push(isObject: isObject) else { return false }
        at += 1
        out.append(byte)
        JSONTokens.skipSpace(text, &at)
        if !JSONTokens.take(nesting.closing, text, &at) {
          if isObject, !writeName(text, &at, into: &out) { return false }
          continue
        }
        out.append(nesting.closing)
        nesting.pop()
      case UInt8(ascii: "\""): if !JSONTokens.string(text, &at, into: &out) { return false }
      case UInt8(ascii: "t"):
        guard JSONTokens.literal("true", text, &at) else { return false }
        out.append("true")
      case UInt8(ascii: "f"):
        guard JSONTokens.literal("false", text, &at) else { return false }
        out.append("false")
      case UInt8(ascii: "n"):
        guard JSONTokens.literal("null", text, &at) else { return false }
        out.append("null")
      default:
        let start = at
        guard JSONTokens.number(text, &at) else { return false }
        out.append(text.extracting(start..<at))
      }
      // A value is complete, and with it perhaps what is around it.
      while true {
        if nesting.depth == 0 { return true }
        JSONTokens.skipSpace(text, &at)
        if JSONTokens.take(UInt8(ascii: ","), text, &at) { break }
        guard JSONTokens.take(nesting.closing, text, &at) else { return false }
        out.append(nesting.closing)
        nesting.pop()
      }
      out.append(UInt8(ascii: ","))
      JSONTokens.skipSpace(text, &at)
      if nesting.isObject, !writeName(text, &at, into: &out) { return false }
    }
  }

  /// A member's name and its colon.
  private static func writeName(_ text: RawSpan, _ at: inout Int, into out: inout ByteWriter) -> Bool {
    guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: "\""), JSONTokens.string(text, &at, into: &out) else {
      return false
    }
    JSONTokens.skipSpace(text, &at)
    guard JSONTokens.take(UInt8(ascii: ":"), text, &at) else { return false }
    out.append(UInt8(ascii: ":"))
    JSONTokens.skipSpace(text, &at)
    return true
  }

  /// Which of the open levels are objects: one bit each, so that depth costs no recursion and no allocation.
  private struct Nesting {
    private var bits = InlineArray<16, UInt64>(repeating: 0)
    private(set) var depth = 0

    var isObject: Bool { bits[(depth - 1) / 64] >> UInt64((depth - 1) % 64) & 1 == 1 }
    var closing: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    mutating func push(isObject: Bool) -> Bool {
      guard depth < CompactJSON.depthMax else { return false }
      let bit: UInt64 = 1 << UInt64(depth % 64)
      if isObject { bits[depth / 64] |= bit } else { bits[depth / 64] &= ~bit }
      depth += 1
      return true
    }

    mutating func pop() { depth -= 1 }
  }
}
