import Foundation
import PostgresSource
import Testing

extension Integration {
  /// What is published does not depend on whether the server sends transactions before or after their commit, down to
  /// positions, sequences and transaction metadata. `SLUICE_SEED` sets the seed, which is printed; `SLUICE_STATEMENTS` the
  /// length of the log.
  @Suite struct OpenTransactionTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func seed() -> UInt64 {
      let seed = environment["SLUICE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
      print("open transactions: seed \(seed)")
      return seed
    }

    @Test func recordsAreTheSameWhetherTransactionsAreSentOpenOrCommitted() async throws {
      let seed = Self.seed()
      let statements = Self.environment["SLUICE_STATEMENTS"].flatMap { Int($0) } ?? 400
      try await onOwnThread {
        let rig = try OpenTransactionRig()
        defer { rig.stop() }
        var sessions = try InterleavedSessions(rig.postgres.tcpSettings(), seed: seed, rowsMax: 100)
        try sessions.run(statements: statements)
        // Both read the log when it is all there, so that the catalogue answers both the same.
        _ = try rig.readAll(.off)
        let log = try rig.readAll(.parallel)
        #expect(try rig.openTransactionsSent(to: .off) == 0)
        #expect(try rig.openTransactionsSent(to: .parallel) > 0, "no transaction was sent open")
        let committed = try rig.records(.off)
        var open = try rig.records(.parallel)
        // A message outside transactions moves no position: after a way back to the other protocol it comes again.
        open["open.message"] = Self.withoutRepetitions(open["open.message"] ?? [])
        #expect(committed.values.reduce(0) { $0 + $1.count } > statements)
        Self.compare(committed, open, log)
      }
    }

    /// The server, which had brought the savepoint's first rows to disk, sends them and never says that they were rolled back.
    @Test func aLargeSavepointThatARestartFallsIntoIsNotInventedWhenItIsRolledBack() async throws {
      try await onOwnThread {
        let rig = try OpenTransactionRig()
        defer { rig.stop() }
        let writer = try PostgresConnection(rig.postgres.tcpSettings())
        func insert(_ session: Int, _ rows: Int) -> String {
          "INSERT INTO shared (session, v) SELECT \(session), i FROM generate_series(1, \(rows)) i"
        }
        try writer.execute("BEGIN; \(insert(1, 10)); SAVEPOINT s; \(insert(2, 5_000))")
        _ = try rig.readAll(.parallel)
        // So few that they are sent once: once more, and the server would count the savepoint among what it has sent.
        try writer.execute("\(insert(3, 400)); ROLLBACK TO s; \(insert(4, 10)); COMMIT")
        for reader in OpenTransactionRig.Reader.allCases { _ = try rig.readAll(reader) }
        Self.compare(try rig.records(.off), try rig.records(.parallel))
      }
    }

    /// One row, of which the server counts the chunks of its value: it is full in the middle of it, and never says that it was
    /// rolled back.
    @Test func aSavepointOfOneLargeValueIsNotInventedWhenItIsRolledBack() async throws {
      try await onOwnThread {
        let rig = try OpenTransactionRig()
        defer { rig.stop() }
        try rig.server.execute(
          "CREATE TABLE wide (id int PRIMARY KEY, v text); ALTER TABLE wide ALTER v SET STORAGE EXTERNAL")
        let writer = try PostgresConnection(rig.postgres.tcpSettings())
        _ = try rig.readAll(.parallel) { relay in
          try relay.waitUntilStreaming(rig.server)
          try writer.execute(
            "BEGIN; INSERT INTO wide VALUES (1, 'a'); SAVEPOINT s; INSERT INTO wide VALUES (2, repeat('x', 12000000))")
          try waitUntil("the transaction is sent open\n\(relay.output)", within: .seconds(30)) {
            try rig.openTransactionsSent(to: .parallel) > 0
          }
          try writer.execute("ROLLBACK TO s; INSERT INTO wide VALUES (3, 'b'); COMMIT")
        }
        _ = try rig.readAll(.off)
        Self.compare(try rig.records(.off), try rig.records(.parallel))
      }
    }

    /// The server, slow, still has the session that the relay gave up when it comes back for committed transactions only.
    @Test func theWayBackRepeatsNothingWhileTheServerStillHasTheEarlierSession() async throws {
      try await onOwnThread {
        let rig = try OpenTransactionRig()
        defer { rig.stop() }
        func insert(_ rows: Int) -> String {
          "INSERT INTO shared (session, v) SELECT 1, i FROM generate_series(1, \(rows)) i;"
        }
        let log = try rig.readAll(.parallel) { relay in
          try relay.waitUntilStreaming(rig.server)
          let process = try rig.process(streamingTo: .parallel)
          // No new connection until the old session hangs.
          let postmaster = try rig.postmaster
          kill(postmaster, SIGSTOP)
          defer {
            kill(postmaster, SIGCONT)
            kill(process, SIGCONT)
          }
          for _ in 0..<100 { try rig.server.execute("BEGIN; \(insert(20)) COMMIT") }
          try rig.server.execute(
            """
            BEGIN; \(insert(500)) SAVEPOINT s; SELECT pg_logical_emit_message(true, 'm', 'x'); \(insert(500))
            ROLLBACK TO s; \(insert(500)) COMMIT
            """)
          try waitUntil("the relay gives its session up\n\(relay.output)", within: .seconds(20)) {
            relay.output.contains("connecting again")
          }
          kill(process, SIGSTOP)
          kill(postmaster, SIGCONT)
          try waitUntil("the relay meets its session\n\(relay.output)", within: .seconds(20)) {
            relay.output.contains("earlier session") || relay.output.contains("standing by")
          }
        }
        _ = try rig.readAll(.off)
        Self.compare(try rig.records(.off), try rig.records(.parallel), log)
      }
    }

    @Test func aKillWhileATransactionIsOpenLosesAndInventsNothing() async throws {
      let seed = Self.seed()
      try await onOwnThread {
        let rig = try OpenTransactionRig()
        defer { rig.stop() }
        var sessions = try InterleavedSessions(rig.postgres.tcpSettings(), seed: seed, rowsMax: 50)
        try sessions.run(statements: 60)
        // Most of it is rolled back, so that the files are large and the topic is not: the embedded broker keeps 5 MB of one.
        try rig.server.execute(
          """
          BEGIN; INSERT INTO shared (session, v) SELECT 9, i FROM generate_series(1, 300) i;
          SAVEPOINT s; INSERT INTO shared (session, v) SELECT 10, i FROM generate_series(1, 20000) i; ROLLBACK TO s;
          INSERT INTO shared (session, v) SELECT 11, i FROM generate_series(1, 300) i; COMMIT
          """)
        try sessions.run(statements: 60)
        _ = try rig.readAll(.off)
        var killsWithFiles = 0
        for kill in 0..<2 {
          let relay = try rig.start(.parallel)
          try waitUntil("a file grows\n\(relay.output)", within: .seconds(20)) { rig.spilledBytes(relay) > 300_000 }
          // The first while the file is open; the second wherever it hits.
          if kill > 0 { usleep(UInt32(seed % 7) * 30_000) }
          if rig.spilledBytes(relay) > 0 { killsWithFiles += 1 }
          relay.kill()
        }
        #expect(killsWithFiles > 0, "every kill came after the files")
        #expect(rig.spillFileNames.isEmpty, "a kill leaves row data on disk")
        _ = try rig.readAll(.parallel)
        // What comes again comes in whole transactions; each record's first time is where it belongs.
        var open = try rig.records(.parallel)
        for (topic, records) in open { open[topic] = Self.withoutRepetitions(records) }
        Self.compare(try rig.records(.off), open)
      }
    }

    /// Every record has its position in it, so that none is like another.
    private static func withoutRepetitions(_ records: [String]) -> [String] {
      var seen: Set<String> = []
      return records.filter { seen.insert($0).inserted }
    }

    private static func compare(_ committed: [String: [String]], _ open: [String: [String]], _ log: String = "") {
      #expect(committed.keys.sorted() == open.keys.sorted())
      for (topic, records) in committed {
        let others = open[topic] ?? []
        #expect(records.count == others.count, "\(topic)\n\(log)")
        if let index = zip(records, others).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
          Issue.record("\(topic), record \(index):\n  \(records[index].prefix(900))\n  \(others[index].prefix(900))")
        }
      }
    }
  }
}
