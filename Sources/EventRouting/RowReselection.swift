/// `post.processors` with Debezium's `ReselectColumnsPostProcessor`: which columns of a change are read again from the
/// table, by the row's key. Source: Debezium 3.6, `io.debezium.processors.reselect.ReselectColumnsPostProcessor`.
public struct RowReselection {
  private let includes: [JavaPattern]
  private let excludes: [JavaPattern]
  /// `reselect.unavailable.values`: unchanged TOAST values.
  public let takesUnavailable: Bool
  /// `reselect.null.values`
  public let takesNulls: Bool
  /// `reselect.use.event.key`: by the record's key and not the table's.
  public let usesEventKey: Bool
  /// `reselect.error.handling.mode=fail`
  public let failsOnError: Bool

  /// Lists are of patterns of `schema.table:column`; the first one counts if both are set.
  public init(
    includeList: [String] = [], excludeList: [String] = [], takesUnavailable: Bool = true, takesNulls: Bool = true,
    usesEventKey: Bool = false, failsOnError: Bool = false
  ) throws(JavaPattern.Refusal) {
    includes = try TableFilter.compile(includeList)
    excludes = try TableFilter.compile(excludeList)
    self.takesUnavailable = takesUnavailable
    self.takesNulls = takesNulls
    self.usesEventKey = usesEventKey
    self.failsOnError = failsOnError
  }

  public func includes(_ column: String, of table: TableID) -> Bool {
    let name = "\(table):\(column)"
    if !includes.isEmpty { return includes.contains { $0.matches(name) } }
    return !excludes.contains { $0.matches(name) }
  }
}
