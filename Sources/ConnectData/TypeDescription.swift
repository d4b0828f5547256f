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
  /// Whether `schemaName` is one of `current_schemas(true)`, so that the type can be named without it.
  public var isOnSearchPath: Bool
  public var kind: Kind

  /// The type below all domains.
  public var root: TypeDescription {
    if case .domain(let base, _) = kind { base.root } else { self }
  }

  public init(
    oid: TypeOID, name: String, schemaName: String = "pg_catalog", isOnSearchPath: Bool = true, kind: Kind = .base
  ) {
    self.oid = oid
    self.name = name
    self.schemaName = schemaName
    self.isOnSearchPath = isOnSearchPath
    self.kind = kind
  }
}
