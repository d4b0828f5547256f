import ConnectData
import Primitives

/// `vector` and `halfvec` of pgvector, printed as `[1,2.5]`, and `sparsevec`, printed as `{1:1,3:2.5}/5`.
/// Source: pgvector's README; Debezium 3.6, `Vectors`.
enum VectorValue {
  static let double = ConnectSchema(.array(ConnectSchema(.float64)), name: "io.debezium.data.DoubleVector", version: 1)
  static let float = ConnectSchema(.array(ConnectSchema(.float32)), name: "io.debezium.data.FloatVector", version: 1)
  static let sparse = ConnectSchema(
    .structure([
      ConnectField("dimensions", ConnectSchema(.int16)),
      ConnectField("vector", ConnectSchema(.map(key: ConnectSchema(.int16), value: ConnectSchema(.float64)))),
    ]), name: "io.debezium.data.SparseDoubleVector", version: 1, documentation: "Sparse double vector")

  static func dense(_ text: RawSpan, isDouble: Bool) throws(ConversionError) -> ConnectValue {
    var values: [ConnectValue] = []
    for part in try parts(of: text, from: 0, to: text.byteCount, UInt8(ascii: "["), UInt8(ascii: "]")) {
      let number = text.extracting(part)
      values.append(isDouble ? .float64(try FloatValue.double(number)) : .float32(try FloatValue.float(number)))
    }
    return .array(values)
  }

  /// Numbers of elements and dimensions are 16 bits wide in Debezium; greater ones cannot be converted.
  static func sparse(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    guard let slash = firstIndex(of: UInt8(ascii: "/"), in: text, 0..<text.byteCount) else {
      throw ConversionError(.malformed, at: text.byteCount)
    }
    let dimensions = try int16(text, (slash + 1)..<text.byteCount)
    var elements: [(index: Int16, value: Double)] = []
    for part in try parts(of: text, from: 0, to: slash, UInt8(ascii: "{"), UInt8(ascii: "}")) {
      guard let colon = firstIndex(of: UInt8(ascii: ":"), in: text, part) else {
        throw ConversionError(.malformed, at: part.lowerBound)
      }
      let value = try FloatValue.double(text.extracting((colon + 1)..<part.upperBound))
      elements.append((try int16(text, part.lowerBound..<colon), value))
    }
    let entries = inHashMapOrder(elements).map { ConnectMapEntry(.int16($0.index), .float64($0.value)) }
    return .structure([.int16(dimensions), .map(entries)])
  }

  /// Debezium asks for a Java `HashMap` of as many buckets as there are elements, which doubles when it is more than three
  /// quarters full; within a bucket elements stay in their order.
  private static func inHashMapOrder(
    _ elements: [(index: Int16, value: Double)]
  ) -> [(index: Int16, value: Double)] {
    var buckets = 1
    while buckets < elements.count { buckets *= 2 }
    while elements.count * 4 > buckets * 3 { buckets *= 2 }
    let mask = Int(buckets - 1)
    return elements.enumerated()
      .sorted { (Int($0.element.index) & mask, $0.offset) < (Int($1.element.index) & mask, $1.offset) }
      .map(\.element)
  }

  private static func int16(_ text: RawSpan, _ range: Range<Int>) throws(ConversionError) -> Int16 {
    Int16(try IntegerValue.parse(text.extracting(range), 0...Int64(Int16.max)))
  }

  /// What stands between commas inside the brackets; nothing where the brackets are empty.
  private static func parts(
    of text: RawSpan, from start: Int, to end: Int, _ open: UInt8, _ close: UInt8
  ) throws(ConversionError) -> [Range<Int>] {
    guard end - start >= 2, text.byte(at: start) == open, text.byte(at: end - 1) == close else {
      throw ConversionError(.malformed, at: start)
    }
    var parts: [Range<Int>] = []
    var at = start + 1
    while at < end - 1 {
      let comma = firstIndex(of: UInt8(ascii: ","), in: text, at..<(end - 1)) ?? end - 1
      parts.append(at..<comma)
      at = comma + 1
    }
    return parts
  }

  private static func firstIndex(of byte: UInt8, in text: RawSpan, _ range: Range<Int>) -> Int? {
    for at in range where text.byte(at: at) == byte { return at }
    return nil
  }
}
