import EmbeddedServers
import Foundation
import PostgresSource
import Testing

extension Integration {
  /// `errors.tolerance=all`, against a real server and with the relay killed in between.
  @Suite struct DeadLetterTests {
    /// Every third event is an array, which Debezium's task dies of.
    private static let insert = """
      INSERT INTO outboxevent
      SELECT i, 'Order', i::text, 'T', CASE WHEN i % 3 = 0 THEN '[1, 2]' ELSE '{"n": 1.50}' END::jsonb
      FROM generate_series($1::int, $2::int) i
      """

    @Test func poisonedEventsAreInTheDeadLetterTopicHoweverOftenTheRelayIsKilled() async throws {
      let (events, letters, output) = try await onOwnThread { try Self.run() }
      let ids = Set((1...300).map(String.init))
      let poisoned = ids.filter { Int($0)! % 3 == 0 }
      #expect(Set(letters.compactMap(\.key)) == Set(poisoned.map { "{\"id\":\($0)}" }))
      #expect(Set(events.compactMap(\.key)) == ids.subtracting(poisoned))
      #expect(letters.allSatisfy { $0.value?.contains(#""payload":"[1, 2]""#) == true })
      #expect(output.contains("sent to the dead-letter topic: at LSN"))
      #expect(output.contains("(table public.outboxevent, key id): transform outbox: Invalid type for ARRAY"))
      #expect(!output.contains("[1, 2]"), "row values are never logged")
    }

    private static func run() throws -> (events: [Text], letters: [Text], output: String) {
      let postgres = try EmbeddedPostgres(EmbeddedPostgres.Options())
      defer { postgres.stop() }
      let broker = try CaseBroker(partitions: 1)
      try broker.begin(topics: ["outbox.event.Order", "letters"])
      let server = try PostgresConnection(postgres.tcpSettings())
      try server.execute(
        """
        CREATE TABLE outboxevent (
          id int PRIMARY KEY, aggregatetype text, aggregateid text, type text, payload jsonb)
        """)
      let files = try write(postgres, broker)
      func start() throws -> RelayProcess {
        let relay = try RelayProcess(["run"] + files, directory: postgres.directory)
        try relay.waitUntilStreaming(server)
        return relay
      }
      var relay = try start()
      for first in stride(from: 1, through: 201, by: 100) {
        _ = try server.query(insert, [String(first), String(first + 49)])
        relay.kill()
        _ = try server.query(insert, [String(first + 50), String(first + 99)])
        relay = try start()
      }
      let end = try server.query("SELECT pg_current_wal_lsn()").firstValue
      try waitUntil("\(end ?? "") is confirmed\n\(relay.output)", within: .seconds(30)) {
        try server.query(
          "SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn >= $1::pg_lsn", [end]
        ).firstValue == "1"
      }
      try relay.stop()
      let records = try broker.records()
      return (
        records.filter { $0.topic == "outbox.event.Order" }.map(Text.init),
        records.filter { $0.topic == "letters" }.map(Text.init), relay.output
      )
    }

    /// Key and value of a record as text.
    private struct Text: Sendable {
      let key: String?
      let value: String?

      init(_ record: RecordedRecord) {
        key = record.key.map { String(decoding: $0, as: UTF8.self) }
        value = record.value.map { String(decoding: $0, as: UTF8.self) }
      }
    }

    private static func write(_ postgres: EmbeddedPostgres, _ broker: CaseBroker) throws -> [String] {
      let files = ["worker.properties", "outbox.json"].map { postgres.directory + "/" + $0 }
      let worker = """
        bootstrap.servers=\(broker.bootstrapServers)
        offset.storage.file.filename=\(postgres.directory)/offsets
        key.converter=org.apache.kafka.connect.storage.StringConverter
        value.converter=org.apache.kafka.connect.json.JsonConverter
        value.converter.schemas.enable=false

        """
      try worker.write(toFile: files[0], atomically: false, encoding: .utf8)
      let config = [
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
        "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
        "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "fin",
        "snapshot.mode": "no_data", "table.include.list": "public.outboxevent", "transforms": "outbox",
        "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.table.expand.json.payload": "true", "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": "letters",
      ]
      let object: [String: Any] = ["name": "outbox", "config": config]
      try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: files[1]))
      return files
    }
  }
}
