import EventEncoding

/// When a row of a snapshot may be sent, and its `source.snapshot`, while several connections read at the same time: the
/// first row of a table comes before its others, the first table's before every other, the last row of a table after its
/// others, and the last table's after all. Pure.
/// Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.emitRecordWithCoordination`, `SnapshotMarkerResolver`.
struct SnapshotSequence {
  /// A table's first row is sent, or its first chunk has none.
  private var hasBegun: [Bool]
  private var chunksLeft: [Int]
  private var tablesLeft: Int
  /// `false`: no row is marked as the snapshot's first or last for its table's place, as when Debezium reads whole tables
  /// in parallel.
  private let marksEnds: Bool

  init(chunksOfTables: [Int], marksEnds: Bool = true) {
    hasBegun = chunksOfTables.map { _ in false }
    chunksLeft = chunksOfTables
    tablesLeft = chunksOfTables.count
    self.marksEnds = marksEnds
  }

  /// The row's marker; `nil` while it must wait for others.
  mutating func send(_ chunk: SnapshotChunk, isFirst: Bool, isLast: Bool) -> SnapshotMarker? {
    let opensTable = isFirst && chunk.isFirstOfTable
    let closesTable = isLast && chunk.isLastOfTable
    if opensTable {
      guard chunk.table == 0 || hasBegun[0] || !marksEnds else { return nil }
    } else {
      guard hasBegun[chunk.table] else { return nil }
    }
    let isLastTable = chunk.table == chunksLeft.count - 1
    if closesTable {
      guard chunksLeft[chunk.table] == 1 else { return nil }
      if isLastTable, marksEnds, tablesLeft > 1 { return nil }
    }
    if opensTable { hasBegun[chunk.table] = true }
    if closesTable, isLastTable, marksEnds { return .last }
    if opensTable, chunk.table == 0, marksEnds { return .first }
    if closesTable { return .lastInDataCollection }
    return opensTable ? .firstInDataCollection : .true
  }

  /// Every row of the chunk is sent, or it had none.
  mutating func end(_ chunk: SnapshotChunk) {
    if chunk.isFirstOfTable { hasBegun[chunk.table] = true }
    chunksLeft[chunk.table] -= 1
    if chunksLeft[chunk.table] == 0 { tablesLeft -= 1 }
  }
}
