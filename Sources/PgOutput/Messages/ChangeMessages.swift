import Primitives

/// Writes an INSERT: tag `I`, OID, `N`, TupleData. Source: PostgreSQL manual, "Logical Replication Message Formats".
public enum InsertMessage {
  /// - Parameter bytes: what the tuple's ranges are offsets of.
  public static func encode(_ relation: RelationOID, _ tuple: TupleLayout, _ bytes: RawSpan) -> [UInt8] {
    var out = ByteWriter(minimumCapacity: bytes.byteCount + 64)
    out.append(UInt8(ascii: "I"))
    out.append(bigEndian: relation.rawValue)
    out.append(UInt8(ascii: "N"))
    out.append(bigEndian: Int16(tuple.count))
    for column in tuple.columns {
      switch column {
      case .null: out.append(UInt8(ascii: "n"))
      case .unchanged: out.append(UInt8(ascii: "u"))
      case .text(let range): append(UInt8(ascii: "t"), bytes.extracting(range), to: &out)
      case .binary(let range): append(UInt8(ascii: "b"), bytes.extracting(range), to: &out)
      }
    }
    return out.array
  }

  private static func append(_ tag: UInt8, _ value: RawSpan, to out: inout ByteWriter) {
    out.append(tag)
    out.append(bigEndian: Int32(value.byteCount))
    out.append(value)
  }
}

/// Writes a TRUNCATE of one table: tag `T`, count, options, OID. Source: as above, Truncate.
public enum TruncateMessage {
  public static func encode(_ relation: RelationOID) -> [UInt8] {
    var out = ByteWriter()
    out.append(UInt8(ascii: "T"))
    out.append(bigEndian: Int32(1))
    out.append(UInt8(0))
    out.append(bigEndian: relation.rawValue)
    return out.array
  }
}
