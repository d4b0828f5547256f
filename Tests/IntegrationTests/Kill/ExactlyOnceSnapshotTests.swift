import EmbeddedServers
import Foundation
import KafkaSink
import PostgresSource
import Testing

extension Integration {
  /// First snapshots in exactly-once mode. The embedded broker shows what was aborted too, so there only tables that were
  /// committed must have each row once.
  @Suite(.serialized) struct ExactlyOnceSnapshotTests {
    private static let rows = 10_000

    private final class Rig {
      let postgres: EmbeddedPostgres
      let kafka: TestBroker
      let states: LastStates
      let tables: [String]
      let server: PostgresConnection
      private let directory: String
      private let prefix: String

      init(tables: [String], keyless: Set<String> = [], events: Int = rows, timeoutMilliseconds: Int = 60_000) throws {
        postgres = try EmbeddedPostgres()
        kafka = try TestBroker()
        let prefix = kafka.name("p")
        self.prefix = prefix
        let topics = tables.map { "\(prefix).public.\($0)" } + ["\(prefix).events"]
        self.tables = tables
        server = try PostgresConnection(postgres.tcpSettings())
        for table in tables {
          try server.execute("CREATE TABLE \(table) (id int \(keyless.contains(table) ? "" : "PRIMARY KEY"), v bigint)")
          try server.execute("INSERT INTO \(table) SELECT g, g FROM generate_series(1, \(rows)) g")
        }
        // Its events look like the flattened rows of the others.
        try server.execute(
          """
          CREATE TABLE t_outbox (id uuid PRIMARY KEY, aggregatetype text, aggregateid text, type text, payload jsonb);
          INSERT INTO t_outbox SELECT gen_random_uuid(), 'a', g::text, 't',
            jsonb_build_object('id', g, 'v', g, '__op', 'r') FROM generate_series(1, \(events)) g
          """)
        // The messages with which the tests move the log are records as well.
        for topic in topics + ["\(prefix).message"] { try kafka.createTopic(topic) }
        try kafka.createTopic(kafka.name("offsets"), configuration: ["cleanup.policy": "compact"])
        directory = postgres.directory + "/once"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let worker = """
          bootstrap.servers=\(kafka.bootstrapServers)
          exactly.once.source.support=enabled
          producer.transaction.timeout.ms=\(timeoutMilliseconds)
          offset.storage.topic=\(kafka.name("offsets"))
          offset.storage.replication.factor=1
          key.converter=org.apache.kafka.connect.json.JsonConverter
          key.converter.schemas.enable=false
          value.converter=org.apache.kafka.connect.json.JsonConverter
          value.converter.schemas.enable=false

          """
        try worker.write(toFile: directory + "/worker.properties", atomically: false, encoding: .utf8)
        let config = [
          "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
          "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
          "database.password": "unused", "database.dbname": "postgres", "topic.prefix": prefix,
          "slot.name": "once_slot",
          "publication.name": "once_pub", "publication.autocreate.mode": "filtered",
          "table.include.list": "public.t.*", "incremental.snapshot.chunk.size": "500", "transforms": "events,flat",
          "predicates": "isOutbox",
          "predicates.isOutbox.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
          "predicates.isOutbox.pattern": ".*outbox",
          "transforms.events.type": "io.debezium.transforms.outbox.EventRouter",
          "transforms.events.predicate": "isOutbox",
          "transforms.events.route.topic.replacement": "\(prefix).events",
          "transforms.events.table.expand.json.payload": "true",
          "transforms.flat.type": "io.debezium.transforms.ExtractNewRecordState",
          "transforms.flat.predicate": "isOutbox", "transforms.flat.negate": "true",
          "transforms.flat.add.fields": "op,source.snapshot",
          "transforms.flat.delete.tombstone.handling.mode": "rewrite",
        ]
        let object: [String: Any] = ["name": kafka.name("once"), "config": config]
        try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: directory + "/c.json"))
        states = try LastStates(bootstrapServers: kafka.bootstrapServers, topics: topics)
      }

      func topic(_ table: String) -> String { "\(prefix).public.\(table)" }

      /// Events that have come of the outbox's rows.
      var events: LastStates.Topic { states["\(prefix).events"] }

      func start() throws -> RelayProcess {
        try RelayProcess(["run", directory + "/worker.properties", directory + "/c.json"], directory: directory)
      }

      /// The state record that is committed.
      func record() throws -> [String: Any] {
        let topic = try OffsetsTopic(name: kafka.name("offsets"), properties: kafka.properties)
        guard let value = try topic.load(key: Array(kafka.name("once").utf8)) else { return [:] }
        return try JSONSerialization.jsonObject(with: Data(value)) as? [String: Any] ?? [:]
      }

      func finished() throws -> [String] {
        let record = try record()
        return record.keys.compactMap { key in
          key.hasPrefix("snapshotFinished.")
            ? record["snapshotTable." + key.dropFirst("snapshotFinished.".count)] as? String : nil
        }
      }

      func waitUntilConfirmed(_ relay: RelayProcess) throws {
        try server.execute("SELECT pg_logical_emit_message(true, 'x', 'x')")
        let end = try server.query("SELECT pg_current_wal_lsn()").firstValue
        try waitUntil("\(end ?? "") is confirmed\n\(relay.output)", within: .seconds(60)) {
          try server.query(
            "SELECT 1 FROM pg_replication_slots WHERE confirmed_flush_lsn >= $1::pg_lsn", [end]
          ).rows.count == 1
        }
      }

      func stop() {
        states.stop()
        kafka.stop()
        postgres.stop()
      }
    }

    @Test func everyRowComesOnceAndTheStreamFollows() async throws {
      try await onOwnThread {
        let rig = try Rig(tables: ["t1", "t2", "t3"], keyless: ["t2"])
        defer { rig.stop() }
        let relay = try rig.start()
        try rig.waitUntilConfirmed(relay)
        try rig.server.execute("UPDATE t1 SET v = v + 1000000 WHERE id <= 100")
        try rig.waitUntilConfirmed(relay)
        try relay.stop()
        let again = try rig.start()
        try rig.waitUntilConfirmed(again)
        try again.stop()
        for table in rig.tables {
          try waitUntil("\(table) is complete", within: .seconds(10)) {
            rig.states[rig.topic(table)].rows.count == Self.rows
          }
          #expect(rig.states[rig.topic(table)].firstReads == Self.rows)
          #expect(rig.states[rig.topic(table)].laterReads == 0)
        }
        try waitUntil("the update has been read", within: .seconds(30)) {
          rig.states[rig.topic("t1")].rows[100] == 1_000_100
        }
        #expect(rig.events.rows.count == Self.rows && rig.events.firstReads == Self.rows)
        #expect(rig.states.problems.isEmpty)
        #expect(try rig.record()["snapshot"] as? String == "complete")
      }
    }

    /// Its rows cannot be left to chunks, and must not end the connector either.
    @Test(.enabled(if: TestBroker.given == nil, "takes the embedded broker down"))
    func anOutboxIsReadAgainAfterBrokersWereAway() async throws {
      try await onOwnThread {
        let events = 20_000
        let rig = try Rig(tables: ["t1"], events: events, timeoutMilliseconds: 6_000)
        defer { rig.stop() }
        // So that the snapshot is still going on when they go.
        try rig.kafka.delay(milliseconds: 100)
        let relay = try rig.start()
        try waitUntil("events come\n\(relay.output)", within: .seconds(30)) { !rig.events.rows.isEmpty }
        try rig.kafka.takeDown()
        try waitUntil("it is to be taken again\n\(relay.output)", within: .seconds(30)) {
          relay.output.contains("stood still: it is taken again")
        }
        try rig.kafka.bringUp()
        try rig.kafka.delay(milliseconds: 0)
        // The slot is made anew, so that it begins behind what is in the log by now.
        try waitUntil("the snapshot is complete\n\(relay.output)", within: .seconds(60)) {
          try rig.record()["snapshot"] as? String == "complete"
        }
        try rig.waitUntilConfirmed(relay)
        try waitUntil("all events are there", within: .seconds(10)) { rig.events.rows.count == events }
        #expect(!relay.output.contains("the interrupted snapshot goes on"))
        #expect(rig.states[rig.topic("t1")].laterReads == 0)
        try relay.stop()
      }
    }

    @Test func committedTablesAreNotReadAgainAfterAKill() async throws {
      try await onOwnThread {
        let rig = try Rig(tables: (1...8).map { "t\($0)" })
        defer { rig.stop() }
        let relay = try rig.start()
        try waitUntil("a table is committed\n\(relay.output)", within: .seconds(30)) { try !rig.finished().isEmpty }
        relay.kill()
        let finished = try rig.finished()
        let record = try rig.record()
        // Of a row that is gone a chunk would make no event.
        try rig.server.execute("DELETE FROM t_outbox")
        let last = try rig.start()
        try rig.waitUntilConfirmed(last)
        try waitUntil("the rest has been read\n\(last.output)", within: .seconds(60)) {
          let record = try rig.record()
          return record["snapshot"] as? String == "complete" && record["incrementalTables"] == nil
        }
        for table in rig.tables {
          let topic = rig.topic(table)
          try waitUntil("\(topic) is complete", within: .seconds(30)) { rig.states[topic].rows.count == Self.rows }
          if finished.contains(table) {
            #expect(rig.states[topic].firstReads == Self.rows && rig.states[topic].laterReads == 0)
          }
          if rig.kafka.isIsolating {
            #expect(rig.states[topic].firstReads + rig.states[topic].laterReads == Self.rows)
          }
        }
        #expect(finished.contains("t_outbox"))
        #expect(rig.events.rows.count == Self.rows && rig.events.firstReads == Self.rows)
        print(
          "exactly once, kill -9 inside the snapshot (\(record["snapshot"] ?? "?")): \(finished.sorted()) were committed"
        )
        #expect(rig.states.problems.isEmpty, "\(rig.states.problems.prefix(3))")
        try last.stop()
      }
    }
  }
}
