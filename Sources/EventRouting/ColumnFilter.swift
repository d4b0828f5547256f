/// Which columns a record holds: `column.include.list` or `column.exclude.list`, as `schema.table.column`, whatever their
/// case. Key columns stay in the key all the same. Source: Debezium manual, PostgreSQL connector, "Connector properties".
public struct ColumnFilter {
  private let includes: [JavaPattern]
  private let excludes: [JavaPattern]

  public init(includeList: [String] = [], excludeList: [String] = []) throws(JavaPattern.Refusal) {
    includes = try TableFilter.compile(includeList)
    excludes = try TableFilter.compile(excludeList)
  }

  public func includes(_ column: String, of table: TableID) -> Bool {
    let name = "\(table).\(column)"
    if !includes.isEmpty { return includes.contains { $0.matches(name) } }
    return !excludes.contains { $0.matches(name) }
  }
}
