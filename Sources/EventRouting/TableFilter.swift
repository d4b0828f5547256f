/// Which tables a connector captures: `schema.include.list`, `schema.exclude.list`, `table.include.list`,
/// `table.exclude.list`. Patterns must match the whole name, whatever its case, as in Debezium.
public struct TableFilter {
  let schemaIncludes: [JavaPattern]
  let schemaExcludes: [JavaPattern]
  let tableIncludes: [JavaPattern]
  let tableExcludes: [JavaPattern]
  /// `table.ignore.builtin`
  let ignoresBuiltIn: Bool
  /// `signal.data.collection`: captured whatever the lists say, but their rows are no part of a snapshot. Source:
  /// Debezium 3.6, `RelationalTableFilters`, `RelationalSnapshotChangeEventSource`.
  public var signalTables: [TableID] = []

  public init(
    schemaIncludeList: [String] = [], schemaExcludeList: [String] = [], tableIncludeList: [String] = [],
    tableExcludeList: [String] = [], ignoresBuiltIn: Bool = true
  ) throws(JavaPattern.Refusal) {
    schemaIncludes = try TableFilter.compile(schemaIncludeList)
    schemaExcludes = try TableFilter.compile(schemaExcludeList)
    tableIncludes = try TableFilter.compile(tableIncludeList)
    tableExcludes = try TableFilter.compile(tableExcludeList)
    self.ignoresBuiltIn = ignoresBuiltIn
  }

  static func compile(_ list: [String]) throws(JavaPattern.Refusal) -> [JavaPattern] {
    var patterns: [JavaPattern] = []
    for text in list { patterns.append(try JavaPattern(text, ignoringCase: true)) }
    return patterns
  }

  /// Tables or schemas are named; without, everything not excluded is captured.
  public var hasIncludeList: Bool { !schemaIncludes.isEmpty || !tableIncludes.isEmpty }

  /// Where the relay keeps its own position: were it captured, each record of progress would make another.
  public static let stateTable = TableID(schema: "sluice", name: "offsets")

  /// The server's own tables, and one that PostGIS puts among the user's (`table.ignore.builtin`).
  public static func isBuiltIn(_ table: TableID) -> Bool {
    let schema = table.schema
    return schema == "pg_catalog" || schema == "information_schema" || schema == "pg_toast"
      || schema.hasPrefix("pg_temp_") || table.name == "spatial_ref_sys"
  }

  public func includes(_ table: TableID) -> Bool {
    if table == TableFilter.stateTable { return false }
    if ignoresBuiltIn, TableFilter.isBuiltIn(table) { return false }
    if signalTables.contains(table) { return true }
    let name = table.description
    if !schemaIncludes.isEmpty, !schemaIncludes.contains(where: { $0.matches(table.schema) }) { return false }
    if schemaExcludes.contains(where: { $0.matches(table.schema) }) { return false }
    if !tableIncludes.isEmpty { return tableIncludes.contains { $0.matches(name) } }
    return !tableExcludes.contains { $0.matches(name) }
  }

  /// Order in which a snapshot reads tables: by the first pattern of `table.include.list` that takes them, then by schema
  /// and name. Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.addSignalingCollectionAndSort`.
  public func snapshotOrder(_ tables: [TableID]) -> [TableID] {
    let placed = tables.map { table in
      (place: tableIncludes.firstIndex { $0.matches(table.description) } ?? tableIncludes.count, table: table)
    }
    return placed.sorted { ($0.place, $0.table) < ($1.place, $1.table) }.map(\.table)
  }
}
