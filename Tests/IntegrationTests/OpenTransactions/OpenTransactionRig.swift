import EmbeddedServers
import Foundation
import PostgresSource

/// One log, read by two relays on slots of their own into brokers of their own: one takes open transactions, the other
/// only committed ones.
final class OpenTransactionRig {
  enum Reader: String, CaseIterable {
    case off, parallel
  }

  let postgres: EmbeddedPostgres
  let server: PostgresConnection
  private let directory: String
  private let brokers: [Reader: CaseBroker]
  private var starts = 0

  init() throws {
    var options = EmbeddedPostgres.Options()
    options.settings = try OpenTransactionSettings.streamEverything()
    options.settings.merge(["shared_buffers": "32MB", "autovacuum": "off", "max_prepared_transactions": "10"]) { $1 }
    postgres = try EmbeddedPostgres(options)
    server = try PostgresConnection(postgres.tcpSettings())
    directory = postgres.directory + "/open"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    brokers = try Reader.allCases.reduce(into: [:]) { $0[$1] = try CaseBroker(partitions: 1) }
    let topics = InterleavedSessions.tables.map { "open.public.\($0)" } + ["open.transaction", "open.message"]
    for broker in brokers.values { try broker.begin(topics: Set(topics)) }
    try server.execute(InterleavedSessions.setup)
    try server.execute("CREATE PUBLICATION open FOR ALL TABLES")
    for reader in Reader.allCases {
      try server.execute("SELECT pg_create_logical_replication_slot('\(reader.rawValue)', 'pgoutput')")
      try writeFiles(reader)
    }
  }

  func stop() { postgres.stop(.immediate) }

  private func files(_ reader: Reader) -> [String] {
    ["\(directory)/\(reader.rawValue).properties", "\(directory)/\(reader.rawValue).json"]
  }

  private func writeFiles(_ reader: Reader) throws {
    let worker = """
      bootstrap.servers=\(brokers[reader]!.bootstrapServers)
      offset.storage.file.filename=\(directory)/offsets-\(reader.rawValue)
      key.converter.schemas.enable=false
      value.converter.schemas.enable=false
      key.converter=org.apache.kafka.connect.json.JsonConverter
      value.converter=org.apache.kafka.connect.json.JsonConverter

      """
    try worker.write(toFile: files(reader)[0], atomically: false, encoding: .utf8)
    let config = [
      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
      "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
      "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "open",
      "snapshot.mode": "no_data", "slot.name": reader.rawValue, "publication.name": "open",
      "publication.autocreate.mode": "disabled", "provide.transaction.metadata": "true", "skipped.operations": "none",
      "tombstones.on.delete": "false", "sluice.streaming": reader.rawValue,
      "sluice.spill.directory": "\(directory)/spill", "sluice.spill.memory.bytes": "65536",
    ]
    let object: [String: Any] = ["name": reader.rawValue, "config": config]
    try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: files(reader)[1]))
  }

  // MARK: Relays

  func start(_ reader: Reader) throws -> RelayProcess {
    starts += 1
    let folder = "\(directory)/relay-\(starts)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    return try RelayProcess(["run"] + files(reader), directory: folder)
  }

  /// Lets a relay read all there is, and stops it. Returns what it logged.
  /// - Parameter disturbing: done once it has started.
  func readAll(_ reader: Reader, disturbing: (RelayProcess) throws -> Void = { _ in }) throws -> String {
    let relay = try start(reader)
    defer { relay.kill() }
    try disturbing(relay)
    try server.execute("COMMENT ON TABLE shared IS 'all changes are before this'")
    let end = try server.query("SELECT pg_current_wal_flush_lsn()").firstValue
    try waitUntil("\(end ?? "") is confirmed\n\(relay.output)", within: .seconds(60)) {
      if let status = relay.poll() { throw ProcessFailure("the relay ended with status \(status)\n\(relay.output)") }
      return try server.query(
        "SELECT confirmed_flush_lsn >= $2::pg_lsn FROM pg_replication_slots WHERE slot_name = $1",
        [reader.rawValue, end]
      ).firstValue == "t"
    }
    try relay.stop()
    return relay.output
  }

  /// The server's process of the slot.
  func process(streamingTo reader: Reader) throws -> pid_t {
    let process = try server.query(
      "SELECT active_pid FROM pg_replication_slots WHERE slot_name = $1", [reader.rawValue]
    ).firstValue.flatMap { pid_t($0) }
    guard let process else { throw ProcessFailure("nobody streams from slot \(reader.rawValue)") }
    return process
  }

  var postmaster: pid_t {
    get throws {
      guard let id = postgres.processID else { throw ProcessFailure("the server has ended") }
      return id
    }
  }

  /// Transactions that the server has sent to the slot while they were open.
  func openTransactionsSent(to reader: Reader) throws -> Int {
    let count = try server.query(
      "SELECT stream_txns FROM pg_stat_replication_slots WHERE slot_name = $1", [reader.rawValue]
    ).firstValue
    return count.flatMap { Int($0) } ?? 0
  }

  /// What spill files hold now, of a running relay, by its descriptors: their names are gone.
  func spilledBytes(_ relay: RelayProcess) -> Int {
    let folder = "/proc/\(relay.id)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.reduce(0) { sum, name in
      let path = folder + "/" + name
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path), target.contains("/spill/")
      else { return sum }
      var status = stat()
      return stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
    }
  }

  /// Names that are left in the directory for open transactions.
  var spillFileNames: [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory + "/spill")) ?? [] }

  // MARK: Records

  /// All records of a reader by topic, without what depends on when they were made.
  func records(_ reader: Reader) throws -> [String: [String]] {
    try brokers[reader]!.records().reduce(into: [:]) { all, record in
      let headers = record.headers.filter { !$0.name.hasSuffix(".runId") && !$0.name.hasSuffix("connectorName") }
        .map { "\($0.name)=\(Self.text($0.value))" }
      all[record.topic, default: []].append(
        "\(Self.text(record.key)) \(Self.withoutTimeOfProcessing(Self.text(record.value))) \(headers)")
    }
  }

  private static func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "null" }

  /// The envelope's own times follow `op`; a message outside transactions has no other times.
  private static func withoutTimeOfProcessing(_ value: String) -> String {
    if value.hasPrefix(#"{"op":"m""#) { return value.replacing(/"ts_[mun]s":\d+/, with: "") }
    return value.replacing(/"op":"(.)","ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+/) { "op \($0.output.1)" }
  }
}
