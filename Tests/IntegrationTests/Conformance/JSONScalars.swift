/// A step from a JSON container to what it holds.
enum JSONStep: Hashable {
  case name(String)
  case index(Int)
}

/// One text, number or word inside a JSON text.
struct JSONScalar {
  var path: [JSONStep]
  /// Its bytes in the text, quotes included.
  var range: Range<Int>
}

/// Finds the scalars of a JSON text without changing a byte of it, which no parser that builds values can do.
struct JSONScalars {
  private struct NotJSON: Error {}

  private let bytes: [UInt8]
  private var index = 0
  private var path: [JSONStep] = []
  private var found: [JSONScalar] = []

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Empty when the bytes are not one JSON text.
  static func find(in bytes: [UInt8]) -> [JSONScalar] {
    var scan = JSONScalars(bytes)
    do {
      try scan.value()
      scan.skipSpace()
      return scan.index == bytes.count ? scan.found : []
    } catch {
      return []
    }
  }

  private mutating func value() throws {
    skipSpace()
    let start = index
    switch try peek() {
    case UInt8(ascii: "{"):
      try members()
      return
    case UInt8(ascii: "["):
      try elements()
      return
    case UInt8(ascii: "\""):
      try skipString()
    default:
      // Numbers and words; what they are made of is the comparison's business.
      while index < bytes.count, !Self.endsWord(bytes[index]) { index += 1 }
      if index == start { throw NotJSON() }
    }
    found.append(JSONScalar(path: path, range: start..<index))
  }

  private mutating func members() throws {
    index += 1
    skipSpace()
    if try peek() == UInt8(ascii: "}") {
      index += 1
      return
    }
    while true {
      skipSpace()
      let start = index
      try skipString()
      path.append(.name(String(decoding: bytes[(start + 1)..<(index - 1)], as: UTF8.self)))
      skipSpace()
      try expect(":")
      try value()
      path.removeLast()
      skipSpace()
      if try peek() == UInt8(ascii: "}") {
        index += 1
        return
      }
      try expect(",")
    }
  }

  private mutating func elements() throws {
    index += 1
    skipSpace()
    if try peek() == UInt8(ascii: "]") {
      index += 1
      return
    }
    var position = 0
    while true {
      path.append(.index(position))
      try value()
      path.removeLast()
      skipSpace()
      if try peek() == UInt8(ascii: "]") {
        index += 1
        return
      }
      try expect(",")
      position += 1
    }
  }

  private mutating func skipString() throws {
    try expect("\"")
    while try peek() != UInt8(ascii: "\"") {
      // A backslash and what it escapes.
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    index += 1
  }

  private func peek() throws -> UInt8 {
    guard index < bytes.count else { throw NotJSON() }
    return bytes[index]
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard try peek() == UInt8(ascii: character) else { throw NotJSON() }
    index += 1
  }

  private mutating func skipSpace() {
    while index < bytes.count, bytes[index] == 0x20 || (0x09...0x0D).contains(bytes[index]) { index += 1 }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20
  }
}
