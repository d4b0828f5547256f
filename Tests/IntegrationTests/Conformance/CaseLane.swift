import EmbeddedServers
import Foundation
import PostgresSource

@testable import Migrations

/// A private PostgreSQL on which cases run one after another: each wants its database under the recorded name, which
/// stands in every record.
final class CaseLane {
  struct Outcome: Sendable {
    let name: String
    let recordsPassed: Int
    /// Empty when the case passed.
    let problems: [String]
  }

  private let postgres: EmbeddedPostgres
  private var broker: CaseBroker?
  private var count = 0

  init() throws {
    var options = EmbeddedPostgres.Options()
    options.settings = ["shared_buffers": "32MB", "autovacuum": "off"]
    if ProcessInfo.processInfo.environment["SLUICE_STREAM_ALL"] == "1" {
      options.settings.merge(try OpenTransactionSettings.streamEverything()) { _, new in new }
    }
    postgres = try EmbeddedPostgres(options)
  }

  func stop() { postgres.stop(.immediate) }

  func run(_ test: ConformanceCase) -> Outcome {
    count += 1
    do {
      let directory = postgres.directory + "/case-\(count)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      let run = try CaseRun(test, postgres: postgres, broker: broker(for: test), directory: directory)
      let outcome = try run.execute()
      // Topics that no case expects have another count of partitions.
      if !outcome.problems.isEmpty { broker = nil }
      return outcome
    } catch {
      broker = nil
      return Outcome(name: test.name, recordsPassed: 0, problems: ["\(error)"])
    }
  }

  /// Ready for the case's topics: the last one, unless they need another count of partitions there.
  private func broker(for test: ConformanceCase) throws -> CaseBroker {
    let topics = Set(try test.expected().map(\.topic))
    if let broker, broker.partitions == test.partitions, (try? broker.begin(topics: topics)) != nil { return broker }
    let new = try CaseBroker(partitions: test.partitions)
    try new.begin(topics: topics)
    broker = new
    return new
  }
}

/// One case on its fresh database.
private struct CaseRun {
  private let test: ConformanceCase
  private let postgres: EmbeddedPostgres
  private let broker: CaseBroker
  private let expected: [RecordedRecord]
  private let database: String
  private let slot: String
  private let publication: String
  private let workerFile: String
  private let connectorFile: String
  private let directory: String

  private static let timeout = Duration.seconds(20)

  init(_ test: ConformanceCase, postgres: EmbeddedPostgres, broker: CaseBroker, directory: String) throws {
    self.test = test
    self.postgres = postgres
    self.broker = broker
    self.directory = directory
    expected = try test.expected().map { record in
      // librdkafka takes a timestamp of 0 for "now"; the relay sends 1 instead (docs/compatibility.md).
      var record = record
      if record.timestamp == 0 { record.timestamp = 1 }
      return record
    }
    let connector = try test.connector(setting: [
      "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
      "database.password": "unused",
    ])
    database = connector.properties["database.dbname"] ?? "postgres"
    slot = connector.properties["slot.name"] ?? "debezium"
    publication = connector.properties["publication.name"] ?? "dbz_publication"
    workerFile = directory + "/worker.properties"
    connectorFile = directory + "/connector.json"
    let worker = "bootstrap.servers=\(broker.bootstrapServers)\noffset.storage.file.filename=\(directory)/offsets\n"
    try worker.write(toFile: workerFile, atomically: false, encoding: .utf8)
    try connector.file.write(to: URL(fileURLWithPath: connectorFile))
  }

  func execute() throws -> CaseLane.Outcome {
    let server = try PostgresConnection(postgres.tcpSettings())
    try makeDatabase(server)
    var problems: [String] = []
    try runScript("setup.sql")
    if test.mode == .preload { try runScript("changes.sql") }
    if test.expectsFailure {
      problems += try phaseThatFails(server)
    } else {
      try phase(changes: test.mode == .preload ? nil : "changes.sql", server)
    }
    if test.mode == .restart {
      try runScript("changes2.sql")
      try phase(changes: nil, server)
    }
    let actual = try broker.records()
    let result = test.comparison().compare(expected: expected, actual: actual)
    problems += result.differences.map(\.description)
    problems += try broker.otherTopics().sorted().map { "topic \($0) was created" }
    return CaseLane.Outcome(name: test.name, recordsPassed: result.passed, problems: problems)
  }

  // MARK: Database

  /// No slot is left of an earlier case, whatever became of it.
  private func makeDatabase(_ server: borrowing PostgresConnection) throws {
    try server.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
    try waitUntil("the slots of the last case are free", within: Self.timeout) {
      try server.query("SELECT 1 FROM pg_replication_slots WHERE active").rows.isEmpty
    }
    try server.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    // They belong to the cluster, and keep the relay from taking open transactions.
    try server.execute("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin")
    let name = PostgresConnection.quoted(identifier: database)
    try server.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    try server.execute("CREATE DATABASE \(name)")
  }

  /// Statement by statement, as psql does, so that each is a transaction of its own unless the script says BEGIN.
  private func runScript(_ file: String) throws {
    let connection = try PostgresConnection(postgres.tcpSettings(database: database))
    for statement in try SQLStatementSplitter.split(test.text(file)) {
      do {
        try connection.execute(statement.text)
      } catch {
        throw ProcessFailure("\(file):\(statement.line): \(error)")
      }
    }
  }

  private func streams(_ server: borrowing PostgresConnection) throws -> Bool {
    try !server.query(
      """
      SELECT 1 FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
      WHERE s.slot_name = $1 AND r.state IN ('streaming', 'catchup')
      """, [slot]
    ).rows.isEmpty
  }

  // MARK: Relay

  private func start() throws -> RelayProcess {
    try RelayProcess(["run", workerFile, connectorFile], directory: directory)
  }

  /// Starts the relay, runs the changes while it streams, and stops it once it has confirmed all of them.
  private func phase(changes: String?, _ server: borrowing PostgresConnection) throws {
    let relay = try start()
    defer { relay.kill() }
    try waitUntil("slot \(slot) streams\n\(relay.output)", within: Self.timeout) {
      try check(relay, before: "slot \(slot) streamed")
      return try streams(server)
    }
    if let changes { try runScript(changes) }
    // A commit elsewhere, so that what a rolled-back transaction wrote is flushed as well.
    try server.execute("COMMENT ON DATABASE postgres IS 'all changes are before this'")
    let end = try server.query("SELECT pg_current_wal_flush_lsn()").firstValue
    try waitUntil("\(end ?? "") is confirmed\n\(relay.output)", within: Self.timeout) {
      try check(relay, before: "\(end ?? "") was confirmed")
      return try server.query(
        "SELECT confirmed_flush_lsn >= $2::pg_lsn FROM pg_replication_slots WHERE slot_name = $1", [slot, end]
      ).firstValue == "t"
    }
    try relay.stop()
  }

  private func check(_ relay: RelayProcess, before what: String) throws {
    guard let status = relay.poll() else { return }
    throw ProcessFailure("the relay ended with status \(status) before \(what)\n\(relay.output)")
  }

  /// A case on which Debezium's task fails: the relay must end by itself, say where, and not confirm what it did not
  /// deliver.
  private func phaseThatFails(_ server: borrowing PostgresConnection) throws -> [String] {
    let relay = try start()
    defer { relay.kill() }
    try waitUntil("slot \(slot) streams\n\(relay.output)", within: Self.timeout) {
      try relay.poll() != nil || streams(server)
    }
    let isConfigurationFault = relay.poll() != nil
    try runScript("changes.sql")
    guard let status = relay.wait(Self.timeout) else { return ["the relay did not fail\n\(relay.output)"] }
    var problems: [String] = []
    if status == 0 { problems.append("the relay ended with status 0") }
    // What is refused as configuration has neither table nor position.
    if isConfigurationFault {
      if !relay.output.contains("transforms.") { problems.append("no property is named:\n\(relay.output)") }
      return problems
    }
    let report = relay.output.split(separator: "\n").last { $0.contains("FAILED:") } ?? ""
    guard let failed = report.firstMatch(of: /LSN (?<lsn>[0-9A-F]+\/[0-9A-F]+)/).map({ String($0.output.lsn) }) else {
      return problems + ["no LSN is named:\n\(relay.output)"]
    }
    if report.firstMatch(of: /table \w+\.\w+|\(logical message\)/) == nil {
      problems.append("no table is named:\n\(relay.output)")
    }
    // The slot must give the failed transaction again.
    let again = try PostgresConnection(postgres.tcpSettings(database: database)).query(
      """
      SELECT 1 FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2, 'messages', 'true')
      WHERE lsn = $3::pg_lsn
      """, [slot, publication, failed])
    if again.rows.isEmpty { problems.append("what failed at \(failed) is confirmed") }
    return problems
  }
}
