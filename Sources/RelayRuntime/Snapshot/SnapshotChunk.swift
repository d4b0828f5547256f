/// A part of a table's rows that one connection reads by one statement: the whole table, or a range of its key.
struct SnapshotChunk: Equatable {
  /// Place of the table in the snapshot.
  let table: Int
  let index: Int
  /// Chunks of the table.
  let count: Int
  /// What COPY reads: the table, or a query in parentheses.
  let source: String

  var isFirstOfTable: Bool { index == 0 }
  var isLastOfTable: Bool { index == count - 1 }

  /// The same, where the table stands elsewhere in the snapshot.
  func moved(to table: Int) -> SnapshotChunk {
    SnapshotChunk(table: table, index: index, count: count, source: source)
  }
}
