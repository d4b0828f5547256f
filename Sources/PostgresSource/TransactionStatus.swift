import Primitives

/// How transactions ended, by the server's commit log.
public enum TransactionStatus {
  /// Whether one of these (sub)transactions was rolled back. One that is still in progress was not.
  ///
  /// `txid_status` takes ids of 64 bits, so each is placed at the newest point before the next id to be given out. Source:
  /// PostgreSQL's manual, "Transaction ID and Snapshot Information Functions".
  public static func hasRolledBack(
    anyOf transactions: [TransactionID], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    for start in stride(from: 0, to: transactions.count, by: askedAtOnceMax)
    where try hasRolledBack(transactions[start..<min(start + askedAtOnceMax, transactions.count)], on: connection) {
      return true
    }
    return false
  }

  private static let askedAtOnceMax = 4_096

  private static func hasRolledBack(
    _ transactions: ArraySlice<TransactionID>, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let ids = "{" + transactions.map { String($0.rawValue) }.joined(separator: ",") + "}"
    return try connection.query(
      """
      SELECT count(*) FROM unnest($1::bigint[]) AS t(id), txid_snapshot_xmax(txid_current_snapshot()) AS next
      WHERE pg_catalog.txid_status((next - id) / 4294967296 * 4294967296 + id) = 'aborted'
      """, [ids]
    ).firstValue != "0"
  }
}
