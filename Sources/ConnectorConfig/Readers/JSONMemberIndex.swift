/// What json-c does not tell: the line of each member, numbers as they were written, and keys that occur twice.
/// Reads text that json-c has found valid; anything else ends the walk early and is reported, never trapped on.
struct JSONMemberIndex {
  struct Member { let line: Int }
  struct Object {
    let line: Int
    var memberCount: Int
  }
  /// How far a walk over the tree has come.
  struct Position {
    var object = 0
    var member = 0
    var number = 0
  }

  /// In the order in which their first byte stands in the text.
  private(set) var members: [Member] = []
  private(set) var objects: [Object] = []
  private(set) var numbers: [String] = []
  private(set) var problem: ConfigError?

  init(of text: ArraySlice<UInt8>, source: ConfigSource) {
    /// An open container: the number of its object, or nil for an array.
    var open: [(object: Int?, keys: Set<[UInt8]>)] = []
    var line = 1
    var expectsKey = false
    var at = text.startIndex
    while at < text.endIndex {
      let byte = text[at]
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        at += 1
      case UInt8(ascii: "{"):
        open.append((objects.count, []))
        objects.append(Object(line: line, memberCount: 0))
        expectsKey = true
        at += 1
      case UInt8(ascii: "["):
        open.append((nil, []))
        expectsKey = false
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        _ = open.popLast()
        expectsKey = false
        at += 1
      case UInt8(ascii: ","):
        expectsKey = open.last?.object != nil
        at += 1
      case UInt8(ascii: "\""):
        let start = at + 1
        at = start
        while at < text.endIndex, text[at] != UInt8(ascii: "\"") {
          if text[at] == UInt8(ascii: "\n") { line += 1 }
          at += text[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        let raw = Array(text[min(start, text.endIndex)..<min(at, text.endIndex)])
        at += 1
        guard expectsKey, let last = open.indices.last, let object = open[last].object else { continue }
        expectsKey = false
        members.append(Member(line: line))
        objects[object].memberCount += 1
        let key = String(decoding: raw, as: UTF8.self)
        if !open[last].keys.insert(raw).inserted {
          problem = problem ?? source.error(line, "the key \"\(key)\" is written twice", "Keep one of them")
        } else if key.contains("\\u0000") {
          problem = problem ?? source.error(line, "the key \"\(key)\" holds a NUL character")
        }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let start = at
        while at < text.endIndex, Self.isNumberByte(text[at]) { at += 1 }
        numbers.append(String(decoding: text[start..<at], as: UTF8.self))
      case UInt8(ascii: "'"):
        // Even when strict, json-c takes them around a key.
        problem = problem ?? source.error(line, "is not valid JSON: texts stand in double quotes")
        return
      case UInt8(ascii: "N"), UInt8(ascii: "I"):
        // json-c takes NaN and Infinity as numbers; JSON has neither.
        problem = problem ?? source.error(line, "is not valid JSON: NaN and Infinity are no JSON numbers")
        return
      default: at += 1
      }
    }
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
