import Foundation
import PostgresSource
import Testing

extension Integration {
  /// A commit that waits for a synchronous standby is in the log, and streamed, while no other session sees it.
  @Suite struct InvisibleCommitTests {
    /// - Parameter isAskedForInside: by the very transaction that is not visible, and without watermarks in the table.
    @Test(arguments: [false, true])
    func aChunkIsReadAgainUntilItShowsWhatTheStreamHasBrought(isAskedForInside: Bool) async throws {
      let changes = try await onOwnThread { try Self.run(isAskedForInside) }
      let ofRow = changes.filter { $0.id == 3 }
      #expect(ofRow.map(\.operation) == ["r", "u", "r"])
      #expect(ofRow.map(\.version) == [0, 1, 1])
      #expect(changes.filter { $0.operation == "r" }.count == 20)
    }

    private static func run(_ isAskedForInside: Bool) throws -> [SignalRig.Change] {
      let rig = try SignalRig(
        topics: ["fin.public.item"],
        sql: """
          CREATE TABLE item (id int PRIMARY KEY, version int);
          INSERT INTO item SELECT i, 0 FROM generate_series(1, 10) i;
          """
      ) { _ in
        [
          "incremental.snapshot.chunk.size": "5", "notification.enabled.channels": "log",
          "read.only": String(isAskedForInside),
        ]
      }
      defer { rig.stop() }
      // Only who asks for it waits for the standby, which never comes.
      try rig.server.execute("ALTER SYSTEM SET synchronous_commit = local")
      try rig.server.execute("ALTER SYSTEM SET synchronous_standby_names = nobody")
      try rig.server.execute("SELECT pg_reload_conf()")
      let relay = try rig.startRelay()
      func signal(_ number: Int) -> String {
        "INSERT INTO signal VALUES ('s\(number)', 'execute-snapshot', '{\"data-collections\": [\"public.item\"]}')"
      }
      func completed() -> Int { relay.output.components(separatedBy: "type='COMPLETED'").count - 1 }
      // A first one, so that this relay has begun without doubts.
      try rig.server.execute(signal(1))
      try rig.wait("the first snapshot is complete", relay) { completed() == 1 }

      let settings = rig.postgres.tcpSettings()
      let change = "UPDATE item SET version = 1 WHERE id = 3"
      let statement = isAskedForInside ? "BEGIN; \(change); \(signal(2)); COMMIT" : change
      let writer = Thread {
        guard let connection = try? PostgresConnection(settings) else { return }
        try? connection.execute("SET synchronous_commit = on")
        try? connection.execute(statement)
      }
      writer.start()
      try rig.wait("the update is streamed", relay) { try rig.changes("item").contains { $0.version == 1 } }
      #expect(try rig.server.query("SELECT version FROM item WHERE id = 3").firstValue == "0")
      if !isAskedForInside { try rig.server.execute(signal(2)) }
      try rig.wait("the chunk is put off, or sent", relay) {
        relay.output.contains("not visible yet") || completed() == 2
      }
      try rig.server.execute("ALTER SYSTEM RESET synchronous_standby_names")
      try rig.server.execute("SELECT pg_reload_conf()")
      try rig.wait("the second snapshot is complete", relay) { completed() == 2 }
      try rig.waitUntilConfirmed(relay)
      try relay.stop()
      return try rig.changes("item")
    }
  }
}
