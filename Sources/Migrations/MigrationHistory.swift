import PostgresSource

/// The table in which the runner keeps what it applied, in the database that it applied it to.
enum MigrationHistory {
  static let table = "sluice.schema_history"

  /// Makes schema and table where they are missing. Called under the advisory lock, so without `IF NOT EXISTS`, which
  /// would send a notice each time.
  static func create(on connection: borrowing PostgresConnection) throws(PostgresError) {
    if try connection.query("SELECT to_regnamespace('sluice')").firstValue == nil {
      try connection.execute("CREATE SCHEMA sluice")
    }
    if try exists(on: connection) { return }
    try connection.execute(
      """
      BEGIN;
      CREATE TABLE sluice.schema_history (
        installed_rank int PRIMARY KEY,
        version text NOT NULL UNIQUE,
        name text NOT NULL,
        file text NOT NULL,
        checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'),
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        applied_by text NOT NULL DEFAULT session_user,
        duration_ms bigint,
        statements_done int NOT NULL,
        success boolean NOT NULL
      );
      COMMENT ON TABLE sluice.schema_history IS 'Migrations applied by sluice migrate.';
      COMMENT ON COLUMN sluice.schema_history.checksum IS 'SHA-256 of the file.';
      COMMENT ON COLUMN sluice.schema_history.success IS
        'False: a file without a transaction that is under way or stopped after statements_done statements.';
      COMMIT
      """)
  }

  static func exists(on connection: borrowing PostgresConnection) throws(PostgresError) -> Bool {
    try connection.query("SELECT to_regclass('sluice.schema_history')").firstValue != nil
  }

  /// All rows, oldest first; none where there is no table yet.
  static func read(on connection: borrowing PostgresConnection) throws(MigrationError) -> [AppliedMigration] {
    let rows: [[String?]]
    do {
      guard try exists(on: connection) else { return [] }
      rows = try connection.query(
        """
        SELECT installed_rank, version, name, file, checksum,
          to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), applied_by, duration_ms, success,
          statements_done
        FROM sluice.schema_history ORDER BY installed_rank
        """
      ).rows
    } catch {
      throw .server(error, doing: "cannot read \(table)")
    }
    var applied: [AppliedMigration] = []
    for row in rows {
      guard let version = MigrationVersion(row[1] ?? "") else {
        throw .history("holds \"\(row[1] ?? "")\" as a version, which is none of this runner's")
      }
      applied.append(
        AppliedMigration(
          installedRank: Int(row[0] ?? "") ?? 0, version: version, name: row[2] ?? "", file: row[3] ?? "",
          checksum: row[4] ?? "", appliedAt: row[5] ?? "", appliedBy: row[6] ?? "",
          durationMilliseconds: row[7].flatMap { Int($0) }, isSuccessful: row[8] == "t",
          statementsDone: Int(row[9] ?? "") ?? 0))
    }
    return applied
  }

  /// Notes a file: as applied, or, with no duration, as begun.
  static func insert(
    _ migration: Migration, durationMilliseconds: Int?, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    let isDone = durationMilliseconds != nil
    try connection.query(
      """
      INSERT INTO sluice.schema_history
        (installed_rank, version, name, file, checksum, duration_ms, statements_done, success)
      SELECT coalesce(max(installed_rank), 0) + 1, $1, $2, $3, $4, $5::bigint, $6::int, $7::boolean
      FROM sluice.schema_history
      """,
      [
        migration.version.description, migration.name, migration.file, migration.checksum,
        durationMilliseconds.map(String.init), String(isDone ? migration.statements.count : 0), String(isDone),
      ])
  }

  /// Notes how far a begun file has come; with a duration, that it is done.
  static func update(
    _ migration: Migration, statementsDone: Int, durationMilliseconds: Int?,
    on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.query(
      """
      UPDATE sluice.schema_history SET statements_done = $2::int, duration_ms = $3::bigint, success = $4::boolean
      WHERE version = $1
      """,
      [
        migration.version.description, String(statementsDone), durationMilliseconds.map(String.init),
        String(durationMilliseconds != nil),
      ])
  }
}
