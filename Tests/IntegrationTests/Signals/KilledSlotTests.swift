import PostgresSource
import Testing

extension Integration {
  /// A relay that is killed when its slot is made, and its state record does not say so yet.
  @Suite struct KilledSlotTests {
    @Test(arguments: ["initial", "when_needed", "no_data"])
    func aSlotThatWasMadeForAKilledRelayLosesNothing(mode: String) async throws {
      let (before, after, changes, output) = try await onOwnThread { () throws in
        let rig = try SignalRig(
          topics: ["fin.public.item", "fin.public.signal"],
          sql: "CREATE TABLE item (id int PRIMARY KEY, version int); INSERT INTO item VALUES (1, 0), (2, 0)",
          keepsStateInTable: true
        ) { _ in ["snapshot.mode": mode] }
        defer { rig.stop() }
        // A slot is not made before the transactions that have written are over.
        let writer = try PostgresConnection(rig.postgres.tcpSettings())
        try writer.execute("BEGIN; INSERT INTO item VALUES (9, 0)")
        let killed = try rig.launchRelay()
        try rig.wait("the slot is being made", killed) {
          try rig.server.query(
            """
            SELECT 1 FROM pg_stat_activity
            WHERE query LIKE 'CREATE_REPLICATION_SLOT%' AND state = 'active' AND wait_event_type = 'Lock'
            """
          ).rows.count == 1
        }
        // "running" is stored; that there is a slot cannot be.
        let lock = try PostgresConnection(rig.postgres.tcpSettings())
        try lock.execute("BEGIN; LOCK TABLE sluice.offsets IN EXCLUSIVE MODE")
        try writer.execute("COMMIT")
        try rig.wait("the slot is made and the record waits", killed) {
          try rig.server.query(
            """
            SELECT 1 FROM pg_replication_slots WHERE confirmed_flush_lsn IS NOT NULL AND EXISTS (
              SELECT 1 FROM pg_locks WHERE relation = 'sluice.offsets'::regclass AND NOT granted)
            """
          ).rows.count == 1
        }
        killed.kill()
        try lock.execute("COMMIT")
        let before = try rig.server.query("SELECT state FROM sluice.offsets").firstValue
        try rig.server.execute("INSERT INTO item VALUES (3, 0)")
        try rig.server.execute("DELETE FROM item WHERE id = 1")
        try rig.server.execute("UPDATE item SET version = 1 WHERE id = 2")
        let relay = try rig.startRelay()
        try rig.waitUntilConfirmed(relay)
        try relay.stop()
        let after = try rig.server.query("SELECT state FROM sluice.offsets").firstValue
        return (before, after, try rig.changes("item"), relay.output)
      }
      #expect(before?.contains(#""ownsSlot":false,"snapshot":"running""#) == true, "\(before ?? "")")
      // It stays one that was there before, which no snapshot may replace.
      #expect(after?.contains(#""ownsSlot":false,"snapshot":"complete""#) == true, "\(after ?? "")")
      var last: [Int: SignalRig.Change] = [:]
      for change in changes { last[change.id] = change }
      #expect(last[1]?.operation == "d" && last[2]?.version == 1 && last[3]?.version == 0, "\(changes)\n\(output)")
      if mode == "no_data" {
        #expect(changes.map(\.operation).sorted() == ["c", "d", "u"], "\(changes)\n\(output)")
      } else {
        #expect(last[9]?.version == 0, "\(changes)\n\(output)")
        #expect(changes.count { $0.operation == "r" } == 3, "\(changes)\n\(output)")
      }
    }
  }
}
