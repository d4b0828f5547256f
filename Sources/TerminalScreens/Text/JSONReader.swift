/// Reads one JSON value as RFC 8259 describes it.
struct JSONReader {
  /// Deeper text is not taken for JSON, which bounds the stack.
  static let depthMax = 100

  private let bytes: [UInt8]
  private var at = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func readDocument() -> JSONNode? {
    guard let node = readValue(depth: 0) else { return nil }
    skipSpace()
    return at == bytes.count ? node : nil
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    at += 1
    return true
  }

  private mutating func readValue(depth: Int) -> JSONNode? {
    guard depth <= JSONReader.depthMax else { return nil }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return readObject(depth: depth)
    case UInt8(ascii: "["): return readArray(depth: depth)
    case UInt8(ascii: "\""): return readString().map { .string(raw: $0) }
    case UInt8(ascii: "t"): return readWord("true")
    case UInt8(ascii: "f"): return readWord("false")
    case UInt8(ascii: "n"): return readWord("null")
    default: return readNumber()
    }
  }

  private mutating func readObject(depth: Int) -> JSONNode? {
    at += 1
    var members: [JSONNode.Member] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard let name = readString(), take(UInt8(ascii: ":")), let value = readValue(depth: depth + 1) else {
        return nil
      }
      members.append(JSONNode.Member(rawName: name, value: value))
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}")) ? .object(members) : nil
  }

  private mutating func readArray(depth: Int) -> JSONNode? {
    at += 1
    var elements: [JSONNode] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      guard let value = readValue(depth: depth + 1) else { return nil }
      elements.append(value)
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "]")) ? .array(elements) : nil
  }

  private mutating func readString() -> String? {
    guard next == UInt8(ascii: "\"") else { return nil }
    at += 1
    let start = at
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: bytes[start..<at - 1], as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard readEscape() else { return nil }
      case 0..<0x20: return nil
      default: at += 1
      }
    }
    return nil
  }

  private mutating func readEscape() -> Bool {
    at += 1
    guard let kind = next else { return false }
    at += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return true
    case UInt8(ascii: "u"):
      for _ in 0..<4 {
        guard let digit = next, JSONEscapes.hexValue(digit) != nil else { return false }
        at += 1
      }
      return true
    default: return false
    }
  }

  private mutating func readWord(_ word: StaticString) -> JSONNode? {
    let text = word.description
    guard bytes[at...].starts(with: text.utf8) else { return nil }
    at += text.utf8.count
    return .bare(text)
  }

  private mutating func readNumber() -> JSONNode? {
    let start = at
    if next == UInt8(ascii: "-") { at += 1 }
    if next == UInt8(ascii: "0") { at += 1 } else if readDigits() == 0 { return nil }
    if next == UInt8(ascii: ".") {
      at += 1
      if readDigits() == 0 { return nil }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      at += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
      if readDigits() == 0 { return nil }
    }
    return .bare(String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private mutating func readDigits() -> Int {
    let start = at
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
    return at - start
  }
}
