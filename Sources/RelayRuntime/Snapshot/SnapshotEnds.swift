import EventRouting
import PgOutput
import Primitives

/// The tables that a snapshot has read whole, and whether there are some that have not been stored. Pure.
struct SnapshotEnds {
  private(set) var finished: Set<TableID> = []
  /// Those that must be finished before any is stored.
  private var needed: Set<TableID>
  /// Ended since the last time.
  private var ended: Set<RelationOID> = []

  init(needed: Set<TableID> = []) { self.needed = needed }

  mutating func end(_ table: TableID, _ oid: RelationOID) {
    finished.insert(table)
    needed.remove(table)
    ended.insert(oid)
  }

  /// Whether tables have ended that may be stored, and each of their rows is handed over, or about to be.
  /// - Parameter held: the table of the row that waits for the next one.
  func isDue(held: RelationOID?) -> Bool {
    guard hasUnsaved else { return false }
    return held.map { !ended.contains($0) } ?? true
  }

  var hasUnsaved: Bool { mayBeSaved && !ended.isEmpty }

  var mayBeSaved: Bool { needed.isEmpty }

  mutating func saved() { ended = [] }
}
