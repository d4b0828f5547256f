import PgOutput
import Primitives

/// Which subtransactions of an open transaction have so many changes that the server may not tell of their rolling back.
///
/// The server tells of it only where the subtransaction counts as streamed, and that is judged by the changes it has in memory
/// just after streaming them. Where it had brought them to disk before (they came before the position at which the stream
/// began, or the memory was full in the middle of a TOASTed row), it reads them back in batches of 4,096, and after the last
/// batch of several none is left in memory.
/// Source: PostgreSQL source, `src/backend/replication/logical/reorderbuffer.c`, `ReorderBufferTruncateTXN`,
/// `ReorderBufferRestoreChanges`, `max_changes_in_memory`.
///
/// A session gives ids to a subtransaction and to those within it only after its own, so a change of one with a lower id says
/// that all those with higher ids are closed.
struct LargeSubtransactions {
  /// The server's `max_changes_in_memory`.
  static let changesMax = 4_096
  /// What is counted at the same time; a transaction can have any number of small ones.
  static let countedMax = 4_096

  private(set) var ids: [TransactionID] = []
  private var counted: [(id: TransactionID, changes: Int)] = []
  /// The newest that is counted no more; it, or an older one, may come again.
  private var forgotten: TransactionID?

  mutating func addChange(of id: TransactionID) {
    while let last = counted.last, id.precedes(last.id) { counted.removeLast() }
    if counted.last?.id == id {
      counted[counted.count - 1].changes += 1
      if counted[counted.count - 1].changes == LargeSubtransactions.changesMax + 1 { ids.append(id) }
      return
    }
    if let forgotten, !forgotten.precedes(id), ids.last != id { ids.append(id) }
    counted.append((id, 1))
    if counted.count > LargeSubtransactions.countedMax {
      let half = LargeSubtransactions.countedMax / 2
      forgotten = counted[half - 1].id
      counted.removeFirst(half)
    }
  }

  /// The server has told of it: it and those within it are gone.
  mutating func rolledBack(_ id: TransactionID) {
    ids.removeAll { !$0.precedes(id) }
    while let last = counted.last, !last.id.precedes(id) { counted.removeLast() }
  }
}
