import ConnectData
import Primitives

/// `Object.hashCode` of values as Debezium holds them.
enum JavaHashCode {
  /// `nil` where Java's differs from one run to the next: structures, and byte arrays, which bit strings are.
  static func of(_ value: ConnectValue, _ schema: ConnectSchema) -> Int32? {
    if let milliseconds = LogicalDate.milliseconds(value, schema) { return folded(UInt64(bitPattern: milliseconds)) }
    switch value {
    case .null: return 0
    case .boolean(let flag): return flag ? 1231 : 1237
    case .int8(let number): return Int32(number)
    case .int16(let number): return Int32(number)
    case .int32(let number): return number
    case .int64(let number): return folded(UInt64(bitPattern: number))
    case .float32(let number):
      return Int32(bitPattern: number.isNaN ? 0x7fc0_0000 : number.bitPattern)
    case .float64(let number): return folded(number.isNaN ? 0x7ff8_0000_0000_0000 : number.bitPattern)
    case .text(let text): return Int32(bitPattern: JavaHashOrder.hash(text))
    case .bytes(let bytes):
      return isByteArray(schema) ? nil : bytes.reversed().reduce(1) { 31 &* $0 &+ Int32(Int8(bitPattern: $1)) }
    case .decimal(let unscaled, let scale): return 31 &* integer(unscaled) &+ scale
    case .array(let elements):
      guard case .array(let element) = schema.kind else { return nil }
      var hash: Int32 = 1
      for value in elements {
        guard let next = of(value, element) else { return nil }
        hash = 31 &* hash &+ next
      }
      return hash
    case .map(let entries):
      guard case .map(let key, let value) = schema.kind else { return nil }
      var hash: Int32 = 0
      for entry in entries {
        guard let left = of(entry.key, key), let right = of(entry.value, value) else { return nil }
        hash = hash &+ (left ^ right)
      }
      return hash
    case .structure: return nil
    }
  }

  /// Bit strings are a `byte[]`, other bytes a `ByteBuffer`.
  static func isByteArray(_ schema: ConnectSchema) -> Bool { schema.name == "io.debezium.data.Bits" }

  private static func folded(_ bits: UInt64) -> Int32 { Int32(truncatingIfNeeded: bits ^ bits >> 32) }

  /// `BigInteger.hashCode` of a two's complement, big-endian: over words of 32 bits of the magnitude.
  private static func integer(_ unscaled: [UInt8]) -> Int32 {
    let isNegative = (unscaled.first ?? 0) >= 0x80
    var magnitude = unscaled
    if isNegative {
      var carry = true
      for index in magnitude.indices.reversed() {
        magnitude[index] = ~magnitude[index]
        if carry { (magnitude[index], carry) = magnitude[index].addingReportingOverflow(1) }
      }
    }
    var hash: UInt32 = 0
    let padding = (4 - magnitude.count % 4) % 4
    var word: UInt32 = 0
    var isLeading = true
    for (index, byte) in (Array(repeating: 0, count: padding) + magnitude).enumerated() {
      word = word << 8 | UInt32(byte)
      guard index % 4 == 3 else { continue }
      if word != 0 { isLeading = false }
      if !isLeading { hash = hash &* 31 &+ word }
      word = 0
    }
    return Int32(bitPattern: isNegative ? 0 &- hash : hash)
  }
}
