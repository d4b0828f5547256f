import EventEncoding
import PgOutput
import Primitives

/// The rows of a snapshot on their way into the loop, one held back: the last of all is marked as such, and that it is the
/// last is only known when no other comes. Source: Debezium 3.6, `BufferingSnapshotChangeRecordReceiver`.
struct SnapshotFeed: ~Copyable {
  private let origin: SnapshotOrigin
  private var held = CopyRow()
  /// The table of the row that is held back.
  private(set) var heldTable: RelationOID?
  private var heldMarker = SnapshotMarker.true

  init(origin: SnapshotOrigin) { self.origin = origin }

  /// Takes the row and leaves another in its place, whose memory can be used again. Returns whether the next may come.
  mutating func give(
    _ table: RelationOID, _ row: inout CopyRow, marker: SnapshotMarker, into loop: inout ProductionLoop,
    _ time: RelayTime
  ) throws(RelayFailure) -> Bool {
    var mayContinue = true
    if let heldTable {
      mayContinue = try loop.takeSnapshotRow(heldTable, held, marker: heldMarker, at: origin, time)
    }
    swap(&held, &row)
    heldTable = table
    heldMarker = marker
    return mayContinue
  }

  /// The row that is held back is the last of all.
  mutating func finish(into loop: inout ProductionLoop, _ time: RelayTime) throws(RelayFailure) {
    guard let heldTable else { return }
    self.heldTable = nil
    _ = try loop.takeSnapshotRow(heldTable, held, marker: .last, at: origin, time)
  }
}
