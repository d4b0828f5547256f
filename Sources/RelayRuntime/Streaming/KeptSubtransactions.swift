import PgOutput
import Primitives

/// The subtransactions of an open transaction of which changes are kept. Of each it has to be asked at the commit whether it was
/// rolled back, for the server may not have told.
///
/// It tells only where the subtransaction counts as streamed, and that is judged by the changes it has in memory just after
/// streaming them. Where it had brought them to disk before (they came before the position at which the stream began, or the
/// memory was full in the middle of a TOASTed row), it reads them back in batches of 4,096, and after the last batch of several
/// none is left in memory. What it counts there cannot be told from what it sends: each chunk of a TOASTed value is one, and so
/// is each row that is not published.
/// Source: PostgreSQL source, `src/backend/replication/logical/reorderbuffer.c`, `ReorderBufferTruncateTXN`,
/// `ReorderBufferRestoreChanges`, `max_changes_in_memory`.
struct KeptSubtransactions {
  /// In their order, each once: four bytes of some hundred that the server keeps for it.
  private(set) var ids: [TransactionID] = []

  mutating func addChange(of id: TransactionID) {
    if ids.last == id { return }
    let place = firstPlace(notPreceding: id)
    if place == ids.count || ids[place] != id { ids.insert(id, at: place) }
  }

  /// The server has told of it: it and those within it, which have ids after its own, are gone.
  mutating func rolledBack(_ id: TransactionID) { ids.removeSubrange(firstPlace(notPreceding: id)...) }

  private func firstPlace(notPreceding id: TransactionID) -> Int {
    var low = 0
    var high = ids.count
    while low < high {
      let middle = (low + high) / 2
      if ids[middle].precedes(id) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
