import EventEncoding
import EventRouting
import PgOutput
import PostgresSource
import Primitives

/// One table, one chunk: what it looks like, its highest key, its next rows, all as one moment shows them.
enum ChunkTable {
  enum Outcome {
    case rows(ChunkAnswer.Rows)
    case finished(ChunkAnswer.Finished)
  }

  static func read(
    _ collection: IncrementalContext.Collection, after: [String?]?, maximum: [String?]?, rowsMax: Int,
    on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Outcome {
    // Asked outside, since the transaction's first query would fix what its snapshot shows before the lock is there.
    guard let oid = try oid(of: collection.table, on: connection) else {
      return .finished(.init(.unknownSchema, reason: "there is no such table"))
    }
    let writers = try writers(of: oid, on: connection)
    try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    let outcome = try readInTransaction(
      collection, writers, after: after, maximum: maximum, rowsMax: rowsMax, on: connection)
    try connection.execute("COMMIT")
    return outcome
  }

  private static func readInTransaction(
    _ collection: IncrementalContext.Collection, _ writers: (ofTable: Set<UInt32>, all: Set<UInt32>), after: [String?]?,
    maximum: [String?]?,
    rowsMax: Int, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Outcome {
    let id = collection.table
    // First of all: LOCK takes no snapshot of data, so what the queries behind it see is the table after any alteration
    // that it waited for. A rewritten table looks empty to an older snapshot.
    try connection.execute("LOCK TABLE ONLY \(quoted(id)) IN ACCESS SHARE MODE")
    guard let oid = try oid(of: id, on: connection) else {
      return .finished(.init(.unknownSchema, reason: "there is no such table"))
    }
    var catalog = TableCatalog()
    let table = try SnapshotTable.describe(RelationOID(rawValue: oid), id, &catalog, on: connection)
    let names = table.description.columns.map(\.name)
    guard
      let key = key(of: table.description, surrogateKey: collection.surrogateKey)
    else {
      return .finished(
        .init(.sqlException, reason: "its surrogate key \(collection.surrogateKey ?? "") is no column of it"))
    }
    guard !key.isEmpty else { return .finished(.init(.noPrimaryKey, reason: "it has no primary key")) }
    let query = ChunkQuery(
      table: id, columns: names, key: key, filter: collection.filter,
      isKeyUnique: isUnique(key, of: table.description))
    var highest = maximum
    if highest == nil {
      let answer = try connection.rows(query.maximum)
      guard answer.rowCount > 0 else { return .finished(.init(.empty)) }
      highest = (0..<answer.columnCount).map { answer.text(row: 0, column: $0) }
    }
    guard let highest, highest.count == key.count, after.map({ $0.count == key.count }) ?? true else {
      return .finished(.keyChanged)
    }
    let (sql, parameters) = query.chunk(after: after, maximum: highest, rows: rowsMax)
    let rows = try connection.rows(sql, parameters)
    guard rows.rowCount > 0 else { return .finished(.init(.succeeded)) }
    let end = key.map { column in
      names.firstIndex(of: column.name).flatMap { rows.text(row: rows.rowCount - 1, column: $0) }
    }
    return .rows(
      ChunkAnswer.Rows(
        chunk: WindowRows(relation: table.relation, table: table.description, rows: rows), end: end,
        maximum: highest, shownKeyColumns: collection.surrogateKey == nil ? key.count : 1,
        writers: writers.ofTable, running: writers.all))
  }

  /// Transactions that have an id and hold their locks, and of them those that have written to the table or a partition of it:
  /// some go on, and some have committed and are not yet visible, since locks are let go last. Those that begin to write later
  /// commit behind the opening watermark.
  private static func writers(
    of table: UInt32, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> (ofTable: Set<UInt32>, all: Set<UInt32>) {
    let answer = try connection.query(
      """
      SELECT owner.transactionid::text, EXISTS (
        SELECT FROM pg_catalog.pg_locks held
        WHERE held.virtualtransaction = owner.virtualtransaction AND held.locktype = 'relation' AND held.granted
          AND held.mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock')
          AND held.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
          AND (held.relation = $1::oid OR held.relation IN (SELECT relid FROM pg_catalog.pg_partition_tree($1::oid))))::text
      FROM pg_catalog.pg_locks owner
      WHERE owner.locktype = 'transactionid' AND owner.mode = 'ExclusiveLock' AND owner.granted
      """, [String(table)])
    var writers: (ofTable: Set<UInt32>, all: Set<UInt32>) = ([], [])
    for row in answer.rows {
      guard let id = row[0].flatMap({ UInt32($0) }) else { continue }
      writers.all.insert(id)
      if row[1] == "true" { writers.ofTable.insert(id) }
    }
    return writers
  }

  private static func quoted(_ id: TableID) -> String {
    "\(PostgresConnection.quoted(identifier: id.schema)).\(PostgresConnection.quoted(identifier: id.name))"
  }

  private static func oid(
    of id: TableID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> UInt32? {
    try connection.query("SELECT pg_catalog.to_regclass($1)::oid", [quoted(id)]).firstValue.flatMap { UInt32($0) }
  }

  /// A unique index holds any number of rows with a NULL in its key, and a surrogate key of a table that has none of its own
  /// is any column at all.
  static func isUnique(_ key: [ChunkQuery.KeyColumn], of table: TableDescription) -> Bool {
    !table.keyColumns.isEmpty && !key.contains { $0.isNullable && table.keyColumns.contains($0.name) }
  }

  /// What orders the chunks. Rows that share a surrogate key are told apart by the table's own, or those at the edge of a
  /// chunk would be lost. `nil` where the surrogate key is no column.
  static func key(of table: TableDescription, surrogateKey: String?) -> [ChunkQuery.KeyColumn]? {
    var names = table.keyColumns
    if let surrogateKey {
      guard table.columns.contains(where: { $0.name == surrogateKey }) else { return nil }
      names = [surrogateKey] + names.filter { $0 != surrogateKey }
    }
    return names.compactMap { name in
      table.columns.first { $0.name == name }.map { ChunkQuery.KeyColumn(name: name, isNullable: $0.isNullable) }
    }
  }
}
