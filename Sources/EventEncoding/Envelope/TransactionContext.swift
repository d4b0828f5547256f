import EventRouting
import PgOutput
import Primitives

/// The transaction that the stream is in, and what `provide.transaction.metadata` counts of it.
struct TransactionContext {
  var id: TransactionID
  var committedAt: PostgresTimestamp
  var commitLSN: LSN
  var origin: Origin?
  /// Records of the transaction so far.
  var totalOrder: Int64 = 0
  /// Per table, in order of first appearance.
  var collections: [(table: TableID, count: Int64)] = []
  /// Logical messages of the transaction so far.
  var messages: Int64 = 0

  /// What END lists them under. Debezium has an entry for each message, with a number behind the name that changes from run
  /// to run.
  static let messagesName = "io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId"

  init(_ begin: Begin) {
    id = begin.transaction
    committedAt = begin.committedAt
    commitLSN = begin.commitLSN
  }

  /// Counts one more event of a table and returns its place among the table's events.
  mutating func count(_ table: TableID) -> Int64 {
    totalOrder += 1
    if let index = collections.firstIndex(where: { $0.table == table }) {
      collections[index].count += 1
      return collections[index].count
    }
    collections.append((table, 1))
    return 1
  }

  /// Events of a table so far.
  func count(of table: TableID) -> Int64 { collections.first { $0.table == table }?.count ?? 0 }

  mutating func countMessage() {
    totalOrder += 1
    messages += 1
  }

  /// Debezium keeps the counts in a `java.util.HashMap`, and END lists them in its order: by bucket of the name's hash.
  var collectionsInJavaOrder: [(table: TableID, count: Int64)] {
    JavaHashOrder.map(collections.map(\.table.description)).map { collections[$0] }
  }
}
