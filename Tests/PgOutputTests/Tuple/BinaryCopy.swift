import PgOutput
import Primitives

/// Rows of a binary copy as the server sends them, and what is made of them.
enum BinaryCopy {
  static func field(_ value: [UInt8]?) -> [UInt8] {
    guard let value else { return bigEndian(Int32(-1)) }
    return bigEndian(Int32(value.count)) + value
  }

  static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
  }

  static func message(_ fields: [UInt8]?...) -> [UInt8] { message(fields) }

  static func message(_ fields: [[UInt8]?]) -> [UInt8] {
    bigEndian(Int16(fields.count)) + fields.flatMap { field($0) }
  }

  static func numeric(_ digits: [Int16], weight: Int16, sign: UInt16 = 0, scale: Int16) -> [UInt8] {
    bigEndian(Int16(digits.count)) + bigEndian(weight) + bigEndian(sign) + bigEndian(scale) + digits.flatMap(bigEndian)
  }

  /// The columns; `nil` for the mark of the end.
  static func row(_ message: [UInt8], _ forms: [BinaryForm]) throws(DecodeError) -> [String?]? {
    var row = CopyRow()
    guard try row.decode(binary: message.span.bytes, forms.span) else { return nil }
    return texts(row.tuple, in: row.bytes.array)
  }
}
