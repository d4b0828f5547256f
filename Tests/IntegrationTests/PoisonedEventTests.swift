import EmbeddedServers
import Foundation
import PostgresSource
import Testing

@testable import Migrations

extension Integration {
  /// The events that kill Debezium's task (cases `router-poison-*`), all at once: with `sluice.outbox.json=exact` and dead
  /// letters each is delivered or a letter, and its connector delivers what comes after it.
  @Suite struct PoisonedEventTests {
    private enum Fate {
      /// The event is delivered with this value.
      case record(String)
      /// It is a letter in which this stands.
      case letter(String)
      /// The table lacks a column that the configuration names, so that every event is a letter until it has one of this
      /// type.
      case lettersUntilColumn(String)
      /// Every event is a letter under this configuration.
      case letters
    }

    /// By the end of the case's name.
    private static let fates: [String: Fate] = [
      "array": .record("[1,2]"),
      "array-envelope": .record(#"{"payload":[1,2],"type":"T"}"#),
      "array-number-types": .record(#"{"lines":[{"price":10},{"price":10.5}]}"#),
      "array-objects": .record(#"[{"a":1}]"#),
      "byte-array-converter": .record("{}"),
      "empty-array-envelope": .record(#"{"payload":[],"type":"T"}"#),
      "int64": .record(#"{"n":9223372036854775808}"#),
      "jsonb-exponent": .record(#"{"n":1000000000000000000000}"#),
      "message": .letter(#""prefix":"outbox""#),
      "message-not-json": .letter(#""prefix":"audit""#),
      "missing-column": .lettersUntilColumn("text"),
      "missing-id": .lettersUntilColumn("text"),
      "missing-key": .lettersUntilColumn("text"),
      "missing-payload": .letter(#""table":"accounts""#),
      "missing-route": .lettersUntilColumn("text"),
      "missing-timestamp": .lettersUntilColumn("timestamp"),
      "nested-array": .record(#"{"grid":[[1.5],[2]]}"#),
      "null-route": .letter(#""aggregatetype":null"#),
      "partition-bigint": .record(#""{\"ok\": 1}""#),
      "partition-negative": .letter(#""extra":-1"#),
      "placement-word": .letters,
      "schema-version": .record(#"{"payload":"{\"ok\": 1}","type":"T"}"#),
      "timestamp-before-1970": .record(#""{\"ok\": 1}""#),
      "timestamp-bigint": .record(#""{\"ok\": 1}""#),
      "timestamp-connect": .record(#""{\"ok\": 1}""#),
      "timestamptz": .record(#""{\"ok\": 1}""#),
      "truncate": .letter(#""op":"t""#),
      "update-fatal": .letter(#""op":"u""#),
    ]
    private static let prefix = "router-poison-"

    @Test func eachIsDeliveredOrADeadLetterAndTheNextIsDelivered() async throws {
      let cases = try ConformanceCase.all(in: ConformanceTests.folder).filter { $0.name.hasPrefix(Self.prefix) }
      #expect(Set(cases.map(\.name)) == Set(Self.fates.keys.map { Self.prefix + $0 }))
      let (records, output) = try await onOwnThread { try Self.run(cases) }
      for test in cases {
        guard let fate = Self.fates[String(test.name.dropFirst(Self.prefix.count))] else { continue }
        let events = records.filter { $0.connector == test.name }
        let letters = records.filter { $0.topic == "dead." + test.name }.map { $0.value ?? "" }
        let delivered = events.map { String($0.event) }.sorted().joined()
        switch fate {
        case .record(let value):
          #expect(delivered == "123" && letters.isEmpty, "\(test.name)\n\(output)")
          #expect(events.first { $0.event == "2" }?.value == value, "\(test.name)")
        case .letter(let part):
          #expect(delivered == "13" && letters.count == 1, "\(test.name)\n\(output)")
          #expect(letters.first?.contains(part) == true, "\(test.name): \(letters)")
        case .letters:
          #expect(delivered == "" && letters.count == 3, "\(test.name)\n\(output)")
        case .lettersUntilColumn:
          #expect(delivered == "4" && letters.count == 3, "\(test.name)\n\(output)")
        }
      }
    }

    private struct Delivered: Sendable {
      let topic: String
      /// `topic.prefix`, from a header that letters do not have.
      let connector: String?
      /// The last character of the event's id.
      let event: Character
      let value: String?

      init(_ record: RecordedRecord) {
        func header(_ name: String) -> String? {
          record.headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
        }
        topic = record.topic
        connector = topic.hasPrefix("dead.") ? nil : header("__debezium.context.connectorLogicalName")
        event = header("id")?.last ?? "?"
        value = record.value.map { String(decoding: $0, as: UTF8.self) }
      }
    }

    private static func run(_ cases: [ConformanceCase]) throws -> (records: [Delivered], output: String) {
      var options = EmbeddedPostgres.Options()
      options.settings = ["shared_buffers": "32MB", "autovacuum": "off", "max_connections": "200"]
      options.maxReplicationSlots = cases.count + 4
      options.maxWalSenders = cases.count + 4
      let postgres = try EmbeddedPostgres(options)
      defer { postgres.stop(.immediate) }
      let broker = try CaseBroker(partitions: 2)
      try broker.begin(topics: Set(cases.map { "dead." + $0.name } + ["outbox.event.Order", "outbox.event.Order4"]))
      let worker = postgres.directory + "/worker.properties"
      try "bootstrap.servers=\(broker.bootstrapServers)\noffset.storage.file.filename=\(postgres.directory)/offsets\n"
        .write(toFile: worker, atomically: false, encoding: .utf8)
      let server = try PostgresConnection(postgres.tcpSettings())
      var files: [String] = []
      for test in cases {
        files.append(try write(test, postgres))
        try server.execute("CREATE DATABASE \(PostgresConnection.quoted(identifier: test.name))")
        try execute(test.text("setup.sql"), test, postgres)
      }
      let relay = try RelayProcess(["run", worker] + files, directory: postgres.directory)
      defer { relay.kill() }
      try wait(relay, "all slots stream", server, "slot_type = 'logical' AND active", count: files.count)
      for test in cases {
        try execute(test.text("changes.sql"), test, postgres)
        guard case .lettersUntilColumn(let type)? = fates[String(test.name.dropFirst(prefix.count))] else { continue }
        let value = type == "text" ? "'Order4'" : "'2024-01-02'"
        try execute(
          """
          ALTER TABLE outboxevent ADD COLUMN nope \(type);
          INSERT INTO outboxevent VALUES ('00000000-0000-4000-8000-000000000004', 'Order', 'x', 'T', '{}', \(value))
          """, test, postgres)
      }
      try server.execute("COMMENT ON DATABASE postgres IS 'all changes are before this'")
      let end = try server.query("SELECT pg_current_wal_flush_lsn()").firstValue ?? ""
      try wait(relay, "all is confirmed", server, "confirmed_flush_lsn >= '\(end)'", count: files.count)
      try relay.stop()
      return (try broker.records().map(Delivered.init), relay.output)
    }

    private static func wait(
      _ relay: RelayProcess, _ what: String, _ server: borrowing PostgresConnection, _ condition: String, count: Int
    ) throws {
      try waitUntil("\(what)\n\(relay.output)", within: .seconds(60)) {
        if let status = relay.poll() { throw ProcessFailure("ended with status \(status)\n\(relay.output)") }
        let found = try server.query("SELECT count(*) FROM pg_replication_slots WHERE \(condition)").firstValue
        return found == String(count)
      }
    }

    private static func execute(_ script: String, _ test: ConformanceCase, _ postgres: EmbeddedPostgres) throws {
      let connection = try PostgresConnection(postgres.tcpSettings(database: test.name))
      for statement in try SQLStatementSplitter.split(script) { try connection.execute(statement.text) }
    }

    private static func write(_ test: ConformanceCase, _ postgres: EmbeddedPostgres) throws -> String {
      let connector = try test.connector(setting: [
        "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.dbname": test.name,
        "topic.prefix": test.name, "slot.name": test.name.replacing("-", with: "_"), "sluice.outbox.json": "exact",
        "errors.tolerance": "all", "errors.deadletterqueue.topic.name": "dead." + test.name,
      ])
      let file = "\(postgres.directory)/\(test.name).json"
      try connector.file.write(to: URL(fileURLWithPath: file))
      return file
    }
  }
}
