import PgOutput
import Primitives

/// Builds the bytes that PostgreSQL sends, message by message. Layouts follow the manual, "Logical Replication Message
/// Formats", and are written apart from the decoder, so that one does not repeat the other's mistakes.
public struct WireBuilder: Sendable {
  public enum Value: Sendable {
    case null
    case unchanged
    case text(String)
    case bytes([UInt8])
    case binary([UInt8])
  }

  public private(set) var bytes: [UInt8] = []

  public init() {}

  public static func begin(commitLSN: UInt64, microseconds: Int64 = 0, xid: UInt32 = 7) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("B")
    wire.integer(commitLSN)
    wire.integer(microseconds)
    wire.integer(xid)
    return wire.bytes
  }

  public static func commit(commitLSN: UInt64, endLSN: UInt64, microseconds: Int64 = 0) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("C")
    wire.integer(UInt8(0))
    wire.integer(commitLSN)
    wire.integer(endLSN)
    wire.integer(microseconds)
    return wire.bytes
  }

  public static func origin(commitLSN: UInt64, name: String) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("O")
    wire.integer(commitLSN)
    wire.text(name)
    return wire.bytes
  }

  /// Columns as name, type OID, type modifier, and whether they belong to the replica identity.
  public static func relation(
    _ oid: UInt32, schema: String = "public", name: String, identity: Character = "d",
    columns: [(name: String, type: UInt32, modifier: Int32, isKey: Bool)]
  ) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("R")
    wire.integer(oid)
    wire.text(schema)
    wire.text(name)
    wire.tag(identity)
    wire.integer(Int16(columns.count))
    for column in columns {
      wire.integer(UInt8(column.isKey ? 1 : 0))
      wire.text(column.name)
      wire.integer(column.type)
      wire.integer(column.modifier)
    }
    return wire.bytes
  }

  public static func type(_ oid: UInt32, schema: String, name: String) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("Y")
    wire.integer(oid)
    wire.text(schema)
    wire.text(name)
    return wire.bytes
  }

  public static func insert(_ relation: UInt32, _ values: [Value]) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("I")
    wire.integer(relation)
    wire.tag("N")
    wire.tuple(values)
    return wire.bytes
  }

  /// `old` with its tag: `K` for key columns only, `O` for the whole row.
  public static func update(_ relation: UInt32, old: (tag: Character, values: [Value])? = nil, _ new: [Value])
    -> [UInt8]
  {
    var wire = WireBuilder()
    wire.tag("U")
    wire.integer(relation)
    if let old {
      wire.tag(old.tag)
      wire.tuple(old.values)
    }
    wire.tag("N")
    wire.tuple(new)
    return wire.bytes
  }

  public static func delete(_ relation: UInt32, tag: Character = "K", _ old: [Value]) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("D")
    wire.integer(relation)
    wire.tag(tag)
    wire.tuple(old)
    return wire.bytes
  }

  public static func truncate(_ relations: [UInt32], options: UInt8 = 0) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("T")
    wire.integer(Int32(relations.count))
    wire.integer(options)
    for relation in relations { wire.integer(relation) }
    return wire.bytes
  }

  public static func message(
    isTransactional: Bool, lsn: UInt64, prefix: String, content: [UInt8]
  ) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("M")
    wire.integer(UInt8(isTransactional ? 1 : 0))
    wire.integer(lsn)
    wire.text(prefix)
    wire.integer(Int32(content.count))
    wire.bytes += content
    return wire.bytes
  }

  public static func streamStart(xid: UInt32, isFirst: Bool) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("S")
    wire.integer(xid)
    wire.integer(UInt8(isFirst ? 1 : 0))
    return wire.bytes
  }

  public static let streamStop = [UInt8(ascii: "E")]

  public static func streamCommit(
    xid: UInt32, commitLSN: UInt64, endLSN: UInt64, microseconds: Int64 = 0
  ) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("c")
    wire.integer(xid)
    wire.integer(UInt8(0))
    wire.integer(commitLSN)
    wire.integer(endLSN)
    wire.integer(microseconds)
    return wire.bytes
  }

  /// `record` is there with `streaming 'parallel'` only.
  public static func streamAbort(
    xid: UInt32, subtransaction: UInt32, record: (lsn: UInt64, microseconds: Int64)? = nil
  ) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("A")
    wire.integer(xid)
    wire.integer(subtransaction)
    if let record {
      wire.integer(record.lsn)
      wire.integer(record.microseconds)
    }
    return wire.bytes
  }

  /// A message as it stands inside a block: with its (sub)transaction's id behind the tag.
  public static func streamed(xid: UInt32, _ message: [UInt8]) -> [UInt8] {
    var wire = WireBuilder()
    wire.bytes = [message[0]]
    wire.integer(xid)
    wire.bytes += message.dropFirst()
    return wire.bytes
  }

  /// A frame around a message.
  public static func xLogData(at lsn: UInt64, _ message: [UInt8], microseconds: Int64 = 0) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("w")
    wire.integer(lsn)
    wire.integer(lsn)
    wire.integer(microseconds)
    wire.bytes += message
    return wire.bytes
  }

  public static func keepalive(walEnd: UInt64, microseconds: Int64 = 0, replyRequested: Bool = false) -> [UInt8] {
    var wire = WireBuilder()
    wire.tag("k")
    wire.integer(walEnd)
    wire.integer(microseconds)
    wire.integer(UInt8(replyRequested ? 1 : 0))
    return wire.bytes
  }

  private mutating func tag(_ character: Character) { bytes.append(character.asciiValue!) }

  private mutating func integer<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
  }

  private mutating func text(_ text: String) {
    bytes += Array(text.utf8)
    bytes.append(0)
  }

  private mutating func tuple(_ values: [Value]) {
    integer(Int16(values.count))
    for value in values {
      switch value {
      case .null: tag("n")
      case .unchanged: tag("u")
      case .text(let text): field("t", Array(text.utf8))
      case .bytes(let bytes): field("t", bytes)
      case .binary(let bytes): field("b", bytes)
      }
    }
  }

  private mutating func field(_ kind: Character, _ content: [UInt8]) {
    tag(kind)
    integer(Int32(content.count))
    bytes += content
  }
}

/// Rows in tests read as the server's texts: `"1"`, `nil`.
extension WireBuilder.Value: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  public init(stringLiteral text: String) { self = .text(text) }
  public init(nilLiteral: ()) { self = .null }
}
