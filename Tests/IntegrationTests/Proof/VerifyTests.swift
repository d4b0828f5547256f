import Foundation
import PostgresSource
import Synchronization
import Testing

extension Integration {
  /// `sluice verify` against a real server and a broker, relays and programs as processes of their own.
  @Suite struct VerifyTests {
    private static let load = """
      INSERT INTO account (id, owner, balance, note, opened)
      SELECT i, 'owner ' || i, i * 1.5, CASE WHEN i % 10 = 0 THEN repeat(md5(i::text), 200) END,
        CASE WHEN i = 7 THEN '0044-03-15 BC'::date ELSE '2024-02-29'::date END
      FROM generate_series(1, 300) i;
      INSERT INTO outboxevent (aggregatetype, aggregateid, type, payload)
      SELECT 'Order', i::text, 'T', jsonb_build_object('n', i) FROM generate_series(1, 200) i
      """

    @Test func everythingIsProvenAndEachDifferenceIsNamedByItsKey() async throws {
      let (clean, changed, broken, kept, text) = try await onOwnThread { try Self.run() }
      #expect(clean.status == 0, "\(clean.output)\(clean.diagnostics)")
      #expect(clean.differences == [])
      #expect(clean.rows == 500 && clean.matched == 500 && clean.hashesAgree)
      #expect(clean.aggregates == ["Order"])

      #expect(changed.status == 0, "\(changed.output)\(changed.diagnostics)")
      #expect(changed.rows == 475 && changed.matched == 475)
      #expect(changed.unavailableValues >= 10, "updates leave out notes that they did not touch")
      #expect(changed.addedColumns > 0, "rows have a column that older records lack")
      #expect(changed.withoutRow == 15)
      #expect(changed.duplicates == 0)

      #expect(broken.status == 1, "\(broken.output)\(broken.diagnostics)")
      let names = broken.differences.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
      #expect(
        Set(names) == [
          #"missing bank.public.account {"id":900}"#, #"missing bank.public.account {"id":20}"#,
          #"different bank.public.account {"id":21}"#, #"extra bank.public.account {"id":77777}"#,
          "missing bank.events.Order 00000000-0000-0000-0000-000000000001",
        ], "\(broken.differences)")
      #expect(broken.differences.contains(#"different bank.public.account {"id":21} balance"#))
      #expect(!broken.hashesAgree)
      #expect(broken.duplicates == 1)

      #expect(kept.status == 1)
      #expect(kept.differences.count { $0.hasPrefix("extra bank.events.Order") } == 16)
      #expect(text.status == 1)
      #expect(text.output.contains("MISSING bank.public.account key {\"id\":900} (table public.account)"))
      #expect(text.output.contains("NOT PROVEN"))
      #expect(!text.output.contains("owner 1"), "other values than keys are not printed")
    }

    private static func run() throws -> (
      ProofAnswer, ProofAnswer, ProofAnswer, ProofAnswer, (status: Int32, output: String, diagnostics: String)
    ) {
      let rig = try ProofRig()
      defer { rig.stop() }
      try rig.server.execute(load)
      try rig.startRelay()
      let clean = try rig.verify()
      try rig.server.execute(
        """
        UPDATE account SET balance = balance + 0.01 WHERE id % 3 = 0;
        UPDATE account SET id = id + 1000 WHERE id BETWEEN 291 AND 295;
        DELETE FROM account WHERE id BETWEEN 281 AND 290;
        ALTER TABLE account ADD COLUMN branch text NOT NULL DEFAULT 'main', ADD COLUMN limit_amount numeric;
        UPDATE account SET branch = 'north' WHERE id % 50 = 0;
        UPDATE account SET updated_at = '2024-01-01 10:00:00.123456Z' WHERE id = 21;
        DELETE FROM outboxevent WHERE aggregateid::int <= 15
        """)
      let changed = try rig.verify()
      // Rows that the publication did not have when they came are truly lost.
      try rig.server.execute(
        """
        ALTER PUBLICATION accounts DROP TABLE account;
        ALTER PUBLICATION events DROP TABLE outboxevent;
        INSERT INTO account (id, owner, balance) VALUES (900, 'lost', 1);
        INSERT INTO outboxevent VALUES ('00000000-0000-0000-0000-000000000001', 'Order', 'x', 'T', '{}');
        ALTER PUBLICATION accounts ADD TABLE account;
        ALTER PUBLICATION events ADD TABLE outboxevent
        """)
      let row = #"""
        {"before":null,"after":{"id":%d,"owner":"owner %d","balance":"9.99","note":null,"opened":19782,"updated_at":"2024-01-01T10:00:00.123456Z","branch":"main","limit_amount":null},"source":{"lsn":1},"op":"u","ts_ms":1}
        """#
      func value(_ id: Int) -> String { String(format: row, id, id) }
      try rig.produce(ProofRig.accounts, key: #"{"id":20}"#, value: nil)
      try rig.produce(ProofRig.accounts, key: #"{"id":21}"#, value: value(21))
      try rig.produce(ProofRig.accounts, key: #"{"id":77777}"#, value: value(77777))
      let id = try rig.server.query("SELECT id FROM outboxevent WHERE aggregateid = '100'").firstValue ?? ""
      try rig.produce(ProofRig.events, key: "100", value: #"{"n":100}"#, headers: [("id", id)])
      try rig.produce(ProofRig.events, key: "1", value: "{}", headers: [("id", "unknown")])
      let broken = try rig.verify()
      let kept = try rig.verify(["--outbox-is-kept"])
      let text = try rig.sluice(["verify"] + rig.files)
      return (clean, changed, broken, kept, text)
    }

    @Test func writesMayGoOnWhileItReads() async throws {
      let (answers, last) = try await onOwnThread {
        let rig = try ProofRig()
        defer { rig.stop() }
        try rig.server.execute(Self.load)
        try rig.startRelay()
        let settings = rig.postgres.tcpSettings()
        let isDone = Mutex(false)
        let writer = Thread {
          guard let connection = try? PostgresConnection(settings) else { return }
          var round = 0
          while !isDone.withLock({ $0 }) {
            round += 1
            // The broker keeps 5 MB of a partition.
            usleep(5_000)
            try? connection.execute(
              """
              UPDATE account SET balance = balance + 1, updated_at = now() WHERE id % 40 = \(round % 40);
              DELETE FROM account WHERE id = \(round % 300);
              INSERT INTO account (id, owner, balance) VALUES (\(round % 300), 'again', \(round));
              INSERT INTO outboxevent (aggregatetype, aggregateid, type, payload) VALUES ('Order', '\(round)', 'T', '{}')
              """)
          }
        }
        writer.start()
        let answers = try (0..<3).map { _ in try rig.verify() }
        isDone.withLock { $0 = true }
        rig.killRelay()
        try rig.startRelay()
        return (answers, try rig.verify(["--outbox-is-kept"]))
      }
      for answer in answers + [last] {
        #expect(answer.status == 0, "\(answer.differences.prefix(5)) \(answer.diagnostics)")
        #expect(answer.rows >= 499 && answer.matched == answer.rows)
      }
    }

    @Test func whateverTheConnectorMakesOfARowIsCompared() async throws {
      let (clean, broken, window) = try await onOwnThread {
        let rig = try ProofRig([
          "transforms": "unwrap", "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
          "transforms.unwrap.add.fields": "op,lsn,source.ts_ms",
          "column.mask.hash.SHA-256.with.salt.s": "public.account.owner",
          "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "true",
          "decimal.handling.mode": "precise",
        ])
        defer { rig.stop() }
        try rig.server.execute(Self.load)
        try rig.startRelay(connectors: 1)
        try rig.server.execute(
          "UPDATE account SET balance = 5 WHERE id % 3 = 0; DELETE FROM account WHERE id > 290")
        let clean = try rig.verify(connectors: 1)
        let since = ISO8601DateFormatter().string(from: Date() + 2)
        usleep(2_500_000)
        try rig.server.execute(
          """
          UPDATE account SET balance = 6, updated_at = now() WHERE id = 1;
          ALTER PUBLICATION accounts DROP TABLE account;
          UPDATE account SET owner = 'nobody', updated_at = now() WHERE id IN (2, 3);
          ALTER PUBLICATION accounts ADD TABLE account
          """)
        let broken = try rig.verify(connectors: 1)
        let window = try rig.verify(["--since", since, "--time-column", "updated_at"], connectors: 1)
        return (clean, broken, window)
      }
      #expect(clean.status == 0, "\(clean.differences) \(clean.remarks) \(clean.diagnostics)")
      #expect(clean.rows == 290 && clean.matched == 290)
      #expect(
        broken.differences == [
          #"different bank.public.account {"id":2} owner,updated_at"#,
          #"different bank.public.account {"id":3} owner,updated_at"#,
        ])
      #expect(
        window.differences == [
          #"missing bank.public.account {"id":2}"#, #"missing bank.public.account {"id":3}"#,
        ], "\(window.output)")
      #expect(window.matched == 1 && window.outsideWindow == 287)
    }
  }
}
