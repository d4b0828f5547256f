import EmbeddedServers
import Foundation
import Migrations
import PostgresSource

/// A migrated database under load, a broker, and relays as processes: one connector for a table, one for the outbox.
final class KillRig {
  private let tableTopic: String
  private let outboxTopic: String
  private let slots: [String]

  let postgres: EmbeddedPostgres
  let kafka: TestBroker
  let watch: DeliveryWatch
  private let directory: String
  private let files: [String]
  private var writers: [LoadWriter] = []
  private var relayCount = 0

  /// Exactly once, the state is in a topic of the broker. A broker that keeps no isolation shows also what was aborted:
  /// what is lost or out of order shows, what comes twice does not.
  private let isExactlyOnce: Bool
  /// Both connectors read one slot.
  private let isShared: Bool
  /// The connector of the table passes the outbox over, and its publication has it all the same.
  private let bothHaveOutbox: Bool

  init(
    isExactlyOnce: Bool = false, isShared: Bool = false, bothHaveOutbox: Bool = false, settings: [String: String] = [:]
  ) throws {
    self.bothHaveOutbox = bothHaveOutbox
    self.isExactlyOnce = isExactlyOnce
    slots = isShared ? ["kill_shared"] : ["kill_table", "kill_outbox"]
    self.isShared = isShared
    var options = EmbeddedPostgres.Options()
    options.settings = ["shared_buffers": "32MB"].merging(settings) { $1 }
    postgres = try EmbeddedPostgres(options)
    kafka = try TestBroker()
    tableTopic = kafka.name("kill") + ".public.item"
    outboxTopic = kafka.name("kill") + ".events.item.changed"
    directory = postgres.directory + "/kill"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let migrations = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("migrations").path
    try MigrationRunner(directory: MigrationDirectory(path: migrations), settings: postgres.tcpSettings()).up()
    try PostgresConnection(postgres.tcpSettings()).execute(
      "CREATE TABLE item (key int PRIMARY KEY, version int NOT NULL)")
    for topic in [tableTopic, outboxTopic] { try kafka.createTopic(topic) }
    watch = try DeliveryWatch(
      bootstrapServers: kafka.bootstrapServers, topics: [tableTopic, outboxTopic])
    files = ["worker.properties", "table.json", "outbox.json"].map { [directory] in directory + "/" + $0 }
    try writeFiles()
    if bothHaveOutbox { try sql("CREATE PUBLICATION kill_table FOR TABLE item, outbox") }
  }

  private var exactlyOnce: String {
    "exactly.once.source.support=enabled\noffset.storage.topic=\(kafka.name("kill-offsets"))\noffset.storage.replication.factor=1"
  }

  private func writeFiles() throws {
    let worker = """
      bootstrap.servers=\(kafka.bootstrapServers)
      \(isExactlyOnce ? exactlyOnce : "offset.storage.file.filename=\(directory)/offsets")
      \(isShared ? "sluice.slot.shared=true\nsluice.slot.name=\(slots[0])" : "")
      key.converter=org.apache.kafka.connect.storage.StringConverter
      value.converter=org.apache.kafka.connect.json.JsonConverter
      value.converter.schemas.enable=false

      """
    try worker.write(toFile: files[0], atomically: false, encoding: .utf8)
    let common = [
      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
      "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
      "database.password": "unused", "database.dbname": "postgres", "topic.prefix": kafka.name("kill"),
      "snapshot.mode": "no_data",
    ]
    let table = common.merging(
      [
        "slot.name": "kill_table", "publication.name": "kill_table",
        "publication.autocreate.mode": bothHaveOutbox ? "disabled" : "filtered",
        "table.include.list": "public.item", "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
      ]) { $1 }
    let outbox = common.merging(
      [
        "slot.name": "kill_outbox", "publication.name": "fintech_outbox", "publication.autocreate.mode": "disabled",
        "table.include.list": "public.outbox", "transforms": "outbox",
        "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.table.field.event.key": "aggregate_id", "transforms.outbox.route.by.field": "event_type",
        "transforms.outbox.route.topic.replacement": kafka.name("kill") + ".events.${routedByValue}",
        "transforms.outbox.table.expand.json.payload": "true",
      ]) { $1 }
    for (file, name, config) in [
      (files[1], kafka.name("kill-table"), table), (files[2], kafka.name("kill-outbox"), outbox),
    ] {
      let object: [String: Any] = ["name": name, "config": config]
      try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: file))
    }
  }

  func sql(_ text: String) throws { try PostgresConnection(postgres.tcpSettings()).execute(text) }

  // MARK: Load

  func startLoad(seed: UInt64, writers count: Int = 2, pauseMicroseconds: UInt32 = 1_500) {
    writers = (0..<count).map { index in
      LoadWriter(
        postgres.tcpSettings(), keys: (index * 100)..<(index * 100 + 60), seed: seed &+ UInt64(index),
        pauseMicroseconds: pauseMicroseconds)
    }
  }

  /// Ends the load; returns the newest committed version of each key.
  func stopLoad() throws -> [Int: Int] {
    let writers = writers
    self.writers = []
    return try writers.reduce(into: [:]) { all, writer in try all.merge(writer.stop()) { $1 } }
  }

  var transactions: Int { writers.reduce(0) { $0 + $1.transactions } }

  // MARK: Relays

  func startRelay() throws -> RelayProcess {
    relayCount += 1
    let folder = "\(directory)/relay-\(relayCount)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    return try RelayProcess(["run"] + files, directory: folder)
  }

  /// Process ids of the walsenders on both slots, once both stream.
  func walsenders() throws -> [String]? {
    let rows = try PostgresConnection(postgres.tcpSettings()).query(
      """
      SELECT r.pid FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
      WHERE s.slot_name IN (\(slots.map { "'\($0)'" }.joined(separator: ", "))) AND r.state IN ('streaming', 'catchup')
      """
    ).rows
    return rows.count == slots.count ? rows.compactMap { $0[0] } : nil
  }

  /// Ends every walsender, as a broken network would.
  func breakConnections() throws {
    try PostgresConnection(postgres.tcpSettings()).execute(
      "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
  }

  func waitUntilStreaming(_ relay: RelayProcess) throws {
    try waitUntil("all slots stream\n\(relay.output)", within: .seconds(20)) {
      if let status = relay.poll() { throw ProcessFailure("the relay ended with status \(status)\n\(relay.output)") }
      return try walsenders() != nil
    }
  }

  /// Waits until both slots have confirmed all that is written now.
  func waitUntilConfirmed(_ relay: RelayProcess) throws {
    let server = try PostgresConnection(postgres.tcpSettings())
    let end = try server.query("SELECT pg_current_wal_lsn()").firstValue
    try waitUntil("\(end ?? "") is confirmed\n\(relay.output)", within: .seconds(30)) {
      if let status = relay.poll() { throw ProcessFailure("the relay ended with status \(status)\n\(relay.output)") }
      return try server.query(
        "SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn >= $1::pg_lsn", [end]
      ).firstValue == String(slots.count)
    }
  }

  /// Waits until all of these are in both topics, and returns what is wrong.
  func check(_ committed: [Int: Int]) -> [String] {
    var problems: [String] = []
    for topic in [tableTopic, outboxTopic] {
      try? waitUntil("\(topic) is complete", within: .seconds(10)) { watch.missing(committed, topic: topic).isEmpty }
      let missing = watch.missing(committed, topic: topic)
      if let first = missing.first {
        problems.append("\(topic): \(missing.count) keys incomplete, such as \(first)")
      }
    }
    if isExactlyOnce, kafka.isIsolating, watch.repeated > 0 {
      problems.append("\(watch.repeated) committed records came more than once")
    }
    return problems + watch.problems
  }

  /// What is wrong between the state record and the slots: the record may be ahead of its slot, never behind.
  func checkState() throws -> [String] {
    let server = try PostgresConnection(postgres.tcpSettings())
    let lines = try String(contentsOfFile: directory + "/offsets", encoding: .utf8).split(separator: "\n")
    // Of a shared slot there are two records.
    return try lines.compactMap { line in
      guard let slot = slots.first(where: { line.contains("\"\($0)\"") }) else { return "a state record of no slot" }
      guard
        let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        let position = record["position"] as? String
      else { return "\(slot): a state record without a position" }
      if record["snapshot"] as? String != "complete" { return "\(slot): snapshot is not complete" }
      let isRight = try server.query(
        "SELECT confirmed_flush_lsn <= $2::pg_lsn, confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = $1",
        [slot, position]
      ).rows.first
      return isRight?[0] == "t" ? nil : "\(slot) is at \(isRight?[1] ?? "nothing"), its state record at \(position)"
    }
  }

  /// What the state records say of the publications; as many as there are different ones.
  func storedPublications() throws -> Set<String> {
    let text = try String(contentsOfFile: directory + "/offsets", encoding: .utf8)
    return Set(text.matches(of: /"publications":"([0-9a-f]+)@/).map { String($0.1) })
  }

  func stop() {
    _ = try? stopLoad()
    watch.stop()
    kafka.stop()
    postgres.stop(.immediate)
  }
}
