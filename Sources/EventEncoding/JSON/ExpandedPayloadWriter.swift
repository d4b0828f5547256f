import ConnectData
import EventRouting
import Primitives

/// Writes expanded outbox payloads as JSON without schemas: the bytes that `PayloadExpansion` and `JSONConverter` give,
/// but for the usual payload straight from text to text.
///
/// Usual is: objects, scalars, and arrays whose elements are alike. Whatever needs a second look (duplicate names,
/// escapes in names, arrays in arrays, objects of one array that differ, a number beyond 64 bits, anything that is not
/// JSON) goes through the tree. One writer serves a thread; after its first payloads it allocates nothing.
public struct ExpandedPayloadWriter: ~Copyable {
  public enum Outcome: Sendable, Equatable {
    case written
    /// Nothing is written in these: see `PayloadExpansion`.
    case unchanged, unchangedWithoutSchema
    case fails(PayloadFailure)
  }

  private static let depthMax = 64
  private static let membersMax = 64
  /// Far below Jackson's own bounds, which the tree knows.
  private static let nameBytesMax = 1000
  private static let numberBytesMax = 400
  private static let stringBytesMax = 1 << 20

  private let nullBehavior: PayloadExpansion.NullBehavior
  private struct Name {
    var range: Range<Int>
    /// Its first eight bytes, or all of them and spaces.
    var head: UInt64
    /// It is ASCII, and written as it stands.
    var isPlain: Bool

    /// One of 64 bits: names that are alike have the same.
    var mark: UInt64 { 1 << (((head &+ UInt64(range.count)) &* 0x9E37_79B9_7F4A_7C15) >> 58) }
  }

  /// Names of the open objects, all of them on one stack, of which the first `nameCount` count.
  private var names: [Name] = []
  private var nameCount = 0
  /// Names and types of the object being written, while it is an element of an array.
  private var shape = ByteWriter()
  private var arraysOfObjects = 0

  public init(nullBehavior: PayloadExpansion.NullBehavior) {
    self.nullBehavior = nullBehavior
    names.reserveCapacity(Self.membersMax)
  }

  public mutating func write(_ payload: RawSpan, into out: inout ByteWriter) -> Outcome {
    let start = out.count
    nameCount = 0
    shape.removeAll()
    arraysOfObjects = 0
    var at = 0
    if payload.byteCount > 0, payload.byte(at: 0) == UInt8(ascii: "{"),
      object(payload, &at, depth: 1, into: &out)
    {
      return .written
    }
    out.truncate(to: start)
    switch PayloadExpansion.expand(payload, nullBehavior: nullBehavior) {
    // No document without being asked for one.
    case .unchanged, .document: return .unchanged
    case .unchangedWithoutSchema: return .unchangedWithoutSchema
    case .fails(let failure): return .fails(failure)
    case .expanded(let schema, let value):
      JSONConverter.write(value, schema, into: &out)
      return .written
    }
  }

  /// What a value turned out to be; also its mark in a shape.
  private enum Kind: UInt8 {
    /// A null or an empty array, which its object leaves out.
    case vanished = 0x30
    case null, boolean, int32, int64, double, text, object, array
  }

  /// At `{`. False sends the whole payload to the tree, as in every function here.
  private mutating func object(_ text: RawSpan, _ at: inout Int, depth: Int, into out: inout ByteWriter) -> Bool {
    guard depth <= Self.depthMax else { return false }
    let firstName = nameCount
    var marks: UInt64 = 0
    at += 1
    out.append(UInt8(ascii: "{"))
    JSONTokens.skipSpace(text, &at)
    if JSONTokens.take(UInt8(ascii: "}"), text, &at) {
      out.append(UInt8(ascii: "}"))
      return true
    }
    var isFirst = true
    while true {
      guard let name = name(text, &at), nameCount - firstName < Self.membersMax else { return false }
      if marks & name.mark != 0, !isNew(name, text, since: firstName) { return false }
      marks |= name.mark
      remember(name)
      let range = name.range
      JSONTokens.skipSpace(text, &at)
      guard JSONTokens.take(UInt8(ascii: ":"), text, &at) else { return false }
      JSONTokens.skipSpace(text, &at)
      let before = out.count
      let shapeBefore = shape.count
      if !isFirst { out.append(UInt8(ascii: ",")) }
      if name.isPlain {
        out.append(text, piece: (range.lowerBound - 1)..<(range.upperBound + 1))
      } else {
        JSONText.writeString(text.extracting(range), into: &out)
      }
      out.append(UInt8(ascii: ":"))
      if arraysOfObjects > 0 {
        // A quote cannot be part of a name here, so names and marks cannot be taken for each other.
        shape.append(UInt8(ascii: "\""))
        shape.append(text.extracting(range))
        shape.append(UInt8(ascii: "\""))
      }
      guard let kind = value(text, &at, depth: depth, into: &out) else { return false }
      if kind == .vanished || kind == .null && nullBehavior == .ignore {
        out.truncate(to: before)
        shape.truncate(to: shapeBefore)
      } else {
        isFirst = false
      }
      JSONTokens.skipSpace(text, &at)
      if JSONTokens.take(UInt8(ascii: "}"), text, &at) {
        out.append(UInt8(ascii: "}"))
        nameCount = firstName
        return true
      }
      guard JSONTokens.take(UInt8(ascii: ","), text, &at) else { return false }
      JSONTokens.skipSpace(text, &at)
    }
  }

  private mutating func array(_ text: RawSpan, _ at: inout Int, depth: Int, into out: inout ByteWriter) -> Kind? {
    at += 1
    JSONTokens.skipSpace(text, &at)
    if JSONTokens.take(UInt8(ascii: "]"), text, &at) { return .vanished }
    out.append(UInt8(ascii: "["))
    if arraysOfObjects > 0 { shape.append(UInt8(ascii: "[")) }
    arraysOfObjects += 1
    var common: Kind?
    let shapeStart = shape.count
    var firstShape = shapeStart..<shapeStart
    while true {
      let before = shape.count
      guard let kind = value(text, &at, depth: depth, into: &out) else { return nil }
      switch kind {
      case .array, .vanished: return nil
      case .null: shape.truncate(to: before)
      default:
        if let common {
          guard common == kind, isSameShape(firstShape, before..<shape.count) else { return nil }
          shape.truncate(to: before)
        } else {
          common = kind
          firstShape = before..<shape.count
        }
      }
      JSONTokens.skipSpace(text, &at)
      if JSONTokens.take(UInt8(ascii: "]"), text, &at) { break }
      guard JSONTokens.take(UInt8(ascii: ","), text, &at) else { return nil }
      JSONTokens.skipSpace(text, &at)
      out.append(UInt8(ascii: ","))
    }
    // Nothing but nulls: what that is depends on the null behaviour, which the tree knows.
    guard common != nil else { return nil }
    arraysOfObjects -= 1
    if arraysOfObjects == 0 {
      shape.truncate(to: shapeStart)
    } else {
      shape.append(UInt8(ascii: "]"))
    }
    out.append(UInt8(ascii: "]"))
    return .array
  }

  private func isSameShape(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
    guard first.count == second.count else { return false }
    let bytes = shape.bytes
    for offset in 0..<first.count
    where bytes.byte(at: first.lowerBound + offset) != bytes.byte(at: second.lowerBound + offset) {
      return false
    }
    return true
  }

  private mutating func value(_ text: RawSpan, _ at: inout Int, depth: Int, into out: inout ByteWriter) -> Kind? {
    guard at < text.byteCount else { return nil }
    var kind: Kind
    switch text.byte(at: at) {
    case UInt8(ascii: "{"):
      if arraysOfObjects > 0 { shape.append(UInt8(ascii: "{")) }
      guard object(text, &at, depth: depth + 1, into: &out) else { return nil }
      kind = .object
    case UInt8(ascii: "["):
      guard depth < Self.depthMax, let result = array(text, &at, depth: depth + 1, into: &out) else { return nil }
      kind = result
    case UInt8(ascii: "\""):
      guard JSONTokens.string(text, &at, bytesMax: Self.stringBytesMax, into: &out) else { return nil }
      kind = .text
    case UInt8(ascii: "t"):
      guard JSONTokens.literal("true", text, &at) else { return nil }
      out.append("true")
      kind = .boolean
    case UInt8(ascii: "f"):
      guard JSONTokens.literal("false", text, &at) else { return nil }
      out.append("false")
      kind = .boolean
    case UInt8(ascii: "n"):
      guard JSONTokens.literal("null", text, &at) else { return nil }
      out.append("null")
      kind = .null
    default:
      guard let number = number(text, &at, into: &out) else { return nil }
      kind = number
    }
    if arraysOfObjects > 0 { shape.append(kind.rawValue) }
    return kind
  }

  private func number(_ text: RawSpan, _ at: inout Int, into out: inout ByteWriter) -> Kind? {
    let start = at
    let isNegative = JSONTokens.take(UInt8(ascii: "-"), text, &at)
    let integerStart = at
    var magnitude: UInt64 = 0
    while at < text.byteCount {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      if digit >= 10 { break }
      // Wraps only beyond 19 digits, which are counted below.
      magnitude = magnitude &* 10 &+ UInt64(digit)
      at += 1
    }
    let integerDigits = at - integerStart
    guard integerDigits > 0 else { return nil }
    if integerDigits > 1, text.byte(at: integerStart) == UInt8(ascii: "0") { return nil }
    guard let hasFraction = JSONTokens.fraction(text, &at), at - start <= Self.numberBytesMax else { return nil }
    if !hasFraction {
      // Eighteen digits fit; of those with nineteen the tree knows which do.
      guard integerDigits <= 18 else { return nil }
      let value = isNegative ? -Int64(magnitude) : Int64(magnitude)
      out.append(decimal: value)
      return Int32(exactly: value) == nil ? .int64 : .int32
    }
    do throws(ConversionError) {
      try FloatValue.writeJSON(text.extracting(start..<at), isDouble: true, into: &out)
    } catch {
      return nil
    }
    return .double
  }

  /// A name without escapes, of at least one byte.
  private func name(_ text: RawSpan, _ at: inout Int) -> Name? {
    guard JSONTokens.take(UInt8(ascii: "\""), text, &at) else { return nil }
    let start = at
    var isPlain = true
    while true {
      at = text.plainEnd(from: at)
      guard at < text.byteCount else { return nil }
      let byte = text.byte(at: at)
      if byte == UInt8(ascii: "\"") { break }
      guard byte >= 0x80 else { return nil }
      isPlain = false
      at += 1
    }
    let range = start..<at
    at += 1
    if range.isEmpty || range.count > Self.nameBytesMax { return nil }
    return Name(range: range, head: text.word(at: start, width: min(8, range.count)), isPlain: isPlain)
  }

  private mutating func remember(_ name: Name) {
    if nameCount == names.count { names.append(name) } else { names[nameCount] = name }
    nameCount += 1
  }

  private func isNew(_ name: Name, _ text: RawSpan, since firstName: Int) -> Bool {
    let count = name.range.count
    for index in firstName..<nameCount {
      let other = names[index]
      guard other.head == name.head, other.range.count == count else { continue }
      var offset = 8
      while offset < count,
        text.byte(at: other.range.lowerBound + offset) == text.byte(at: name.range.lowerBound + offset)
      {
        offset += 1
      }
      if offset >= count { return false }
    }
    return true
  }
}
