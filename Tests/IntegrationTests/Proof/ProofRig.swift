import EmbeddedServers
import Foundation
import KafkaSink
import PostgresSource
import Primitives

/// A database with accounts and an outbox, a broker, a relay with one connector for each, and `sluice verify`.
final class ProofRig {
  static let accounts = "bank.public.account"
  static let events = "bank.events.Order"
  /// A converter that fits the events as well: theirs are texts.
  private static let slots = ["bank_accounts", "bank_events"]

  let postgres: EmbeddedPostgres
  let kafka: EmbeddedKafka
  let server: PostgresConnection
  let files: [String]
  private let directory: String
  private var relay: RelayProcess?

  init(_ extra: [String: String] = [:], topics: [String] = []) throws {
    postgres = try EmbeddedPostgres(EmbeddedPostgres.Options())
    kafka = try EmbeddedKafka()
    server = try PostgresConnection(postgres.tcpSettings())
    directory = postgres.directory
    files = ["worker.properties", "accounts.json", "events.json"].map { [directory] in directory + "/" + $0 }
    for topic in [Self.accounts, Self.events] + topics { try kafka.createTopic(topic, partitions: 3) }
    try server.execute(
      """
      CREATE TABLE account (
        id int PRIMARY KEY, owner text, balance numeric(12, 2) NOT NULL, note text, opened date,
        updated_at timestamptz NOT NULL DEFAULT now());
      ALTER TABLE account ALTER COLUMN note SET STORAGE EXTERNAL;
      CREATE TABLE outboxevent (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype text, aggregateid text, type text, payload jsonb)
      """)
    try writeFiles(extra)
  }

  private func writeFiles(_ extra: [String: String]) throws {
    let worker = """
      bootstrap.servers=\(kafka.bootstrapServers)
      offset.storage.file.filename=\(directory)/offsets
      key.converter=org.apache.kafka.connect.json.JsonConverter
      key.converter.schemas.enable=false
      value.converter=org.apache.kafka.connect.json.JsonConverter
      value.converter.schemas.enable=false

      """
    try worker.write(toFile: files[0], atomically: false, encoding: .utf8)
    let common = [
      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
      "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
      "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "bank",
      "publication.autocreate.mode": "filtered", "decimal.handling.mode": "string",
    ]
    let accounts = common.merging(
      ["slot.name": Self.slots[0], "publication.name": "accounts", "table.include.list": "public.account"]
    ) { $1 }.merging(extra) { $1 }
    let events = common.merging(
      [
        "slot.name": Self.slots[1], "publication.name": "events", "table.include.list": "public.outboxevent",
        "transforms": "outbox", "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.route.topic.replacement": "bank.events.${routedByValue}",
        "transforms.outbox.table.expand.json.payload": "true",
      ]
    ) { $1 }
    for (file, name, config) in [(files[1], "accounts", accounts), (files[2], "events", events)] {
      let object: [String: Any] = ["name": name, "config": config]
      try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: file))
    }
  }

  func startRelay(connectors: Int = 2) throws {
    let relay = try RelayProcess(["run"] + files.prefix(1 + connectors), directory: directory)
    self.relay = relay
    try waitUntil("the slots stream\n\(relay.output)", within: .seconds(30)) {
      if let status = relay.poll() { throw ProcessFailure("ended with status \(status)\n\(relay.output)") }
      return try server.query(
        """
        SELECT 1 FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
        WHERE r.state IN ('streaming', 'catchup')
        """
      ).rows.count == connectors
    }
  }

  func killRelay() { relay?.kill() }
  var output: String { relay?.output ?? "" }

  func stop() {
    relay?.kill()
    kafka.stop()
    postgres.stop(.immediate)
  }

  /// A record that no relay has made.
  func produce(_ topic: String, key: String, value: String?, headers: [(String, String)] = []) throws {
    var producer = try KafkaProducer(properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)])
    var record = EncodedRecord()
    record.topic = try producer.topicIndex(topic)
    record.bytes.append(Array(key.utf8))
    record.key = 0..<record.bytes.count
    if let value {
      let start = record.bytes.count
      record.bytes.append(Array(value.utf8))
      record.value = start..<record.bytes.count
    }
    for (name, text) in headers {
      let start = record.bytes.count
      record.bytes.append(Array(name.utf8))
      let nameEnd = record.bytes.count
      record.bytes.append(0)
      record.bytes.append(Array(text.utf8))
      record.headers.append(.init(name: start..<nameEnd, value: (nameEnd + 1)..<record.bytes.count))
    }
    guard try producer.enqueue(record, ticket: 1) == .accepted else { throw ProcessFailure("not accepted") }
    var events: [ClientEvent] = []
    var delivered = 0
    _ = producer.drain(timeoutMilliseconds: 10_000, events: &events) { _, _ in delivered += 1 }
    guard delivered == 1 else { throw ProcessFailure("not delivered") }
  }

  /// Runs the program; returns its exit code, what it printed, and its diagnostics.
  func sluice(_ arguments: [String], within time: Duration = .seconds(90)) throws -> (
    status: Int32, output: String, diagnostics: String
  ) {
    guard let program = SluiceProgram.url else { throw ProcessFailure("the program sluice is not built") }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let paths = ["output", "diagnostics"].map { "\(directory)/\($0)-\(UUID().uuidString)" }
    let handles = try paths.map { path in
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    try process.run()
    let deadline = ContinuousClock.now + time
    while process.isRunning {
      if ContinuousClock.now > deadline { kill(process.processIdentifier, SIGKILL) }
      usleep(10_000)
    }
    return (
      process.terminationStatus, try String(contentsOfFile: paths[0], encoding: .utf8),
      try String(contentsOfFile: paths[1], encoding: .utf8)
    )
  }

  func verify(_ arguments: [String] = [], connectors: Int = 2) throws -> ProofAnswer {
    let run = try sluice(["verify", "--json"] + arguments + files.prefix(1 + connectors))
    return try ProofAnswer(run)
  }
}

/// What `sluice verify --json` said of all connectors.
struct ProofAnswer: Sendable {
  let status: Int32
  let diagnostics: String
  let output: String
  /// `kind topic key columns`, in order.
  var differences: [String] = []
  var rows = 0
  var matched = 0
  var duplicates = 0
  var deadLettered = 0
  var withoutRow = 0
  var unavailableValues = 0
  var outsideWindow = 0
  var addedColumns = 0
  var hashesAgree = true
  var aggregates: Set<String> = []
  var remarks: [String] = []

  init(_ run: (status: Int32, output: String, diagnostics: String)) throws {
    (status, output, diagnostics) = run
    for line in run.output.split(separator: "\n") {
      guard let report = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { continue }
      duplicates += report["duplicates"] as? Int ?? 0
      remarks += report["remarks"] as? [String] ?? []
      for line in report["lines"] as? [[String: Any]] ?? [] {
        rows += line["rows"] as? Int ?? 0
        matched += line["matched"] as? Int ?? 0
        deadLettered += line["deadLettered"] as? Int ?? 0
        unavailableValues += line["unavailableValues"] as? Int ?? 0
        outsideWindow += line["outsideWindow"] as? Int ?? 0
        addedColumns += line["addedColumns"] as? Int ?? 0
        hashesAgree = hashesAgree && line["databaseHash"] as? String == line["kafkaHash"] as? String
        if let aggregate = line["aggregate"] as? String { aggregates.insert(aggregate) }
      }
      for topic in report["topics"] as? [[String: Any]] ?? [] { withoutRow += topic["withoutRow"] as? Int ?? 0 }
      for difference in report["differences"] as? [[String: Any]] ?? [] {
        let columns = (difference["columns"] as? [String] ?? []).joined(separator: ",")
        differences.append(
          [difference["kind"], difference["topic"], difference["key"]].map { $0 as? String ?? "" }
            .joined(separator: " ") + (columns.isEmpty ? "" : " " + columns))
      }
    }
  }
}
