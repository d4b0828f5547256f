import EventEncoding
import EventRouting
import PostgresSource
import Primitives

/// Which state of the database a snapshot shows.
enum SnapshotView: Sendable, Equatable {
  /// The one that a new slot exports: the database just before the slot's first change.
  case exported(name: String, at: LSN)
  /// One of its own, at the time of its first statement. `isolation` is kept by the connectors that do not stream; before a
  /// stream it must be a single state, or rows would be missed.
  case own(SnapshotPlan.Isolation)

  /// Whether all statements, of all its connections, see the same rows.
  var isOneState: Bool {
    switch self {
    case .exported, .own(.serializable), .own(.repeatableRead): true
    case .own(.readCommitted), .own(.readUncommitted): false
    }
  }

  /// What further connections need to see the same; `nil` where each sees what is committed when it reads.
  struct Shared: Sendable, Equatable {
    let name: String
  }

  /// Opens the view on the first connection. Its rows carry the slot's consistent point, or the log's position now, and a
  /// transaction id of its own, as Debezium's do.
  func open(
    on connection: borrowing PostgresConnection, isShared: Bool
  ) throws(PostgresError) -> (origin: SnapshotOrigin, shared: Shared?) {
    var shared: Shared?
    switch self {
    case .exported(let name, _):
      shared = Shared(name: name)
      try SnapshotView.join(shared, .repeatableRead, on: connection)
    case .own(let isolation):
      try connection.execute("BEGIN ISOLATION LEVEL \(isolation.rawValue)")
    }
    let answer = try connection.query(
      """
      SELECT CASE WHEN pg_catalog.pg_is_in_recovery()
          THEN pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()) ELSE pg_catalog.txid_current() END,
        (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint,
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
          ELSE pg_catalog.pg_current_wal_lsn() END
      """)
    guard let row = answer.rows.first, let transaction = row[0].flatMap({ UInt64($0) }),
      let microseconds = row[1].flatMap({ Int64($0) }), var lsn = row[2].flatMap({ LSN($0) })
    else { throw PostgresError(kind: .unexpectedAnswer, message: "the snapshot's position could not be read") }
    // Behind that: the first statement is what sees the database's state.
    connection.learnSession()
    switch self {
    case .exported(_, let point): lsn = point
    case .own(.serializable), .own(.repeatableRead):
      if isShared, let name = try connection.query("SELECT pg_catalog.pg_export_snapshot()").firstValue {
        shared = Shared(name: name)
      }
    case .own: break
    }
    return (SnapshotOrigin(lsn: lsn, unixMicroseconds: microseconds, transactionID: transaction), shared)
  }

  /// Opens the same view on another connection.
  func join(_ shared: Shared?, on connection: borrowing PostgresConnection) throws(PostgresError) {
    guard case .own(let isolation) = self, shared == nil else {
      return try SnapshotView.join(shared, .repeatableRead, on: connection)
    }
    try SnapshotView.join(nil, isolation, on: connection)
  }

  private static func join(
    _ shared: Shared?, _ isolation: SnapshotPlan.Isolation, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.execute("BEGIN ISOLATION LEVEL \(isolation.rawValue)")
    defer { connection.learnSession() }
    if let shared {
      try connection.execute("SET TRANSACTION SNAPSHOT \(PostgresConnection.quoted(literal: shared.name))")
    }
  }

  /// For a further connection: one that waits behind a statement which itself waits for the first connection's locks would
  /// wait for ever, since the first waits for its rows. The server sees no deadlock in that.
  static func boundLockWaits(on connection: borrowing PostgresConnection) throws(PostgresError) {
    try connection.execute("SET LOCAL lock_timeout = '1min'")
  }

  /// `snapshot.locking.mode=shared`: nobody alters the tables while they are read. Held by the transaction.
  static func lock(
    _ tables: [TableID], timeoutMilliseconds: Int64, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    if tables.isEmpty { return }
    let names = tables.map {
      "\(PostgresConnection.quoted(identifier: $0.schema)).\(PostgresConnection.quoted(identifier: $0.name))"
    }
    try connection.execute("SET LOCAL lock_timeout = \(timeoutMilliseconds)")
    try connection.execute("LOCK TABLE \(names.joined(separator: ", ")) IN ACCESS SHARE MODE")
    try connection.execute("SET LOCAL lock_timeout = 0")
  }
}
