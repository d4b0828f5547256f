import Primitives

/// A column of a captured table, as the catalogue describes it: the input from which schema and encoder are made.
public struct ColumnDescription: Sendable, Equatable {
  public var name: String
  public var type: TypeDescription
  /// `pg_attribute.atttypmod`; -1 where the type has none.
  public var typeModifier: Int32
  /// False for NOT NULL, which every primary-key column is.
  public var isNullable: Bool
  /// `pg_get_expr(adbin, adrelid)`; `nil` without a default.
  public var defaultExpression: String?
  /// `GENERATED ALWAYS AS (…) STORED`; not `GENERATED … AS IDENTITY`.
  public var isGenerated: Bool
  /// `COMMENT ON COLUMN`.
  public var comment: String?

  public init(
    name: String, type: TypeDescription, typeModifier: Int32 = -1, isNullable: Bool = true,
    defaultExpression: String? = nil, isGenerated: Bool = false, comment: String? = nil
  ) {
    self.name = name
    self.type = type
    self.typeModifier = typeModifier
    self.isNullable = isNullable
    self.defaultExpression = defaultExpression
    self.isGenerated = isGenerated
    self.comment = comment
  }

  public var typeOID: TypeOID { type.oid }
}
