import Primitives

/// How the server sends the values of a type in binary, as far as they are turned here into the text that it would print
/// under `DateStyle = ISO`, `TimeZone = UTC` and `bytea_output = hex`.
/// Source: PostgreSQL source, the `…send` and `…out` functions of `src/backend/utils/adt`.
public enum BinaryForm: Sendable {
  /// The bytes are the text.
  case text
  case bool, int2, int4, int8, numeric, uuid, date, time, timestamp, timestamptz, jsonb, bytea

  /// `nil` for types that are read as text only.
  public init?(_ type: TypeOID) {
    switch type {
    case .text, .varchar, .bpchar, .name, .json: self = .text
    case .bool: self = .bool
    case .int2: self = .int2
    case .int4: self = .int4
    case .int8: self = .int8
    case .numeric: self = .numeric
    case .uuid: self = .uuid
    case .date: self = .date
    case .time: self = .time
    case .timestamp: self = .timestamp
    case .timestamptz: self = .timestamptz
    case .jsonb: self = .jsonb
    case .bytea: self = .bytea
    default: return nil
    }
  }

  /// Throws where the bytes are no value of the type. `offset` is where they stand in the message.
  func write(_ value: RawSpan, at offset: Int, into out: inout ByteWriter) throws(DecodeError) {
    var reader = ByteReader(value)
    do throws(DecodeError) {
      switch self {
      case .text: out.append(value)
      case .bool: out.append(try reader.readByte() == 0 ? UInt8(ascii: "f") : UInt8(ascii: "t"))
      case .int2: out.append(decimal: Int64(try reader.readInteger(as: Int16.self)))
      case .int4: out.append(decimal: Int64(try reader.readInteger(as: Int32.self)))
      case .int8: out.append(decimal: try reader.readInteger(as: Int64.self))
      case .numeric: return try BinaryNumeric.write(value, into: &out)
      case .uuid: return try BinaryForm.writeUUID(value, 0..<value.byteCount, into: &out)
      case .date: BinaryTime.writeDate(try reader.readInteger(), into: &out)
      case .time: try BinaryTime.writeTime(try reader.readInteger(), into: &out)
      case .timestamp: BinaryTime.writeTimestamp(try reader.readInteger(), zone: "", into: &out)
      case .timestamptz: BinaryTime.writeTimestamp(try reader.readInteger(), zone: "+00", into: &out)
      case .jsonb:
        // The format's version.
        let version = try reader.readByte()
        guard version == 1 else { throw .unknownTag(version, at: 0) }
        return out.append(value.extracting(1..<value.byteCount))
      case .bytea:
        out.append("\\x")
        return out.append(hexadecimal: value)
      }
      guard self == .text || reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
    } catch {
      throw error.moved(by: offset)
    }
  }

  static func writeUUID(
    _ bytes: RawSpan, _ place: Range<Int>, into out: inout ByteWriter
  ) throws(DecodeError) {
    guard place.count == 16 else { throw .invalidLength(place.count, at: place.lowerBound) }
    precondition(place.lowerBound >= 0 && place.upperBound <= bytes.byteCount)
    let high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place.lowerBound, as: UInt64.self).bigEndian
    let low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place.lowerBound + 8, as: UInt64.self).bigEndian
    let second = hexadecimalDigits(UInt32(truncatingIfNeeded: high))
    let third = hexadecimalDigits(UInt32(truncatingIfNeeded: low >> 32))
    let dash = UInt64(UInt8(ascii: "-"))
    // `00000000` `-0000-00` `00-0000-` `0000` `00000000`
    out.append(word: hexadecimalDigits(UInt32(truncatingIfNeeded: high >> 32)), count: 8)
    out.append(word: dash | (second & 0xFFFF_FFFF) << 8 | dash << 40 | (second >> 32) << 48, count: 8)
    out.append(word: second >> 48 | dash << 16 | (third & 0xFFFF_FFFF) << 24 | dash << 56, count: 8)
    out.append(word: third >> 32, count: 4)
    out.append(word: hexadecimalDigits(UInt32(truncatingIfNeeded: low)), count: 8)
  }
}
