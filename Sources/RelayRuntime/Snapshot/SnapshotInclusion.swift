import EventRouting
import PostgresSource
import Primitives

/// `snapshot.include.collection.list`: which captured tables a snapshot reads. A pattern matches the whole of `schema.table`
/// or of `"schema"."table"`, whatever its case. Source: Debezium 3.6, `AbstractSnapshotChangeEventSource.tableNameMatcher`.
struct SnapshotInclusion {
  private let patterns: [JavaPattern]

  init(_ list: [String]) throws(JavaPattern.Refusal) {
    var patterns: [JavaPattern] = []
    for text in list { patterns.append(try JavaPattern(text, ignoringCase: true)) }
    self.patterns = patterns
  }

  /// An empty list takes every table.
  func includes(_ table: TableID) -> Bool {
    if patterns.isEmpty { return true }
    let quoted =
      "\(PostgresConnection.quoted(identifier: table.schema)).\(PostgresConnection.quoted(identifier: table.name))"
    return patterns.contains { $0.matches(table.description) || $0.matches(quoted) }
  }
}
