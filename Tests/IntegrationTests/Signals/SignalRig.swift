import EmbeddedServers
import Foundation
import KafkaSink
import PostgresSource
import Primitives

/// A server with a signalling table, a broker with the topic `signals`, and relays as processes, one after another.
final class SignalRig {
  let server: PostgresConnection
  let postgres: EmbeddedPostgres
  private let broker: CaseBroker
  private let files: [String]

  /// - Parameters:
  ///   - keepsStateInTable: in `sluice.offsets`, which a lock can keep from being written.
  ///   - config: beside what every connector of these tests has.
  init(
    topics: Set<String>, sql: String, keepsStateInTable: Bool = false, config: (CaseBroker) -> [String: String]
  ) throws {
    postgres = try EmbeddedPostgres(EmbeddedPostgres.Options())
    server = try PostgresConnection(postgres.tcpSettings())
    // Several partitions: the embedded broker keeps only the newest megabytes of each.
    broker = try CaseBroker(partitions: 4)
    try broker.begin(topics: topics)
    try server.execute("CREATE TABLE signal (id varchar(64) PRIMARY KEY, type varchar(32), data varchar(2048));" + sql)
    files = ["worker.properties", "signals.json"].map { [postgres] in postgres.directory + "/" + $0 }
    try write(config(broker), keepsStateInTable)
  }

  private func write(_ more: [String: String], _ keepsStateInTable: Bool) throws {
    let worker = """
      bootstrap.servers=\(broker.bootstrapServers)
      \(keepsStateInTable ? "" : "offset.storage.file.filename=\(postgres.directory)/offsets")
      key.converter=org.apache.kafka.connect.json.JsonConverter
      key.converter.schemas.enable=false
      value.converter=org.apache.kafka.connect.json.JsonConverter
      value.converter.schemas.enable=false

      """
    try worker.write(toFile: files[0], atomically: false, encoding: .utf8)
    let config = [
      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
      "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
      "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "fin",
      "snapshot.mode": "no_data", "signal.data.collection": "public.signal", "tombstones.on.delete": "false",
    ].merging(more) { $1 }
    let object: [String: Any] = ["name": "signals", "config": config]
    try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: files[1]))
  }

  /// Starts a relay.
  func launchRelay() throws -> RelayProcess { try RelayProcess(["run"] + files, directory: postgres.directory) }

  /// Starts a relay and waits until it streams.
  func startRelay() throws -> RelayProcess {
    let relay = try launchRelay()
    try wait("the slot streams", relay) {
      try server.query(
        """
        SELECT 1 FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
        WHERE r.state IN ('streaming', 'catchup')
        """
      ).rows.count == 1
    }
    return relay
  }

  /// Throws when the relay ends before.
  func wait(_ what: String, _ relay: RelayProcess, _ isTrue: () throws -> Bool) throws {
    try waitUntil("\(what)\n\(relay.output)", within: .seconds(20)) {
      if let status = relay.poll() { throw ProcessFailure("ended with status \(status)\n\(relay.output)") }
      return try isTrue()
    }
  }

  func waitUntilConfirmed(_ relay: RelayProcess) throws {
    let end = try server.query("SELECT pg_current_wal_lsn()").firstValue
    try wait("\(end ?? "") is confirmed", relay) {
      try server.query(
        "SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn >= $1::pg_lsn", [end]
      ).firstValue == "1"
    }
  }

  /// What a restart would begin with.
  var storedState: String? { try? String(contentsOfFile: postgres.directory + "/offsets", encoding: .utf8) }

  /// Sends a signal by the topic `signals`.
  func send(key: String, value: String) throws {
    var producer = try KafkaProducer(properties: [
      (name: "bootstrap.servers", value: broker.bootstrapServers), (name: "linger.ms", value: "0"),
    ])
    var record = EncodedRecord()
    record.topic = try producer.topicIndex("signals")
    record.partition = 0
    record.bytes.append(Array(key.utf8))
    record.key = 0..<record.bytes.count
    record.bytes.append(Array(value.utf8))
    record.value = key.utf8.count..<record.bytes.count
    _ = try producer.enqueue(record, ticket: 0)
    var events: [ClientEvent] = []
    guard producer.drain(timeoutMilliseconds: 5_000, events: &events, { _, _ in }) == 0 else {
      throw ProcessFailure("the signal was not delivered: \(events)")
    }
  }

  /// The changes in the topics of these tables, in order within each key.
  func changes(_ table: String) throws -> [Change] {
    try broker.records().filter { $0.topic == "fin.public.\(table)" }.map { try Change($0) }
  }

  /// An event with what these tests ask of it.
  struct Change: Sendable {
    let id: Int
    let operation: String
    /// After the event; `nil` where the row is deleted.
    let version: Int?

    init(_ record: RecordedRecord) throws {
      guard let key = try JSONSerialization.jsonObject(with: Data(record.key ?? [])) as? [String: Any],
        let event = try JSONSerialization.jsonObject(with: Data(record.value ?? [])) as? [String: Any],
        let id = key["id"] as? Int, let operation = event["op"] as? String
      else { throw ProcessFailure("a record of another shape") }
      self.id = id
      self.operation = operation
      version = (event["after"] as? [String: Any])?["version"] as? Int
    }
  }

  func stop() {
    postgres.stop(.immediate)
  }
}
