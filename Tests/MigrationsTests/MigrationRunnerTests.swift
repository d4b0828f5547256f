import Foundation
import PostgresSource
import Synchronization
import Testing

@testable import Migrations

@Suite(.postgres)
struct MigrationRunnerTests {
  private let database: ConnectionSettings

  init() throws { database = try TestServer.current.makeDatabase() }

  private func runner(
    _ folder: MigrationFolder, progress: @escaping (MigrationEvent) -> Void = { _ in }
  ) throws -> MigrationRunner {
    MigrationRunner(directory: try folder.read(), settings: database, progress: progress)
  }

  private func value(_ sql: String) throws -> String? { try PostgresConnection(database).query(sql).firstValue }

  /// The text of what `body` throws.
  private func failure(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return "\(error)"
    }
  }

  // MARK: - Going up

  @Test func aFreshDatabaseGetsEveryFileInOrder() throws {
    let folder = try MigrationFolder([
      "V2__b.sql": "ALTER TABLE t ADD b int; INSERT INTO t VALUES (1, 2);", "V1__a.sql": "CREATE TABLE t (a int)",
      "V10__c.sql": "UPDATE t SET a = 10",
    ])
    var events: [MigrationEvent] = []
    let applied = try runner(folder) { events.append($0) }.up()
    #expect(applied.map(\.file) == ["V1__a.sql", "V2__b.sql", "V10__c.sql"])
    #expect(events.count == 4)
    #expect(events.last == .finished(applied: 3, version: "10"))
    #expect(try value("SELECT a + b FROM t") == "12")
    let history = try value(
      "SELECT string_agg(concat_ws(' ', installed_rank, version, name, file, applied_by, statements_done, success), ',')"
        + " FROM (SELECT * FROM sluice.schema_history ORDER BY installed_rank) h")
    #expect(
      history == "1 1 a V1__a.sql postgres 1 t,2 2 b V2__b.sql postgres 2 t,3 10 c V10__c.sql postgres 1 t")
    #expect(
      try value("SELECT checksum FROM sluice.schema_history WHERE version = '1'")
        == folder.read().migrations.first?.checksum)
  }

  @Test func aSecondRunDoesNothing() throws {
    let folder = try MigrationFolder(["V1__a.sql": "CREATE TABLE t (a int)"])
    try runner(folder).up()
    let before = try value("SELECT h::text FROM sluice.schema_history h")
    var events: [MigrationEvent] = []
    #expect(try runner(folder) { events.append($0) }.up().isEmpty)
    #expect(events == [.finished(applied: 0, version: "1")])
    #expect(try value("SELECT h::text FROM sluice.schema_history h") == before)
  }

  @Test func aLaterFileIsAddedToWhatStands() throws {
    let folder = try MigrationFolder(["V1__a.sql": "CREATE TABLE t (a int)"])
    try runner(folder).up()
    try folder.write("V1.1__b.sql", "INSERT INTO t VALUES (1)")
    #expect(try runner(folder).up().map(\.file) == ["V1.1__b.sql"])
    #expect(try value("SELECT count(*) FROM t") == "1")
  }

  @Test func sessionSettingsOfOneFileDoNotReachTheNext() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "CREATE SCHEMA s; SET search_path = s; SET SESSION AUTHORIZATION pg_monitor",
      "V2__b.sql": "CREATE TABLE t (a int)",
    ])
    try runner(folder).up()
    #expect(try value("SELECT to_regclass('public.t')") == "t")
  }

  // MARK: - Two at once

  @Test func oneOfTwoRunnersWaitsAndThenFindsNothingToDo() async throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "CREATE TABLE t (a int); SELECT pg_sleep(0.5)",
      // Would wait for a runner that waits for the lock inside a statement.
      "V2__b.sql": "-- sluice: no transaction\nCREATE INDEX CONCURRENTLY i ON t (a)",
      "V3__c.sql": "INSERT INTO t VALUES (1)",
    ])
    let directory = try folder.read()
    let database = database
    // Threads, not tasks: a runner blocks, and there may be fewer pool threads than runners.
    let outcomes = Outcomes(expected: 2)
    await withCheckedContinuation { continuation in
      for _ in 0..<2 {
        Thread.detachNewThread {
          var events: [MigrationEvent] = []
          var failure: String?
          do {
            try MigrationRunner(directory: directory, settings: database) { events.append($0) }.up()
          } catch {
            failure = "\(error)"
          }
          if outcomes.add(events: events, failure: failure) { continuation.resume() }
        }
      }
    }
    #expect(outcomes.failures == [])
    let all = outcomes.events
    #expect(all.count { $0.last == .finished(applied: 3, version: "3") } == 1)
    let waited = try #require(all.first { $0.last == .finished(applied: 0, version: "3") })
    guard case .waiting(let holder) = waited.first else {
      Issue.record("the second runner did not wait")
      return
    }
    #expect(holder.contains("postgres"))
    #expect(try value("SELECT count(*) FROM t") == "1")
  }

  // MARK: - Files and history disagree

  @Test func anEditedFileIsRefusedByName() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1", "V2__b.sql": "SELECT 2"])
    try runner(folder).up()
    try folder.write("V1__a.sql", "SELECT 1 ")
    try folder.write("V3__c.sql", "CREATE TABLE never (a int)")
    #expect(failure { try runner(folder).up() }.contains("V1__a.sql was edited after it was applied"))
    #expect(failure { try runner(folder).verify() }.contains("V1__a.sql was edited after it was applied"))
    #expect(try value("SELECT to_regclass('never')") == nil)
  }

  @Test func aMissingFileIsRefusedByName() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1", "V2__b.sql": "SELECT 2"])
    try runner(folder).up()
    try folder.remove("V1__a.sql")
    #expect(failure { try runner(folder).up() }.contains("V1__a.sql was applied, but the file is gone"))
  }

  @Test func aRenamedFileIsRefusedByBothNames() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1"])
    try runner(folder).up()
    try folder.remove("V1__a.sql")
    try folder.write("V1__b.sql", "SELECT 1")
    #expect(failure { try runner(folder).up() }.contains("V1__b.sql was applied as V1__a.sql"))
  }

  @Test func aFileBelowTheNewestAppliedIsRefusedByName() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1", "V3__c.sql": "SELECT 3"])
    try runner(folder).up()
    try folder.write("V2__b.sql", "CREATE TABLE never (a int)")
    let text = failure { try runner(folder).up() }
    #expect(text.contains("V2__b.sql is new, but has a lower version than the newest one applied, V3__c.sql"))
    #expect(try value("SELECT to_regclass('never')") == nil)
  }

  @Test func allProblemsAreToldAtOnce() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1", "V3__c.sql": "SELECT 3"])
    try runner(folder).up()
    try folder.write("V1__a.sql", "SELECT 11")
    try folder.write("V2__b.sql", "SELECT 2")
    try folder.remove("V3__c.sql")
    let text = failure { try runner(folder).up() }
    for file in ["V1__a.sql was edited", "V2__b.sql is new", "V3__c.sql was applied"] { #expect(text.contains(file)) }
  }

  // MARK: - Failing files

  @Test func aFailingFileIsRolledBackWhollyAndTheEarlierOnesStay() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "CREATE TABLE kept (a int)",
      "V2__b.sql": "CREATE TABLE lost (a int);\n\n-- note\nINSERT INTO kept\n  VALUES (1, 'é'), (nothing);\n",
    ])
    let text = failure { try runner(folder).up() }
    #expect(text.hasPrefix("V2__b.sql:5: "))
    #expect(text.contains("SQLSTATE 42"))
    #expect(text.contains("nothing of this file was kept"))
    #expect(try value("SELECT to_regclass('kept')") == "kept")
    #expect(try value("SELECT to_regclass('lost')") == nil)
    #expect(try value("SELECT string_agg(version, ',') FROM sluice.schema_history") == "1")
    // Mended, since it was never applied, it goes through.
    try folder.write("V2__b.sql", "CREATE TABLE lost (a int)")
    #expect(try runner(folder).up().map(\.file) == ["V2__b.sql"])
  }

  @Test func aConstraintCheckedAtCommitRollsBackTheFile() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": """
      CREATE TABLE p (id int PRIMARY KEY);
      CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO c VALUES (1);
      """
    ])
    let text = failure { try runner(folder).up() }
    #expect(text.hasPrefix("V1__a.sql: ") && text.contains("nothing of this file was kept"))
    #expect(try value("SELECT to_regclass('c')") == nil)
    #expect(try value("SELECT count(*) FROM sluice.schema_history") == "0")
  }

  @Test func aLostConnectionLeavesNothingAndIsCalledUnreachable() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "CREATE TABLE t (a int);\nSELECT pg_terminate_backend(pg_backend_pid())"
    ])
    #expect {
      try runner(folder).up()
    } throws: { error in
      (error as? MigrationError)?.isUnreachable == true && "\(error)".hasPrefix("V1__a.sql:2: ")
    }
    #expect(try value("SELECT to_regclass('t')") == nil)
  }

  // MARK: - Without a transaction

  @Test func indexesAreBuiltConcurrentlyOutsideATransaction() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "CREATE TABLE t (a int, b text)",
      "V2__b.sql": """
      -- sluice: no transaction
      CREATE INDEX CONCURRENTLY t_a ON t (a);
      CREATE INDEX CONCURRENTLY t_b ON t ((b || ';'));
      """,
    ])
    try runner(folder).up()
    #expect(try value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid") == "2")
    #expect(
      try value("SELECT statements_done || ' ' || success FROM sluice.schema_history WHERE version = '2'") == "2 true")
  }

  @Test func aFileThatStoppedMidwayIsNamedWithTheWayOn() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)",
      "V2__b.sql": """
      -- sluice: no transaction
      CREATE TABLE done (a int);
      CREATE UNIQUE INDEX CONCURRENTLY t_a
        ON t (a);
      CREATE TABLE later (a int);
      """,
    ])
    let first = failure { try runner(folder).up() }
    #expect(first.hasPrefix("V2__b.sql:3: "))
    #expect(!first.contains("(1)"), "row values are not shown")
    #expect(first.contains("statements before it in this file are done"))
    let next = failure { try runner(folder).up() }
    #expect(next.contains("V2__b.sql stopped midway: the first 1 of its statements done, the one on line 3 failed"))
    #expect(next.contains("DELETE FROM sluice.schema_history WHERE version = '2';"))
    #expect(try runner(folder).status().entries.last?.state == .halfDone)
    #expect(try value("SELECT to_regclass('later')") == nil)

    // What the message says, done.
    let connection = try PostgresConnection(database)
    try connection.execute("DELETE FROM t; DROP TABLE done")
    try connection.execute("DROP INDEX CONCURRENTLY t_a")
    try connection.execute("DELETE FROM sluice.schema_history WHERE version = '2'")
    #expect(try runner(folder).up().map(\.file) == ["V2__b.sql"])
    try runner(folder).verify()
  }

  // MARK: - Status and verify

  @Test func statusShowsEveryStateAndWritesNothing() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1", "V2__b.sql": "SELECT 2", "V4__d.sql": "SELECT 4"])
    #expect(try runner(folder).status().entries.map(\.state) == [.pending, .pending, .pending])
    #expect(try value("SELECT to_regnamespace('sluice')") == nil)
    try runner(folder).up()
    try folder.remove("V1__a.sql")
    try folder.write("V2__b.sql", "SELECT 22")
    try folder.write("V3__c.sql", "SELECT 3")
    try folder.write("V5__a_longer_name.sql", "SELECT 5")
    let status = try runner(folder).status()
    #expect(status.entries.map(\.state) == [.missing, .edited, .outOfOrder, .applied, .pending])
    let lines = status.description.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines[0].hasPrefix("VERSION  NAME           STATE         APPLIED AT "))
    #expect(lines[5].hasPrefix("5        a longer name  pending       -"))
  }

  @Test func verifyFailsWhileAFileIsPendingAndPassesAfter() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1"])
    #expect(failure { try runner(folder).verify() } == "V1__a.sql is not applied: run sluice migrate up")
    try runner(folder).up()
    try runner(folder).verify()
  }

  @Test func statusSeesARunnerAtWork() throws {
    let folder = try MigrationFolder(["V1__a.sql": "SELECT 1"])
    #expect(try runner(folder).status().runner == nil)
    let other = try PostgresConnection(database)
    try other.execute("SELECT pg_advisory_lock(\(MigrationRunner.lockKey))")
    #expect(try runner(folder).status().runner?.hasPrefix("server process ") == true)
    _ = consume other
  }
}

/// What runners on threads of their own left behind.
private final class Outcomes: Sendable {
  private let state = Mutex<(events: [[MigrationEvent]], failures: [String])>(([], []))
  private let expected: Int

  init(expected: Int) { self.expected = expected }

  var events: [[MigrationEvent]] { state.withLock { $0.events } }
  var failures: [String] { state.withLock { $0.failures } }

  /// Returns whether this was the last one.
  func add(events: [MigrationEvent], failure: String?) -> Bool {
    state.withLock { state in
      state.events.append(events)
      if let failure { state.failures.append(failure) }
      return state.events.count == expected
    }
  }
}
