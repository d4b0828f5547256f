import EventEncoding

/// `source.snapshot` of each row. The last row of all is only known when no other follows, so a row waits for the next one.
/// Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.setSnapshotMarker` and the receiver that marks the last event.
struct SnapshotMarkers {
  /// The waiting row is the first of its table, and its table is the snapshot's first.
  private var isFirstInTable = true
  private var isFirstTable = true

  /// - Parameter isFirst: the table is the first of the snapshot, with rows or without.
  mutating func beginTable(isFirst: Bool) {
    isFirstInTable = true
    isFirstTable = isFirst
  }

  /// The marker of a row behind which another one of the same table comes, or the table ends.
  mutating func marker(isLastInTable: Bool) -> SnapshotMarker {
    defer { isFirstInTable = false }
    if isFirstInTable, isFirstTable { return .first }
    if isLastInTable { return .lastInDataCollection }
    return isFirstInTable ? .firstInDataCollection : .true
  }
}
