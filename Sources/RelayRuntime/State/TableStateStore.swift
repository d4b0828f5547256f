import PostgresSource

/// State records in the table `sluice.offsets` of the source database, which shares the database's fate. Used when neither
/// a file nor a topic is set.
public struct TableStateStore: StateStore {
  let settings: ConnectionSettings

  public init(settings: ConnectionSettings) { self.settings = settings }

  public mutating func load(connector: String) throws(StateStoreError) -> StateRecord? {
    try onConnection { (connection) throws(PostgresError) in
      try TableStateStore.ensureTable(on: connection)
      return try connection.query("SELECT state FROM sluice.offsets WHERE connector = $1", [connector]).firstValue
    }.map { (text) throws(StateStoreError) in try StateRecord(json: Array(text.utf8)) }
  }

  public mutating func store(_ record: StateRecord) throws(StateStoreError) {
    let stored = try onConnection { (connection) throws(PostgresError) -> StateRecord? in
      // The record must be safe before the slot moves, whatever the server's default is.
      try connection.execute("SET synchronous_commit = on; BEGIN")
      let stored = try connection.query(
        "SELECT state FROM sluice.offsets WHERE connector = $1 FOR UPDATE", [record.connector]
      ).firstValue.flatMap { try? StateRecord(json: Array($0.utf8)) }
      if let stored, record.isOvertaken(by: stored) { return stored }
      try connection.query(
        """
        INSERT INTO sluice.offsets (connector, state, updated_at) VALUES ($1, $2, now())
        ON CONFLICT (connector) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at
        """, [record.connector, String(decoding: record.json, as: UTF8.self)])
      try connection.execute("COMMIT")
      return nil
    }
    if stored != nil { throw .overtaken(record.connector) }
  }

  /// A connection a call: a record is written about once a second at most, and a lost connection needs no care.
  private func onConnection<T>(
    _ body: (borrowing PostgresConnection) throws(PostgresError) -> T
  ) throws(StateStoreError) -> T {
    do throws(PostgresError) {
      var connection = try PostgresConnection(settings)
      // Nothing is confirmed, and no life of the connector begins, while an earlier write has not ended.
      connection.answerWithinMilliseconds = 30_000
      return try body(connection)
    } catch {
      let policy = ErrorPolicy.sourceError(error)
      throw StateStoreError("table sluice.offsets: \(policy)", isTransient: policy.remedy == .reconnect)
    }
  }

  /// Made by `sluice migrate up`; here for databases that are not migrated by Sluice.
  private static func ensureTable(on connection: borrowing PostgresConnection) throws(PostgresError) {
    let exists = try connection.query("SELECT pg_catalog.to_regclass('sluice.offsets') IS NOT NULL").firstValue
    if exists == "t" { return }
    try connection.execute(
      """
      CREATE SCHEMA IF NOT EXISTS sluice;
      CREATE TABLE IF NOT EXISTS sluice.offsets (
        connector text PRIMARY KEY, state text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())
      """)
  }
}
