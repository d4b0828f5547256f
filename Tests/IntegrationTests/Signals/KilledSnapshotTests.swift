import Foundation
import PostgresSource
import Synchronization
import Testing

extension Integration {
  /// An incremental snapshot of a real table under load, with the relay killed in the middle of it.
  @Suite struct KilledSnapshotTests {
    private static let rows = 4_000
    private static let chunkRows = 20

    private struct Outcome: Sendable {
      var changes: [SignalRig.Change] = []
      var table: [Int: Int] = [:]
      /// Chunks that had been begun at each kill.
      var chunksAtKill: [Int] = []
      /// Changes by the load while the snapshot was taken.
      var loadCount = 0
      /// The line of the log that tells of the end.
      var completion = ""
    }

    @Test func everyKeyHasItsNewestStateLastHoweverOftenTheRelayIsKilled() async throws {
      let outcome = try await onOwnThread { try Self.run() }
      // A key that is gone may never have come: `nil` either way.
      var last: [Int: Int] = [:]
      for change in outcome.changes { last[change.id] = change.version }
      let missing = outcome.table.keys.filter { last[$0] == nil }.sorted()
      #expect(missing.isEmpty, "keys \(missing.prefix(5)) of \(missing.count)")
      let differing = last.filter { outcome.table[$0.key] != $0.value }.keys.sorted()
      #expect(differing.isEmpty, "keys \(differing.prefix(5)) of \(differing.count)")
      let chunks = Self.rows / Self.chunkRows
      #expect(outcome.chunksAtKill.count == 3)
      #expect(outcome.chunksAtKill.allSatisfy { $0 < chunks }, "\(outcome.chunksAtKill)")
      #expect(outcome.loadCount > 50)
      // A restart goes on behind what is stored: the first chunk is not read again.
      let first = outcome.changes.filter { $0.operation == "r" && $0.id <= Self.chunkRows }.map(\.id)
      #expect(first.count == Set(first).count, "\(first)")
      #expect(outcome.completion.contains("aggregateType='Incremental Snapshot', type='COMPLETED', additionalData={"))
      #expect(outcome.completion.contains("connector_name=fin"))
    }

    private static func run() throws -> Outcome {
      let rig = try SignalRig(
        topics: ["fin.public.item"],
        sql: """
          CREATE TABLE item (id int PRIMARY KEY, version int);
          INSERT INTO item SELECT i, 0 FROM generate_series(1, \(rows)) i;
          """
      ) { _ in
        [
          "incremental.snapshot.chunk.size": String(chunkRows), "notification.enabled.channels": "log",
        ]
      }
      defer { rig.stop() }
      var outcome = Outcome()
      var relay = try rig.startRelay()
      let load = Load(rig.postgres.tcpSettings(), keys: rows)
      defer { _ = load.stop() }
      try rig.server.execute(
        """
        INSERT INTO signal VALUES ('s', 'execute-snapshot', '{"data-collections": ["public.item"]}')
        """)
      for _ in 1...3 {
        let begun = try chunks(rig)
        try rig.wait("chunks are read", relay) { try chunks(rig) >= begun + 8 }
        let stored = rig.storedState
        try rig.wait("the state is stored", relay) { rig.storedState != stored }
        relay.kill()
        outcome.chunksAtKill.append(try chunks(rig))
        relay = try rig.startRelay()
      }
      try rig.wait("the snapshot is complete", relay) { relay.output.contains("type='COMPLETED'") }
      outcome.completion =
        relay.output.split(separator: "\n").first { $0.contains("'COMPLETED'") }.map(String.init) ?? ""
      outcome.loadCount = load.stop()
      try rig.waitUntilConfirmed(relay)
      try relay.stop()
      for row in try rig.server.query("SELECT id, version FROM item").rows {
        if let id = row[0].flatMap({ Int($0) }) { outcome.table[id] = row[1].flatMap { Int($0) } }
      }
      outcome.changes = try rig.changes("item")
      return outcome
    }

    private static func chunks(_ rig: SignalRig) throws -> Int {
      let sql = "SELECT count(*) FROM signal WHERE type = 'snapshot-window-open'"
      return try rig.server.query(sql).firstValue.flatMap { Int($0) } ?? 0
    }

    /// Updates, deletes and inserts rows all over the table.
    private final class Load: Sendable {
      private let state = Mutex((isStopping: false, isDone: false, count: 0))

      init(_ settings: ConnectionSettings, keys: Int) {
        let thread = Thread { [self] in
          try? write(settings, keys)
          state.withLock { $0.isDone = true }
        }
        thread.start()
      }

      private func write(_ settings: ConnectionSettings, _ keys: Int) throws {
        let server = try PostgresConnection(settings)
        var numbers = SeededNumbers(seed: 7)
        while !state.withLock({ $0.isStopping }) {
          let (key, version) = (1 + numbers.below(keys), state.withLock { $0.count } + 1)
          if numbers.below(5) == 0 {
            try server.execute("DELETE FROM item WHERE id = \(key)")
          } else {
            try server.execute(
              """
              INSERT INTO item VALUES (\(key), \(version)) ON CONFLICT (id) DO UPDATE SET version = excluded.version
              """)
          }
          state.withLock { $0.count = version }
          usleep(2_000)
        }
      }

      /// How many changes it made.
      func stop() -> Int {
        state.withLock { $0.isStopping = true }
        try? waitUntil("the load ends", within: .seconds(10)) { state.withLock { $0.isDone } }
        return state.withLock { $0.count }
      }
    }
  }
}
