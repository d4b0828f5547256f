/// The `reselect.*` options of Debezium's `ReselectColumnsPostProcessor`.
public struct ReselectionOptions: Sendable, Hashable {
  /// Java regular expressions of `schema.table:column`.
  public var includeList: [String] = []
  public var excludeList: [String] = []
  public var takesUnavailable = true
  public var takesNulls = true
  public var usesEventKey = false
  public var failsOnError = false
}
