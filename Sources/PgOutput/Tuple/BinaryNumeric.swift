import Primitives

/// `numeric` in binary: digits of base 10,000, the power of the first, sign and the decimal digits to be shown.
/// Source: PostgreSQL source, `numeric.c`, `numeric_send` and `get_str_from_var`.
enum BinaryNumeric {
  private static let base = 10_000
  private static let scaleMax = 0x3FFF

  private enum Sign {
    static let positive: UInt16 = 0
    static let negative: UInt16 = 0x4000
    static let notANumber: UInt16 = 0xC000
    static let positiveInfinity: UInt16 = 0xD000
    static let negativeInfinity: UInt16 = 0xF000
  }

  static func write(_ value: RawSpan, into out: inout ByteWriter) throws(DecodeError) {
    var reader = ByteReader(value)
    let count = Int(try reader.readInteger(as: Int16.self))
    let weight = Int(try reader.readInteger(as: Int16.self))
    let sign = try reader.readInteger(as: UInt16.self)
    let scale = Int(try reader.readInteger(as: UInt16.self))
    switch sign {
    case Sign.positive: break
    case Sign.negative: out.append(UInt8(ascii: "-"))
    case Sign.notANumber: return out.append("NaN")
    case Sign.positiveInfinity: return out.append("Infinity")
    case Sign.negativeInfinity: return out.append("-Infinity")
    default: throw .unknownTag(UInt8(truncatingIfNeeded: sign >> 8), at: 4)
    }
    guard count >= 0, reader.remaining == count * 2 else { throw .invalidLength(count, at: 0) }
    guard scale <= scaleMax else { throw .invalidLength(scale, at: 6) }
    out.append(decimal: UInt64(try digit(0, of: weight >= 0 ? value : RawSpan(), count)))
    if weight > 0 { for place in 1...weight { out.append(fourDigits: try digit(place, of: value, count)) } }
    guard scale > 0 else { return }
    out.append(UInt8(ascii: "."))
    let end = out.count + scale
    var place = weight + 1
    while out.count < end {
      out.append(fourDigits: try digit(place, of: value, count))
      place += 1
    }
    out.truncate(to: end)
  }

  /// Zeros at both ends are not sent.
  private static func digit(_ place: Int, of value: RawSpan, _ count: Int) throws(DecodeError) -> Int {
    guard place >= 0, place < count, value.byteCount > 0 else { return 0 }
    let at = 8 + place * 2
    let digit = Int(value.byte(at: at)) << 8 | Int(value.byte(at: at + 1))
    guard digit < base else { throw .invalidLength(digit, at: at) }
    return digit
  }
}
