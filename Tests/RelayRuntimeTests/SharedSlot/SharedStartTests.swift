import EventRouting
import Primitives
import Testing

@testable import PostgresSource
@testable import RelayRuntime

/// The start's decision, and what the files of connectors that share a slot must have in common.
@Suite struct SharedStartTests {
  private func decide(position: UInt64, confirmed: UInt64, isShared: Bool = true) -> StartDecision {
    let table = TableID(schema: "public", name: "a")
    let state = StateRecord(
      connector: "c", systemIdentifier: "42", timeline: 1, database: "bank", slot: "s", ownsSlot: false,
      snapshot: .running, position: StreamPosition(acknowledged: LSN(rawValue: position), lastCommit: nil),
      resumable: ResumableSnapshot(tables: [table], finished: []))
    return StartDecision.decide(
      StartDecision.Situation(
        state: state,
        slot: ReplicationSlot(
          name: "s", plugin: "pgoutput", database: "bank", activePID: nil, confirmedFlush: LSN(rawValue: confirmed),
          restart: nil, walStatus: "reserved"),
        slotName: "s", database: "bank",
        identity: ReplicationConnection.SystemIdentity(
          systemIdentifier: "42", timeline: 1, walFlushed: LSN(rawValue: 0x1000), database: "bank"),
        policy: .initial, resumesSnapshot: true, isShared: isShared))
  }

  @Test func interruptedSnapshotGoesOnWhereTheSlotHoldsAllSince() {
    #expect(decide(position: 0x200, confirmed: 0x100) == .resumeSnapshot(from: LSN(rawValue: 0x200)))
    #expect(
      decide(position: 0x200, confirmed: 0x201) == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x201)))
    // A slot that others made, and no shared one, is no ground to go on.
    #expect(
      decide(position: 0x200, confirmed: 0x100, isShared: false)
        == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x100)))
  }

  private func plan(_ name: String, _ change: (inout ConnectorPlan) -> Void = { _ in }) -> ConnectorPlan {
    var plan = ConnectorPlan(
      name: name, database: ConnectionSettings(["host": "h", "port": "1", "dbname": "d", "user": "u"]),
      databaseName: "d", slot: "s", publication: name, publicationMode: .disabled,
      snapshot: SnapshotPlan(policy: .initial), producerProperties: [], clientProperties: [], storage: .table,
      makePipelineOptions: { _ in fatalError("not asked for") })
    plan.sharedSlot = SharedSlotPlan()
    change(&plan)
    return plan
  }

  @Test func connectorsOfOneStreamAgreeOnIt() {
    #expect(SharedSlotPlan.conflict([plan("a"), plan("b")]) == nil)
    let differences: [(String, (inout ConnectorPlan) -> Void)] = [
      ("database.hostname", { $0.database["host"] = "other" }), ("database.port", { $0.database["port"] = "2" }),
      ("database.dbname", { $0.database["dbname"] = "other" }), ("database.user", { $0.database["user"] = "other" }),
      ("slot.stream.params", { $0.streamParameters = [("binary", "on")] }),
      ("slot.failover", { $0.isFailoverSlot = true }), ("sluice.streaming", { $0.streaming.mode = .off }),
      ("sluice.spill.directory", { $0.streaming.directory = "/x" }),
      ("sluice.spill.memory.bytes", { $0.streaming.memoryBytesMax = 1 }),
      ("slot.drop.on.stop", { $0.dropsSlotOnStop = true }),
    ]
    for (name, change) in differences {
      let conflict = SharedSlotPlan.conflict([plan("a"), plan("b", change)])
      #expect(conflict?.contains(name) == true && conflict?.contains("b") == true, "\(name): \(conflict ?? "none")")
    }
    // One that does not stream has a slot of its own, or none.
    #expect(
      SharedSlotPlan.conflict([plan("a"), plan("b") { ($0.sharedSlot, $0.dropsSlotOnStop) = (nil, true) }]) == nil)
  }
}
