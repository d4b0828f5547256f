import Primitives

/// Name of a data type that is not built in, sent before the relation that uses it: tag `Y`, OID, schema, name.
/// Source: PostgreSQL manual, "Logical Replication Message Formats", Type.
public struct TypeMessage: Equatable, Sendable {
  public let oid: TypeOID
  public let schema: String
  public let name: String

  public init(oid: TypeOID, schema: String, name: String) {
    self.oid = oid
    self.schema = schema
    self.name = name
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    oid = TypeOID(rawValue: try reader.readInteger())
    schema = try reader.readText()
    name = try reader.readText()
  }
}
