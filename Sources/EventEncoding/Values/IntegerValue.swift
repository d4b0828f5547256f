import ConnectData
import Primitives

/// `smallint`, `integer`, `bigint` and `oid`: PostgreSQL's decimal text is JSON's.
enum IntegerValue {
  static func writeJSON(_ text: RawSpan, _ range: ClosedRange<Int64>, into out: inout ByteWriter)
    throws(ConversionError)
  {
    _ = try parse(text, range)
    out.append(text)
  }

  static func value(_ text: RawSpan, byteCount: Int) throws(ConversionError) -> ConnectValue {
    let value = try parse(text, range(byteCount: byteCount))
    return switch byteCount {
    case 2: .int16(Int16(value))
    case 4: .int32(Int32(value))
    default: .int64(value)
    }
  }

  @inline(__always)
  static func range(byteCount: Int) -> ClosedRange<Int64> {
    switch byteCount {
    case 2: Int64(Int16.min)...Int64(Int16.max)
    case 4: Int64(Int32.min)...Int64(Int32.max)
    default: Int64.min...Int64.max
    }
  }

  static let oidRange: ClosedRange<Int64> = 0...Int64(UInt32.max)

  /// `[-]digits` without superfluous zeros, as PostgreSQL prints integers and JSON demands.
  static func parse(_ text: RawSpan, _ range: ClosedRange<Int64>) throws(ConversionError) -> Int64 {
    let end = text.byteCount
    var at = 0
    var isNegative = false
    if end > 0, text.byte(at: 0) == UInt8(ascii: "-") {
      isNegative = true
      at = 1
    }
    // Nineteen digits hold every Int64, and every one of them fits UInt64.
    guard at < end, end - at <= 19 else { throw ConversionError(.malformed, at: at) }
    if text.byte(at: at) == UInt8(ascii: "0"), end - at > 1 || isNegative { throw ConversionError(.malformed, at: at) }
    var magnitude: UInt64 = 0
    while at < end {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      guard digit < 10 else { throw ConversionError(.malformed, at: at) }
      magnitude = magnitude &* 10 &+ UInt64(digit)
      at &+= 1
    }
    let limit = isNegative ? UInt64(Int64.max) + 1 : UInt64(Int64.max)
    guard magnitude <= limit else { throw ConversionError(.outOfRange, at: 0) }
    let value = isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude)
    guard range.contains(value) else { throw ConversionError(.outOfRange, at: 0) }
    return value
  }
}
