import EmbeddedServers
import Foundation
import PostgresSource
import Synchronization
import Testing

extension Integration {
  /// `sluice.snapshot.resume` with a real server: the relay is killed inside its first snapshot, and goes on with it.
  @Suite(.serialized) struct SnapshotResumeTests {
    private static let tables = (1...6).map { "t\($0)" }
    private static let rows = 10_000

    /// One relay's files, and its state record as it is now.
    private struct Files {
      let directory: String
      var arguments: [String] { ["run", directory + "/worker.properties", directory + "/c.json"] }

      init(_ postgres: EmbeddedPostgres, _ kafka: EmbeddedKafka) throws {
        directory = postgres.directory + "/resume"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let worker = """
          bootstrap.servers=\(kafka.bootstrapServers)
          offset.storage.file.filename=\(directory)/offsets
          key.converter=org.apache.kafka.connect.json.JsonConverter
          key.converter.schemas.enable=false
          value.converter=org.apache.kafka.connect.json.JsonConverter
          value.converter.schemas.enable=false

          """
        try worker.write(toFile: directory + "/worker.properties", atomically: false, encoding: .utf8)
        let config = [
          "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
          "database.hostname": "127.0.0.1", "database.port": String(postgres.port), "database.user": "postgres",
          "database.password": "unused", "database.dbname": "postgres", "topic.prefix": "p",
          "slot.name": "resume_slot", "publication.name": "resume_pub", "publication.autocreate.mode": "filtered",
          "table.include.list": "public.t.*", "sluice.snapshot.resume": "true",
          "incremental.snapshot.chunk.size": "500", "transforms": "flat",
          "transforms.flat.type": "io.debezium.transforms.ExtractNewRecordState",
          "transforms.flat.add.fields": "op,source.snapshot",
          "transforms.flat.delete.tombstone.handling.mode": "rewrite",
        ]
        let object: [String: Any] = ["name": "resume", "config": config]
        try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: directory + "/c.json"))
      }

      var record: [String: Any] {
        guard let text = try? String(contentsOfFile: directory + "/offsets", encoding: .utf8),
          let line = text.split(separator: "\n").first
        else { return [:] }
        return (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]) ?? [:]
      }

      var finished: [String] {
        let record = record
        return record.keys.compactMap { key in
          key.hasPrefix("snapshotFinished.")
            ? record["snapshotTable." + key.dropFirst("snapshotFinished.".count)] as? String : nil
        }
      }
    }

    /// Changes rows of all tables until it is stopped.
    private final class Changes: Sendable {
      private let state = Mutex((isStopping: false, isDone: false, count: 0, failure: ""))

      init(_ settings: ConnectionSettings, seed: UInt64) {
        let thread = Thread { [self] in
          var numbers = SeededNumbers(seed: seed)
          do {
            let connection = try PostgresConnection(settings)
            while !state.withLock({ $0.isStopping }) {
              let table = tables[numbers.below(tables.count)]
              let key = numbers.below(rows + 500)
              let statement =
                switch numbers.below(4) {
                case 0: "DELETE FROM \(table) WHERE id = \(key)"
                case 1: "INSERT INTO \(table) VALUES (\(key)) ON CONFLICT (id) DO NOTHING"
                default: "UPDATE \(table) SET v = nextval('version') WHERE id BETWEEN \(key) AND \(key + 3)"
                }
              try connection.execute(statement)
              state.withLock { $0.count += 1 }
              usleep(1_000)
            }
          } catch {
            state.withLock { $0.failure = "\(error)" }
          }
          state.withLock { $0.isDone = true }
        }
        thread.start()
      }

      /// Returns how many statements there were.
      func stop() throws -> Int {
        state.withLock { $0.isStopping = true }
        try waitUntil("the changes end", within: .seconds(10)) { state.withLock { $0.isDone } }
        let (count, failure) = state.withLock { ($0.count, $0.failure) }
        if !failure.isEmpty { throw ProcessFailure(failure) }
        return count
      }
    }

    @Test func whatWasFinishedIsKeptAndNoKeyGoesBackHoweverOftenTheRelayIsKilled() async throws {
      let seed =
        ProcessInfo.processInfo.environment["SLUICE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
      print("kill -9 inside the snapshot: seed \(seed)")
      let problems = try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let kafka = try EmbeddedKafka()
        let server = try PostgresConnection(postgres.tcpSettings())
        try server.execute("CREATE SEQUENCE version")
        for table in Self.tables {
          try server.execute(
            "CREATE TABLE \(table) (id int PRIMARY KEY, v bigint NOT NULL DEFAULT nextval('version'))")
          try server.execute("INSERT INTO \(table) SELECT generate_series(1, \(Self.rows))")
          try kafka.createTopic("p.public.\(table)")
        }
        let files = try Files(postgres, kafka)
        let states = try LastStates(
          bootstrapServers: kafka.bootstrapServers, topics: Self.tables.map { "p.public.\($0)" })
        defer { states.stop() }
        var numbers = SeededNumbers(seed: seed)

        func live(_ what: String, until isReached: () throws -> Bool) throws {
          let relay = try RelayProcess(files.arguments, directory: files.directory)
          try waitUntil(what, within: .seconds(60)) {
            if let status = relay.poll() { throw ProcessFailure("the relay ended, status \(status)\n\(relay.output)") }
            return try isReached()
          }
          relay.kill()
        }
        try live("two tables are finished") { files.finished.count >= 2 }
        let changes = Changes(postgres.tcpSettings(), seed: seed)
        let finished = files.finished
        var problems: [String] = []
        if finished.count == Self.tables.count || files.record["snapshot"] as? String != "running" {
          problems.append("the snapshot was over before the kill")
        }
        let slot = try server.query("SELECT xmin, catalog_xmin FROM pg_replication_slots").rows
        if slot.count != 1 { problems.append("\(slot.count) slots") }
        // Before, at and after the moment at which the rest is stored as an incremental snapshot.
        for _ in 0..<4 {
          let end = ContinuousClock.now + .milliseconds(Int64(5 + numbers.below(100)))
          try live("some milliseconds pass") { ContinuousClock.now >= end }
        }
        try live("the rest is an incremental snapshot") { files.record["snapshot"] as? String == "complete" }
        for _ in 0..<3 {
          let end = ContinuousClock.now + .milliseconds(Int64(150 + numbers.below(400)))
          try live("some milliseconds pass") { ContinuousClock.now >= end }
        }
        var statements = 0
        try live("all is confirmed") {
          guard files.record["snapshot"] as? String == "complete", files.record["incrementalTables"] == nil else {
            return false
          }
          if statements == 0 { statements = try changes.stop() }
          try server.execute("SELECT pg_logical_emit_message(true, 'x', 'x')")
          let end = try server.query("SELECT pg_current_wal_lsn()").firstValue
          try waitUntil("\(end ?? "") is confirmed", within: .seconds(30)) {
            try server.query(
              "SELECT 1 FROM pg_replication_slots WHERE confirmed_flush_lsn >= $1::pg_lsn", [end]
            ).rows.count == 1
          }
          return true
        }
        for table in Self.tables {
          let topic = "p.public.\(table)"
          var now: [Int: Int] = [:]
          for row in try server.query("SELECT id, v FROM \(table)").rows {
            if let id = row[0].flatMap({ Int($0) }), let version = row[1].flatMap({ Int($0) }) { now[id] = version }
          }
          try? waitUntil("\(topic) is complete", within: .seconds(30)) { states[topic].rows == now }
          let seen = states[topic]
          if seen.rows != now {
            let differing = Set(now.keys).union(seen.rows.keys).filter { seen.rows[$0] != now[$0] }
            problems.append("\(table): \(differing.count) keys differ, such as \(Array(differing.prefix(3)))")
          }
          print("\(table): \(seen.firstReads) rows of the first snapshot, \(seen.laterReads) read under watermarks")
          if finished.contains(table) {
            if seen.firstReads != Self.rows || seen.laterReads != 0 {
              problems.append("\(table) was finished, and has \(seen.firstReads) + \(seen.laterReads) rows read")
            }
          } else if seen.laterReads == 0 {
            problems.append("\(table) was not finished, and was not read")
          }
        }
        print("kill -9 inside the snapshot: \(finished.sorted()) finished before, \(statements) changes")
        return problems + states.problems
      }
      #expect(problems.isEmpty, "\(problems.prefix(5).joined(separator: "\n"))")
    }

    @Test func anUnfinishedTableWithoutAKeyMakesItStartAgain() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let kafka = try EmbeddedKafka()
        let server = try PostgresConnection(postgres.tcpSettings())
        try server.execute("CREATE TABLE t1 (id int PRIMARY KEY, v int)")
        try server.execute("INSERT INTO t1 SELECT g, g FROM generate_series(1, 100) g")
        try server.execute("CREATE TABLE t2 (id int, v int)")
        try server.execute("INSERT INTO t2 SELECT g, g FROM generate_series(1, \(Self.rows * 20)) g")
        let topics = ["p.public.t1", "p.public.t2"]
        for topic in topics { try kafka.createTopic(topic) }
        let files = try Files(postgres, kafka)
        let states = try LastStates(bootstrapServers: kafka.bootstrapServers, topics: topics)
        defer { states.stop() }
        let first = try RelayProcess(files.arguments, directory: files.directory)
        try waitUntil("the snapshot has begun\n\(first.output)", within: .seconds(30)) {
          files.record["snapshotTables"] != nil
        }
        first.kill()
        #expect(files.finished.isEmpty)
        let second = try RelayProcess(files.arguments, directory: files.directory)
        try waitUntil("the snapshot is over\n\(second.output)", within: .seconds(60)) {
          files.record["snapshot"] as? String == "complete"
        }
        second.kill()
        #expect(second.output.contains("cannot go on: table public.t2 has no primary key"))
        try waitUntil("both tables are there", within: .seconds(30)) {
          states[topics[0]].firstReads == 100 && states[topics[1]].rows.count == Self.rows * 20
        }
        #expect(states.problems.isEmpty && topics.allSatisfy { states[$0].laterReads == 0 })
      }
    }
  }
}
