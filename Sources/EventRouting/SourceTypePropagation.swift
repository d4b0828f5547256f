/// Of which columns the field's schema tells the type in the database: `column.propagate.source.type`, by
/// `schema.table.column`, and `datatype.propagate.source.type`, by `schema.table.type`, whatever their case.
/// Source: Debezium 3.6, `ColumnMappers`.
public struct SourceTypePropagation {
  private let columns: [JavaPattern]
  private let types: [JavaPattern]

  public init(columns: [String] = [], types: [String] = []) throws(JavaPattern.Refusal) {
    self.columns = try TableFilter.compile(columns)
    self.types = try TableFilter.compile(types)
  }

  /// None is chosen, as without the properties.
  public var isEmpty: Bool { columns.isEmpty && types.isEmpty }

  /// - Parameter type: the type's name as the field's schema would tell it, in lower case.
  public func includes(_ column: String, type: String, of table: TableID) -> Bool {
    columns.contains { $0.matches("\(table).\(column)") } || types.contains { $0.matches("\(table).\(type)") }
  }
}
