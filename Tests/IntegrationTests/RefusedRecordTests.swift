import EmbeddedServers
import Foundation
import PostgresSource
import Testing

extension Integration {
  /// What Kafka refuses becomes a dead letter in its place, and `sluice replay` redelivers it in order after a mend.
  @Suite struct RefusedRecordTests {
    private static let large = String(repeating: "0123456789", count: 5_000)

    @Test(arguments: [false, true])
    func aRecordTooLargeIsALetterItsKeyWaitsAndReplayRedeliversInOrder(isExactlyOnce: Bool) async throws {
      let (first, second, third, report, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: isExactlyOnce)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(["producer.max.request.size": "20000"])
        var relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, 'a'), (2, 'a')")
        try bank.execute("UPDATE t SET note = '\(Self.large)' WHERE id = 1")
        try bank.execute("UPDATE t SET note = 'behind' WHERE id = 1; UPDATE t SET note = 'b' WHERE id = 2")
        try bank.settle(relay)
        let busy = try bank.replay()
        relay.kill()
        // What waits is remembered by the letters, not by the process.
        relay = try bank.start()
        try bank.execute("UPDATE t SET note = 'later' WHERE id = 1; UPDATE t SET note = 'c' WHERE id = 2")
        try bank.settle(relay)
        try relay.stop()
        let first = try bank.notes()
        try bank.write([:])
        let report = try bank.replay()
        let second = try bank.notes()
        let again = try bank.replay()
        let next = try bank.start()
        try bank.execute("UPDATE t SET note = 'last' WHERE id = 1")
        try bank.settle(next)
        try next.stop()
        return (first, second, try bank.notes(), [busy, report, again], relay.output + next.output)
      }
      #expect(first[1] == ["a"] && first[2] == ["a", "b", "c"], "\(output)")
      #expect(second[1]?.removingRepeats == ["a", Self.large, "behind", "later"], "\(report)\n\(output)")
      #expect(second[2] == ["a", "b", "c"])
      // The in-process broker forgets offsets that are committed in a transaction.
      if !isExactlyOnce { #expect(third[1]?.last == "last", "\(output)") }
      #expect(report[0].contains("75"), "\(report[0])")
      #expect(report[1].contains("records were redelivered") && report[1].hasSuffix("0"), "\(report[1])")
      if !isExactlyOnce { #expect(report[2].contains("no letters are outstanding"), "\(report[2])") }
      #expect(!output.contains("0123456789"), "row values are never logged")
    }

    /// What failed again stands at the end of the topic then, behind newer letters of its key.
    @Test func aReplayThatGoesOnAfterAKillKeepsTheOrderOfAKey() async throws {
      let count = 3_000
      let (notes, reports, lettersAtKill) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(["producer.max.request.size": "20000"])
        let relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, 'a'); UPDATE t SET note = '\(Self.large)'")
        try bank.execute("DO $$ BEGIN FOR i IN 1..\(count) LOOP UPDATE t SET note = i; END LOOP; END $$")
        try bank.settle(relay)
        try relay.stop()
        let killed = try RelayProcess(["replay"] + bank.files, directory: bank.postgres.directory)
        try waitUntil("letters are letters again\n\(killed.output)", within: .seconds(60)) {
          try bank.letters() > count + 1 + 600
        }
        killed.kill()
        let letters = try bank.letters()
        try bank.write([:])
        let reports = [try bank.replay(), try bank.replay(), try bank.replay()]
        return (try bank.notes(), reports, letters)
      }
      #expect(lettersAtKill < 2 * count)
      let repeated = notes[1] ?? []
      #expect(repeated.first == "a")
      let large = repeated.firstIndex(of: Self.large) ?? .max
      #expect(repeated.firstIndex { Int($0) != nil } ?? 0 > large, "\(reports)")
      #expect(repeated.last == "\(count)", "\(reports)")
    }

    /// Another snapshot would stand for what was not delivered yet, and shows nothing of a row that is gone.
    @Test func aConnectorThatStartsOverTakesNoSnapshotAgain() async throws {
      let (notes, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write([:], connector: ["snapshot.mode": "always"])
        let relay = try bank.start()
        bank.broker.kafka.failNext(.produce, with: [.messageTooLarge])
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, 500) i; DELETE FROM t")
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), relay.output)
      }
      #expect(output.contains("starting over"))
      #expect(notes.count == 500, "\(output)")
    }

    @Test(arguments: [EmbeddedKafka.RequestError.messageTooLarge, .topicAuthorizationFailed])
    func aBrokersRefusalDoesNotLoseWhatIsBesideItInTheBatch(_ error: EmbeddedKafka.RequestError) async throws {
      let (notes, letters, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write([:])
        let relay = try bank.start()
        bank.broker.kafka.failNext(.produce, with: [error])
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, 500) i")
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), try bank.letters(), relay.output)
      }
      if error == .messageTooLarge {
        // It was the batch that was too large: smaller ones are taken.
        #expect(Set(notes.keys) == Set(1...500) && letters == 0, "\(output)")
      } else {
        #expect(letters > 0 && notes.keys.count + letters >= 500, "\(output)")
      }
    }

    @Test func withoutToleranceTheConnectorStopsAndNamesTableKeyAndCause() async throws {
      let (status, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(["producer.max.request.size": "20000"], connector: ["errors.tolerance": "none"])
        let relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, '\(Self.large)')")
        var status: Int32?
        try waitUntil("the relay ends", within: .seconds(20)) {
          status = relay.poll()
          return status != nil
        }
        return (status, relay.output)
      }
      #expect(status == 70, "\(output)")
      #expect(
        output.contains("public.t") && output.contains("key id") && output.contains("max.request.size"), "\(output)")
    }

    /// A database with one table, a broker, and a connector between them.
    private final class Bank {
      let postgres: EmbeddedPostgres
      let broker: CaseBroker
      private let server: PostgresConnection
      private let isExactlyOnce: Bool
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
          : ["offset.storage.file.filename=\(postgres.directory)/offsets"]
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

      func letters() throws -> Int { try broker.records().count { $0.topic == "letters" } }
    }
  }
}

extension [String] {
  /// Without what stands twice in a row.
  fileprivate var removingRepeats: [String] {
    reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}
