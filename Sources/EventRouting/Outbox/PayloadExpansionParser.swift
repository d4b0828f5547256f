import Primitives

/// Reads the first JSON value of a text, and takes and refuses what Jackson 2.21 does with its defaults.
///
/// Its bounds: 1,000 levels, numbers of 1,000 digits, names of 50,000 and strings of 20,000,000 UTF-16 units. What goes
/// beyond them is no JSON to it, so depth of recursion and memory have bounds as well.
struct PayloadExpansionParser: ~Escapable {
  static let depthMax = 1000
  static let numberDigitsMax = 1000
  static let nameUnitsMax = 50_000
  static let stringUnitsMax = 20_000_000

  private let text: RawSpan
  private let keepsDocuments: Bool
  private var at = 0

  /// - Parameter keepsDocuments: a member of the object at the top that is an object, an array or a number beyond the
  ///   whole numbers of 64 bits stays its own JSON text. Space before the value is taken.
  @_lifetime(copy text)
  init(_ text: RawSpan, keepsDocuments: Bool = false) {
    self.text = text
    self.keepsDocuments = keepsDocuments
  }

  /// The value, if the text begins with `{` or `[`; `nil` for everything that is not expanded.
  @_lifetime(self: copy self)
  mutating func parse() -> PayloadNode? {
    if keepsDocuments { skipSpace() }
    guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: "{") || text.byte(at: at) == UInt8(ascii: "[") else {
      return nil
    }
    return value(depth: 0)
  }

  @_lifetime(self: copy self)
  private mutating func value(depth: Int) -> PayloadNode? {
    guard at < text.byteCount else { return nil }
    if keepsDocuments, depth == 1, mayBeDocument(text.byte(at: at)) { return document() }
    switch text.byte(at: at) {
    case UInt8(ascii: "{"): return object(depth: depth + 1)
    case UInt8(ascii: "["): return array(depth: depth + 1)
    case UInt8(ascii: "\""): return string(unitsMax: Self.stringUnitsMax).map { .text($0) }
    case UInt8(ascii: "t"): return literal("true") ? .boolean(true) : nil
    case UInt8(ascii: "f"): return literal("false") ? .boolean(false) : nil
    case UInt8(ascii: "n"): return literal("null") ? .null : nil
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
    default: return nil
    }
  }

  private func mayBeDocument(_ first: UInt8) -> Bool {
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  @_lifetime(self: copy self)
  private mutating func document() -> PayloadNode? {
    var out = ByteWriter(minimumCapacity: 64)
    guard CompactJSON.writeValue(text, &at, into: &out) else { return nil }
    let bytes = out.copiedBytes
    // What does not read the same when it is written again, such as -0, is kept too.
    if let number = Int64(String(decoding: bytes, as: UTF8.self)), String(number).utf8.elementsEqual(bytes) {
      return Int32(exactly: number).map { .int32($0) } ?? .int64(number)
    }
    return .document(bytes)
  }

  @_lifetime(self: copy self)
  private mutating func object(depth: Int) -> PayloadNode? {
    guard depth <= Self.depthMax else { return nil }
    var object = PayloadObject()
    at += 1
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(object) }
    while true {
      guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: "\"") else { return nil }
      guard let name = string(unitsMax: Self.nameUnitsMax) else { return nil }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { return nil }
      skipSpace()
      guard let value = value(depth: depth) else { return nil }
      object.set(Self.withoutLoneSurrogates(name), value)
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(object) }
      guard take(UInt8(ascii: ",")) else { return nil }
      skipSpace()
    }
  }

  @_lifetime(self: copy self)
  private mutating func array(depth: Int) -> PayloadNode? {
    guard depth <= Self.depthMax else { return nil }
    var elements: [PayloadNode] = []
    at += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      guard let value = value(depth: depth) else { return nil }
      elements.append(value)
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { return nil }
      skipSpace()
    }
  }

  @_lifetime(self: copy self)
  private mutating func number() -> PayloadNode? {
    let start = at
    let isNegative = take(UInt8(ascii: "-"))
    let integerStart = at
    var magnitude: UInt64 = 0
    var fitsMagnitude = true
    while let digit = peekDigit() {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit))
      if overflow || sumOverflow { fitsMagnitude = false }
      magnitude = sum
      at += 1
    }
    var digits = at - integerStart
    guard digits > 0 else { return nil }
    // No zero in front of another digit.
    if digits > 1, text.byte(at: integerStart) == UInt8(ascii: "0") { return nil }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      let count = skipDigits()
      guard count > 0 else { return nil }
      digits += count
    }
    if at < text.byteCount, text.byte(at: at) | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      at += 1
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      let count = skipDigits()
      guard count > 0 else { return nil }
      digits += count
    }
    guard digits <= Self.numberDigitsMax else { return nil }
    if isInteger {
      guard fitsMagnitude, magnitude <= UInt64(Int64.max) + (isNegative ? 1 : 0) else { return .bigInteger }
      let value = isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude)
      return Int32(exactly: value).map { .int32($0) } ?? .int64(value)
    }
    let slice = text.extracting(start..<at)
    let digitsText = unsafe slice.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    return Double(digitsText).map { .double($0) }
  }

  @_lifetime(self: copy self)
  private mutating func string(unitsMax: Int) -> [UInt8]? {
    at += 1
    var bytes: [UInt8] = []
    var units = 0
    while at < text.byteCount {
      let byte = text.byte(at: at)
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return units <= unitsMax ? bytes : nil
      case UInt8(ascii: "\\"):
        guard let unit = escape() else { return nil }
        units += 1
        if unit & 0xFC00 == 0xD800, let low = lowSurrogate() {
          units += 1
          append(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF, to: &bytes)
        } else {
          append(unit, to: &bytes)
        }
      case 0..<0x20: return nil
      default:
        // A character of four bytes is two UTF-16 units; bytes after the first of a character are none.
        if byte & 0xC0 != 0x80 { units += byte >= 0xF0 ? 2 : 1 }
        bytes.append(byte)
        at += 1
      }
      if units > unitsMax { return nil }
    }
    return nil
  }

  /// One escape, as a UTF-16 unit.
  @_lifetime(self: copy self)
  private mutating func escape() -> UInt32? {
    guard at + 1 < text.byteCount else { return nil }
    let byte = text.byte(at: at + 1)
    at += 2
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(byte)
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      guard at + 4 <= text.byteCount else { return nil }
      var unit: UInt32 = 0
      for _ in 0..<4 {
        guard let nibble = hexDigitValue(text.byte(at: at)) else { return nil }
        unit = unit << 4 | UInt32(nibble)
        at += 1
      }
      return unit
    default: return nil
    }
  }

  /// Takes an escaped low surrogate if one follows.
  @_lifetime(self: copy self)
  private mutating func lowSurrogate() -> UInt32? {
    let before = at
    if at + 1 < text.byteCount, text.byte(at: at) == UInt8(ascii: "\\"), text.byte(at: at + 1) == UInt8(ascii: "u"),
      let unit = escape(), unit & 0xFC00 == 0xDC00
    {
      return unit
    }
    // Not one: it is read again, as whatever it is.
    at = before
    return nil
  }

  /// Names become those of schema fields, which are text; a surrogate that stands alone is none.
  private static func withoutLoneSurrogates(_ name: [UInt8]) -> [UInt8] {
    var index = 0
    var result = name
    while index + 2 < result.count {
      if result[index] == 0xED, result[index + 1] >= 0xA0 {
        result.replaceSubrange(index..<(index + 3), with: [0xEF, 0xBF, 0xBD])
      }
      index += 1
    }
    return result
  }

  private func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | scalar >> shift & 0x3F) }
    if scalar < 0x80 {
      bytes.append(UInt8(scalar))
    } else if scalar < 0x800 {
      bytes += [UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6), tail(0)]
    } else if scalar < 0x10000 {
      bytes += [UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12), tail(6), tail(0)]
    } else {
      bytes += [UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18), tail(12), tail(6), tail(0)]
    }
  }

  @_lifetime(self: copy self)
  private mutating func literal(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard at + count <= text.byteCount else { return false }
    for index in 0..<count {
      // `index` is below the word's count.
      if unsafe text.byte(at: at + index) != word.utf8Start[index] { return false }
    }
    at += count
    return true
  }

  @_lifetime(self: copy self)
  private mutating func skipSpace() {
    while at < text.byteCount {
      switch text.byte(at: at) {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): at += 1
      default: return
      }
    }
  }

  @_lifetime(self: copy self)
  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < text.byteCount, text.byte(at: at) == byte else { return false }
    at += 1
    return true
  }

  private func peekDigit() -> UInt8? {
    guard at < text.byteCount else { return nil }
    let digit = text.byte(at: at) &- UInt8(ascii: "0")
    return digit < 10 ? digit : nil
  }

  @_lifetime(self: copy self)
  private mutating func skipDigits() -> Int {
    let start = at
    while peekDigit() != nil { at += 1 }
    return at - start
  }
}
