import Primitives

/// A table's shape, sent before its first change and after each change of shape: tag `R`, OID, schema (empty for
/// pg_catalog), name, replica identity, column count, then per column flags, name, type OID, type modifier.
/// Source: PostgreSQL manual, "Logical Replication Message Formats", Relation.
public struct Relation: Equatable, Sendable {
  /// `pg_class.relreplident`: which old values an update or delete carries.
  public enum ReplicaIdentity: UInt8, Sendable {
    case `default` = 0x64
    case nothing = 0x6E
    case full = 0x66
    case index = 0x69
  }

  public struct Column: Hashable, Sendable {
    /// Part of the replica identity (with FULL: every column). Not the same as "part of the primary key".
    public let isKey: Bool
    public let name: String
    public let type: TypeOID
    /// `pg_attribute.atttypmod`; -1 is "none".
    public let typeModifier: Int32

    public init(isKey: Bool, name: String, type: TypeOID, typeModifier: Int32) {
      self.isKey = isKey
      self.name = name
      self.type = type
      self.typeModifier = typeModifier
    }

    /// By the name's bytes: a letter with an accent and the same in two characters are two names to the server.
    public static func == (one: Column, other: Column) -> Bool {
      one.isKey == other.isKey && one.type == other.type && one.typeModifier == other.typeModifier
        && one.name.utf8.elementsEqual(other.name.utf8)
    }
  }

  public let oid: RelationOID
  public let schema: String
  public let name: String
  public let replicaIdentity: ReplicaIdentity
  public let columns: [Column]

  public init(oid: RelationOID, schema: String, name: String, replicaIdentity: ReplicaIdentity, columns: [Column]) {
    self.oid = oid
    self.schema = schema
    self.name = name
    self.replicaIdentity = replicaIdentity
    self.columns = columns
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    oid = RelationOID(rawValue: try reader.readInteger())
    let schema = try reader.readText()
    self.schema = schema.isEmpty ? "pg_catalog" : schema
    name = try reader.readText()
    let identityAt = reader.offset
    let identity = try reader.readByte()
    guard let replicaIdentity = ReplicaIdentity(rawValue: identity) else { throw .unknownTag(identity, at: identityAt) }
    self.replicaIdentity = replicaIdentity
    let countAt = reader.offset
    let count = try reader.readInteger(as: Int16.self)
    guard count >= 0 else { throw .invalidLength(Int(count), at: countAt) }
    var columns: [Column] = []
    for _ in 0..<count {
      let flags = try reader.readByte()
      columns.append(
        Column(
          isKey: flags & 1 != 0, name: try reader.readText(), type: TypeOID(rawValue: try reader.readInteger()),
          typeModifier: try reader.readInteger()))
    }
    self.columns = columns
  }

  /// The message with its tag.
  public func encode(into out: inout ByteWriter) {
    out.append(UInt8(ascii: "R"))
    out.append(bigEndian: oid.rawValue)
    for text in [schema, name] {
      out.append(utf8: text)
      out.append(UInt8(0))
    }
    out.append(replicaIdentity.rawValue)
    out.append(bigEndian: Int16(columns.count))
    for column in columns {
      out.append(UInt8(column.isKey ? 1 : 0))
      out.append(utf8: column.name)
      out.append(UInt8(0))
      out.append(bigEndian: column.type.rawValue)
      out.append(bigEndian: column.typeModifier)
    }
  }
}
