import Glibc
import PostgresSource

/// Applies the files of a folder to one database, each once and in order, and tells how the two compare.
///
/// Two runners on one database are safe: a session advisory lock lets one work and the other wait, which then finds
/// nothing to do. The lock goes with the connection, so a killed runner leaves none behind.
public struct MigrationRunner {
  public let directory: MigrationDirectory
  public let settings: ConnectionSettings
  private let progress: (MigrationEvent) -> Void

  /// "Sluice" in ASCII. Advisory locks are a database's own, so one key serves for all.
  static let lockKey = 0x53_6C_75_69_63_65
  /// Between two attempts at the lock.
  private static let lockPollMicroseconds: UInt32 = 200_000

  /// `progress` is called on the thread that calls `up()`.
  public init(
    directory: MigrationDirectory, settings: ConnectionSettings,
    progress: @escaping (MigrationEvent) -> Void = { _ in }
  ) {
    self.directory = directory
    self.settings = settings
    self.progress = progress
  }

  /// Applies every pending file and returns those. Blocks, also while another runner is at work.
  /// Throws before anything is run if files and history disagree; at a failing file those before it stay applied.
  @discardableResult
  public func up() throws(MigrationError) -> [Migration] {
    let connection = try connect()
    try lock(connection)
    do {
      try MigrationHistory.create(on: connection)
    } catch {
      throw .server(error, doing: "cannot create \(MigrationHistory.table)")
    }
    let history = try MigrationHistory.read(on: connection)
    let status = MigrationStatus(files: directory.migrations, history: history)
    guard status.problems.isEmpty else { throw .drift(status.problems) }
    let pending = Set(status.pending.map(\.version))
    let migrations = directory.migrations.filter { pending.contains($0.version) }
    for migration in migrations {
      let milliseconds = try apply(migration, on: connection)
      progress(.applied(file: migration.file, milliseconds: milliseconds))
    }
    let newest = status.entries.last?.version.description ?? "-"
    progress(.finished(applied: migrations.count, version: newest))
    return migrations
  }

  /// Compares without writing and without waiting for a runner at work.
  public func status() throws(MigrationError) -> MigrationStatus {
    let connection = try connect()
    let runner: String?
    do {
      runner = try MigrationRunner.lockHolder(connection)
    } catch {
      throw .server(error, doing: "cannot see whether a migration is running")
    }
    let history = try MigrationHistory.read(on: connection)
    return MigrationStatus(files: directory.migrations, history: history, runner: runner)
  }

  /// Throws `drift` or `pending` unless the database is exactly where the files would bring it.
  public func verify() throws(MigrationError) {
    let status = try status()
    guard status.problems.isEmpty else { throw .drift(status.problems) }
    guard status.pending.isEmpty else { throw .pending(status.pending.map(\.file)) }
  }

  // MARK: - Connection and lock

  private func connect() throws(MigrationError) -> PostgresConnection {
    do {
      let connection = try PostgresConnection(settings)
      try MigrationRunner.resetSession(connection)
      return connection
    } catch {
      throw .server(error, doing: "cannot connect to \(settings)")
    }
  }

  /// Undoes what a file may have set for the session (role, search_path, …), so that the next one starts as if alone.
  /// The splitter reads strings as `standard_conforming_strings` makes the server read them.
  private static func resetSession(_ connection: borrowing PostgresConnection) throws(PostgresError) {
    try connection.execute("RESET SESSION AUTHORIZATION; RESET ALL; SET standard_conforming_strings = on")
  }

  /// Polls: a session that waited inside `pg_advisory_lock` would hold a snapshot, for whose end a `CREATE INDEX
  /// CONCURRENTLY` of the runner at work would wait, while it waited for that runner's lock.
  private func lock(_ connection: borrowing PostgresConnection) throws(MigrationError) {
    do {
      var hasTold = false
      while try connection.query("SELECT pg_try_advisory_lock(\(MigrationRunner.lockKey))").firstValue != "t" {
        if !hasTold {
          progress(.waiting(holder: try MigrationRunner.lockHolder(connection) ?? "its runner has just ended"))
          hasTold = true
        }
        usleep(MigrationRunner.lockPollMicroseconds)
      }
    } catch {
      throw .server(error, doing: "cannot take the migration lock")
    }
  }

  private static func lockHolder(_ connection: borrowing PostgresConnection) throws(PostgresError) -> String? {
    // For a key of 64 bits, classid holds the upper half, objid the lower, and objsubid is 1 (manual, "pg_locks").
    try connection.query(
      """
      SELECT format('server process %s, %s%s, since %s UTC', l.pid, coalesce(a.usename, 'unknown role'),
        ' from ' || host(a.client_addr), to_char(a.backend_start AT TIME ZONE 'UTC', 'HH24:MI:SS'))
      FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.classid = \(lockKey >> 32) AND l.objid = \(lockKey & 0xFFFF_FFFF)
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """
    ).firstValue
  }

  // MARK: - Applying

  /// Returns the time it took, in milliseconds.
  private func apply(
    _ migration: Migration, on connection: borrowing PostgresConnection
  ) throws(MigrationError) -> Int {
    migration.isTransactional
      ? try applyInTransaction(migration, on: connection)
      : try applyStatementByStatement(migration, on: connection)
  }

  private func applyInTransaction(
    _ migration: Migration, on connection: borrowing PostgresConnection
  ) throws(MigrationError) -> Int {
    let start = ContinuousClock.now
    var statement: SQLStatement?
    var isCommitting = false
    do {
      try connection.execute("BEGIN")
      for next in migration.statements {
        statement = next
        try connection.execute(next.text)
      }
      statement = nil
      try MigrationRunner.resetSession(connection)
      let milliseconds = MigrationRunner.milliseconds(since: start)
      try MigrationHistory.insert(migration, durationMilliseconds: milliseconds, on: connection)
      isCommitting = true
      try connection.execute("COMMIT")
      return milliseconds
    } catch {
      // A COMMIT that fails has rolled back already.
      if connection.isConnected, !isCommitting { try? connection.execute("ROLLBACK") }
      throw .statement(
        file: migration.file, line: statement.map { MigrationRunner.line(of: error, in: $0) }, error,
        isCommitting && error.kind == .connection ? .unknown : .undone)
    }
  }

  private func applyStatementByStatement(
    _ migration: Migration, on connection: borrowing PostgresConnection
  ) throws(MigrationError) -> Int {
    let start = ContinuousClock.now
    var statement: SQLStatement?
    do {
      try MigrationHistory.insert(migration, durationMilliseconds: nil, on: connection)
      for (index, next) in migration.statements.enumerated() {
        statement = next
        try connection.execute(next.text)
        statement = nil
        try MigrationHistory.update(migration, statementsDone: index + 1, durationMilliseconds: nil, on: connection)
      }
      try MigrationRunner.resetSession(connection)
      let milliseconds = MigrationRunner.milliseconds(since: start)
      try MigrationHistory.update(
        migration, statementsDone: migration.statements.count, durationMilliseconds: milliseconds, on: connection)
      return milliseconds
    } catch {
      throw .statement(
        file: migration.file, line: statement.map { MigrationRunner.line(of: error, in: $0) }, error,
        .partlyDone)
    }
  }

  private static func line(of error: PostgresError, in statement: SQLStatement) -> Int {
    statement.line(atPosition: error.position ?? 1)
  }

  private static func milliseconds(since start: ContinuousClock.Instant) -> Int {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
