import ConnectData
import Primitives

/// `geometry` and `geography` of PostGIS, printed as hexadecimal extended well-known binary: the bytes, and the reference
/// system's number where they have one. Source: PostGIS manual, "ST_AsEWKB"; Debezium 3.6, `PostgisGeometry`.
enum SpatialValue {
  private static func described(_ name: String) -> ConnectSchema {
    ConnectSchema(
      .structure([
        ConnectField("wkb", ConnectSchema(.bytes)), ConnectField("srid", ConnectSchema(.int32, isOptional: true)),
      ]),
      name: "io.debezium.data.geometry.\(name)", version: 1, documentation: name)
  }

  static let geometry: ConnectSchema = {
    var schema = described("Geometry")
    // Debezium's is optional, whatever the column is.
    schema.isOptional = true
    return schema
  }()
  static let geography = described("Geography")

  /// An empty collection.
  static let empty = ConnectValue.structure([.bytes([1, 7, 0, 0, 0, 0, 0, 0, 0]), .null])

  /// Set in the geometry's type where the number of the reference system follows.
  private static let hasReferenceSystem: UInt32 = 0x2000_0000

  static func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    let count = text.byteCount
    guard count % 2 == 0, count >= 18 else { throw ConversionError(.malformed, at: count) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count / 2)
    for at in stride(from: 0, to: count, by: 2) {
      guard let high = hexDigitValue(text.byte(at: at)), let low = hexDigitValue(text.byte(at: at + 1)) else {
        throw ConversionError(.malformed, at: at)
      }
      bytes.append(high << 4 | low)
    }
    let isLittleEndian = bytes[0] != 0
    // At least nine bytes: order, type, and what follows it.
    let type = word(bytes, at: 1, isLittleEndian)
    let srid = type & hasReferenceSystem == 0 ? nil : Int32(bitPattern: word(bytes, at: 5, isLittleEndian))
    return .structure([.bytes(bytes), srid.map { .int32($0) } ?? .null])
  }

  private static func word(_ bytes: [UInt8], at start: Int, _ isLittleEndian: Bool) -> UInt32 {
    var word: UInt32 = 0
    for offset in 0..<4 { word = word << 8 | UInt32(bytes[start + (isLittleEndian ? 3 - offset : offset)]) }
    return word
  }
}
