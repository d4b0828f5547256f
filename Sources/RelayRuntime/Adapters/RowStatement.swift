import EventEncoding
import PostgresSource

/// The statement of a `RowLookup`. One snapshot tells both the row and whether the transaction of the change is in it:
/// PostgreSQL streams a commit once it is in the log, which can be a moment before other sessions see it.
struct RowStatement {
  let text: String
  let parameters: [String?]

  init(_ row: RowLookup) {
    let quoted = PostgresConnection.quoted(identifier:)
    let columns = row.columns.map(quoted).joined(separator: ", ")
    let conditions = row.key.enumerated().map { index, column in
      "\(quoted(column.name)) = $\(index + 2)::\(quoted(column.typeSchema)).\(quoted(column.typeName))"
    }
    // Transaction numbers of the stream have 32 bits, those of snapshots 64; the numbers are compared on a circle.
    text = """
      SELECT v.*, r.* FROM (
        SELECT ($1::bigint - pg_catalog.txid_snapshot_xmax(s) % 4294967296 + 4294967296) % 4294967296 >= 2147483648
            AND $1::bigint NOT IN (SELECT x % 4294967296 FROM pg_catalog.txid_snapshot_xip(s) AS x) AS is_visible
        FROM pg_catalog.txid_current_snapshot() AS s) AS v
      LEFT JOIN (
        SELECT true, \(columns)
        FROM \(quoted(row.table.schema)).\(quoted(row.table.name))
        WHERE \(conditions.joined(separator: " AND ")) LIMIT 1) AS r ON true
      """
    parameters =
      [String(row.transaction.rawValue)] + row.key.map { $0.value.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// `nil` while the transaction is not visible.
  func answer(_ rows: [[String?]]) -> RowAnswer? {
    guard let values = rows.first, values.count > 2, values[0] == "t" else { return nil }
    guard values[1] == "t" else { return .missing }
    return .row(values.dropFirst(2).map { $0.map { Array($0.utf8) } })
  }
}
