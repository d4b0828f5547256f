/// Takes an input apart: the choices in front, what is decoded behind them. Zero once the bytes are used up.
struct FuzzInput {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  var isAtEnd: Bool { bytes.isEmpty }

  mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

  mutating func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer {
    var value: Integer = 0
    for _ in 0..<Integer.bitWidth / 8 { value = value << 8 | Integer(truncatingIfNeeded: byte()) }
    return value
  }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  mutating func choice<Choices: Collection>(of choices: Choices) -> Choices.Element {
    choices[choices.index(choices.startIndex, offsetBy: Int(byte()) % choices.count)]
  }

  /// All that is left.
  mutating func rest() -> [UInt8] {
    defer { bytes = [] }
    return Array(bytes)
  }

  /// A count of two bytes, then so many bytes, or as many as there are.
  mutating func piece() -> [UInt8] {
    let count = Int(integer(as: UInt16.self))
    defer { bytes = bytes.dropFirst(count) }
    return Array(bytes.prefix(count))
  }

  /// Up to the next NUL, which is not given.
  mutating func text() -> String {
    let text = bytes.prefix { $0 != 0 }
    bytes = bytes.dropFirst(text.count + 1)
    return String(decoding: text, as: UTF8.self)
  }
}
