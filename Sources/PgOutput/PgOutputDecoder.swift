import Primitives

/// Decodes messages of pgoutput, protocol version 1. Pure: bytes in, a message out, or a `DecodeError`; never a trap.
/// Source: PostgreSQL manual, "Logical Replication Message Formats"; `src/backend/replication/logical/proto.c`.
public struct PgOutputDecoder: Sendable {
  /// The row before the change, of the last `update` or `delete` that had one.
  public private(set) var oldTuple = TupleLayout()
  /// The row after the change, of the last `insert` or `update`.
  public private(set) var newTuple = TupleLayout()

  public init() {}

  /// `message` is what follows the XLogData header; tuple offsets are relative to its start.
  public mutating func decode(_ message: RawSpan) throws(DecodeError) -> PgOutputMessage {
    var reader = ByteReader(message)
    let decoded = try decodeMessage(&reader)
    guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
    return decoded
  }

  @_lifetime(reader: copy reader)
  private mutating func decodeMessage(_ reader: inout ByteReader) throws(DecodeError) -> PgOutputMessage {
    switch try reader.readByte() {
    case UInt8(ascii: "I"):
      let relation = RelationOID(rawValue: try reader.readInteger())
      try PgOutputDecoder.expect(UInt8(ascii: "N"), &reader)
      try newTuple.decode(&reader)
      return .insert(relation)
    case UInt8(ascii: "U"):
      return try decodeUpdate(&reader)
    case UInt8(ascii: "D"):
      let relation = RelationOID(rawValue: try reader.readInteger())
      let at = reader.offset
      let tag = try reader.readByte()
      guard let old = PgOutputDecoder.oldTuple(tag) else { throw .unknownTag(tag, at: at) }
      try oldTuple.decode(&reader)
      return .delete(relation, old: old)
    case UInt8(ascii: "B"): return .begin(try Begin(&reader))
    case UInt8(ascii: "C"): return .commit(try Commit(&reader))
    case UInt8(ascii: "R"): return .relation(try Relation(&reader))
    case UInt8(ascii: "Y"): return .type(try TypeMessage(&reader))
    case UInt8(ascii: "O"): return .origin(try Origin(&reader))
    case UInt8(ascii: "T"): return .truncate(try Truncate(&reader))
    case UInt8(ascii: "M"): return .logicalMessage(try LogicalMessage(&reader))
    case let tag: throw .unknownTag(tag, at: 0)
    }
  }

  @_lifetime(reader: copy reader)
  private mutating func decodeUpdate(_ reader: inout ByteReader) throws(DecodeError) -> PgOutputMessage {
    let relation = RelationOID(rawValue: try reader.readInteger())
    let at = reader.offset
    let tag = try reader.readByte()
    if tag == UInt8(ascii: "N") {
      try newTuple.decode(&reader)
      return .update(relation, old: .none)
    }
    guard let old = PgOutputDecoder.oldTuple(tag) else { throw .unknownTag(tag, at: at) }
    try oldTuple.decode(&reader)
    try PgOutputDecoder.expect(UInt8(ascii: "N"), &reader)
    try newTuple.decode(&reader)
    return .update(relation, old: old)
  }

  /// `K`: only the replica identity's columns. `O`: the whole old row (replica identity FULL).
  private static func oldTuple(_ tag: UInt8) -> PgOutputMessage.OldTuple? {
    switch tag {
    case UInt8(ascii: "K"): .key
    case UInt8(ascii: "O"): .full
    default: nil
    }
  }

  @_lifetime(reader: copy reader)
  private static func expect(_ expected: UInt8, _ reader: inout ByteReader) throws(DecodeError) {
    let at = reader.offset
    let tag = try reader.readByte()
    guard tag == expected else { throw .unknownTag(tag, at: at) }
  }
}
