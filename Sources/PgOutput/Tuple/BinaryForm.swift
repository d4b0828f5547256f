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
  func write(
    _ value: RawSpan, at offset: Int, _ time: inout BinaryTime, into out: inout ByteWriter
  ) throws(DecodeError) {
    var reader = ByteReader(value)
    do throws(DecodeError) {
      switch self {
      case .text: return out.append(value)
      case .bool: out.append(try reader.readByte() == 0 ? UInt8(ascii: "f") : UInt8(ascii: "t"))
      case .int2: out.append(decimal: Int64(try reader.readInteger(as: Int16.self)))
      case .int4: out.append(decimal: Int64(try reader.readInteger(as: Int32.self)))
      case .int8: out.append(decimal: try reader.readInteger(as: Int64.self))
      case .numeric: return try BinaryNumeric.write(value, into: &out)
      case .uuid: return try BinaryUUID.write(value, into: &out)
      case .date: time.writeDate(try reader.readInteger(), into: &out)
      case .time: try BinaryTime.writeTime(try reader.readInteger(), into: &out)
      case .timestamp: time.writeTimestamp(try reader.readInteger(), zone: "", into: &out)
      case .timestamptz: time.writeTimestamp(try reader.readInteger(), zone: "+00", into: &out)
      case .jsonb:
        // The format's version.
        let version = try reader.readByte()
        guard version == 1 else { throw .unknownTag(version, at: 0) }
        return out.append(value.extracting(1..<value.byteCount))
      case .bytea:
        out.append("\\x")
        return out.append(hexadecimal: value)
      }
      guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
    } catch {
      throw error.moved(by: offset)
    }
  }
}
