import EmbeddedServers
import Foundation
import PostgresSource

/// A database with one table, a broker, and a connector between them.
final class Bank {
  let postgres: EmbeddedPostgres
  let broker: CaseBroker
  private let server: PostgresConnection
  /// As of the next `write`.
  var isExactlyOnce: Bool
  var files: [String] { ["worker.properties", "bank.json"].map { postgres.directory + "/" + $0 } }

  init(isExactlyOnce: Bool) throws {
    self.isExactlyOnce = isExactlyOnce
    postgres = try EmbeddedPostgres(EmbeddedPostgres.Options())
    broker = try CaseBroker(partitions: 1)
    try broker.begin(topics: ["fin.public.t", "letters"])
    server = try PostgresConnection(postgres.tcpSettings())
    try server.execute("CREATE TABLE t (id int PRIMARY KEY, note text)")
  }

  func write(_ worker: [String: String], connector: [String: String] = [:]) throws {
    var lines = [
      "bootstrap.servers=\(broker.bootstrapServers)", "key.converter=org.apache.kafka.connect.json.JsonConverter",
      "value.converter=org.apache.kafka.connect.json.JsonConverter", "key.converter.schemas.enable=false",
      "value.converter.schemas.enable=false",
    ]
    lines +=
      isExactlyOnce
      ? ["group.id=relay", "exactly.once.source.support=enabled", "offset.storage.topic=offsets"]
      : worker["offset.storage.topic"] == nil ? ["offset.storage.file.filename=\(postgres.directory)/offsets"] : []
    lines += worker.map { "\($0.key)=\($0.value)" }
    try (lines.joined(separator: "\n") + "\n").write(toFile: files[0], atomically: true, encoding: .utf8)
    let config = [
      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
      "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
      "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "fin",
      "snapshot.mode": "no_data", "table.include.list": "public.t", "errors.tolerance": "all",
      "errors.deadletterqueue.topic.name": "letters", "errors.deadletterqueue.context.headers.enable": "true",
      "sluice.errors.hold.key": "true",
    ].merging(connector) { $1 }
    let object: [String: Any] = ["name": "bank", "config": config]
    try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: files[1]))
  }

  func start() throws -> RelayProcess {
    let relay = try RelayProcess(["run"] + files, directory: postgres.directory)
    try relay.waitUntilStreaming(server)
    return relay
  }

  func execute(_ sql: String) throws { try server.execute(sql) }

  func settle(_ relay: RelayProcess) throws {
    let end = try server.query("SELECT pg_current_wal_flush_lsn()").firstValue
    try waitUntil("\(end ?? "") is confirmed\n\(relay.output)", within: .seconds(60)) {
      if let status = relay.poll() { throw ProcessFailure("ended with status \(status)\n\(relay.output)") }
      return try server.query(
        "SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn >= $1::pg_lsn", [end]
      ).firstValue == "1"
    }
  }

  /// What `sluice replay` says, and its status at the end.
  func replay() throws -> String {
    let replay = try RelayProcess(["replay"] + files, directory: postgres.directory)
    var status: Int32?
    try waitUntil("replay ends\n\(replay.output)", within: .seconds(60)) {
      status = replay.poll()
      return status != nil
    }
    return "\(replay.output)\n\(status ?? -1)"
  }

  /// The notes of each id, in the order in which they were published.
  func notes() throws -> [Int: [String]] {
    var notes: [Int: [String]] = [:]
    for record in try broker.records() where record.topic == "fin.public.t" {
      guard let value = record.value,
        let envelope = try JSONSerialization.jsonObject(with: Data(value)) as? [String: Any],
        let after = envelope["after"] as? [String: Any], let id = after["id"] as? Int
      else { continue }
      notes[id, default: []].append(after["note"] as? String ?? "")
    }
    return notes
  }

  func letterIDs() throws -> Set<Int> {
    Set(
      try broker.records().filter { $0.topic == "letters" }.compactMap { letter in
        let key = try letter.key.map { try JSONSerialization.jsonObject(with: Data($0)) }
        return (key as? [String: Any])?["id"] as? Int
      })
  }

  func letters() throws -> Int { try broker.records().count { $0.topic == "letters" } }
}
