/// `message.key.columns`: columns that are a table's key instead of its primary key.
/// Source: Debezium 3.6, `Key.CustomKeyMapper`.
public struct MessageKeyColumns {
  /// One entry per column as written, each a list of alternative patterns of `schema.table.column`.
  private let rules: [[JavaPattern]]

  public init(_ rules: [[String]] = []) throws(JavaPattern.Refusal) {
    var compiled: [[JavaPattern]] = []
    for rule in rules { compiled.append(try TableFilter.compile(rule)) }
    self.rules = compiled
  }

  /// The key's columns in its order: that of the rules, and within one that takes several columns, the table's. Empty where
  /// no rule takes a column of the table: then the primary key counts.
  public func key(of table: TableID, columns: [String]) -> [String] {
    var key: [String] = []
    for rule in rules {
      for column in columns where rule.contains(where: { $0.matches("\(table).\(column)") }) {
        // Debezium fails at a column that two rules take.
        if !key.contains(column) { key.append(column) }
      }
    }
    return key
  }
}
