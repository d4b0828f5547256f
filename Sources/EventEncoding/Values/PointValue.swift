import ConnectData
import Primitives

/// `point`, printed as `(x,y)`: coordinates and the same as well-known binary (little-endian).
enum PointValue {
  static func coordinates(_ text: RawSpan) throws(ConversionError) -> (x: Double, y: Double) {
    let end = text.byteCount
    guard end >= 2, text.byte(at: 0) == UInt8(ascii: "("), text.byte(at: end - 1) == UInt8(ascii: ")") else {
      throw ConversionError(.malformed, at: 0)
    }
    var comma = 1
    while comma < end, text.byte(at: comma) != UInt8(ascii: ",") { comma += 1 }
    guard comma < end - 1 else { throw ConversionError(.malformed, at: comma) }
    return (
      try FloatValue.double(text.extracting(1..<comma)), try FloatValue.double(text.extracting((comma + 1)..<(end - 1)))
    )
  }

  static func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    let (x, y) = try coordinates(text)
    return value(x, y)
  }

  static func value(_ x: Double, _ y: Double) -> ConnectValue {
    .structure([.float64(x), .float64(y), .bytes(wellKnownBinary(x, y)), .null])
  }

  private static func wellKnownBinary(_ x: Double, _ y: Double) -> [UInt8] {
    // Byte order 1 (little-endian), then geometry type 1 (point).
    var bytes: [UInt8] = [1, 1, 0, 0, 0]
    for coordinate in [x, y] {
      // Java writes one pattern for every NaN.
      let pattern = coordinate.isNaN ? 0x7FF8_0000_0000_0000 : coordinate.bitPattern
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: pattern >> shift)) }
    }
    return bytes
  }
}

extension PointValue {
  static let fields: [ConnectField] = [
    ConnectField("x", ConnectSchema(.float64)), ConnectField("y", ConnectSchema(.float64)),
    ConnectField("wkb", ConnectSchema(.bytes, isOptional: true)),
    ConnectField("srid", ConnectSchema(.int32, isOptional: true)),
  ]
}
