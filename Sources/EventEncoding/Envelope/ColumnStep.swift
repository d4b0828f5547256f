import PgOutput
import Primitives

/// What the row path needs to know of a column, without references, which would be counted up and down for every value.
/// Values that need more than this take the way of `ColumnPlan`.
struct ColumnStep {
  /// How a text becomes JSON.
  enum Form {
    case text
    /// Connect's Decimal as base64; the number is its scale.
    case decimal
    /// The number is that of fraction digits.
    case zonedTimestamp
    case boolean
    case other
  }

  let form: Form
  let tupleIndex: Int32
  let number: Int32
  /// Ranges in the plan's `stepBytes`: `,"name":`, and what stands for null.
  let name: ByteRange
  let null: ByteRange

  /// Half of a `Range<Int>`: sixteen columns are to fit into few cache lines.
  struct ByteRange {
    let start: UInt32
    let end: UInt32
    var range: Range<Int> { Int(start)..<Int(end) }
  }

  init(_ column: ColumnPlan, appendingTo bytes: inout [UInt8]) {
    tupleIndex = Int32(column.tupleIndex)
    name = ColumnStep.append(column.nameJSON, to: &bytes)
    null = ColumnStep.append(column.nullJSON, to: &bytes)
    (form, number) =
      if column.mask != nil {
        (.other, 0)
      } else {
        switch column.codec.form {
        case .text: (.text, 0)
        case .decimal(.precise(let scale)) where column.codec.options.decimalFormat != .numeric:
          (.decimal, Int32(scale))
        case .zonedTimestamp(let digits): (.zonedTimestamp, Int32(digits))
        case .boolean: (.boolean, 0)
        default: (.other, 0)
        }
      }
  }

  private static func append(_ piece: [UInt8], to bytes: inout [UInt8]) -> ByteRange {
    let start = UInt32(bytes.count)
    bytes += piece
    return ByteRange(start: start, end: UInt32(bytes.count))
  }

  /// Writes a value. Returns false, with nothing written, where it takes `ColumnPlan` to write it, or to tell what is
  /// wrong with it.
  @inline(__always)
  func write(_ text: RawSpan, into out: inout ByteWriter) -> Bool {
    switch form {
    case .text:
      JSONText.writeString(text, into: &out)
      return true
    case .decimal: return NumericValue.writeShortBase64(text, scale: Int(number), into: &out)
    case .zonedTimestamp: return TimestampValue.writeUTC(text, fractionDigits: Int(number), into: &out)
    case .boolean:
      guard text.byteCount == 1 else { return false }
      switch text.byte(at: 0) {
      case UInt8(ascii: "t"): out.append("true")
      case UInt8(ascii: "f"): out.append("false")
      default: return false
      }
      return true
    case .other: return false
    }
  }
}
