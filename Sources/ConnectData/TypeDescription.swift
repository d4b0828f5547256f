import Primitives

/// A data type as the catalogue describes it (`pg_type`, `pg_enum`, `pg_range`), as far as converting values needs it.
public struct TypeDescription: Sendable, Equatable {
  /// What `pg_type.typtype` says, with what belongs to it. An array (`typcategory` `A`, a subscript handler) is a kind
  /// of its own here.
  public indirect enum Kind: Sendable, Equatable {
    case base
    /// Labels in the order of `pg_enum.enumsortorder`.
    case enumeration([String])
    /// The type below, itself perhaps a domain, and the modifier that the domain fixes (-1: none).
    case domain(TypeDescription, modifier: Int32)
    case array(element: TypeDescription)
    case composite
    case range
    case multirange
    /// Not in the catalogue when it was asked, or a pseudo-type.
    case unknown
  }

  public var oid: TypeOID
  /// `pg_type.typname`: `int4`, `timestamptz`, `_text`, `citext`.
  public var name: String
  /// `pg_namespace.nspname` of the type.
  public var schemaName: String
  public var kind: Kind

  public init(oid: TypeOID, name: String, schemaName: String = "pg_catalog", kind: Kind = .base) {
    self.oid = oid
    self.name = name
    self.schemaName = schemaName
    self.kind = kind
  }
}
