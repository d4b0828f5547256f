import Primitives
import RelayRuntime
import Testing

@testable import PostgresSource

/// The start-up rules: what a connector does first, by its state record and its slot.
@Suite struct StartDecisionTests {
  private func slot(
    confirmed: UInt64? = 0x100, plugin: String? = "pgoutput", database: String? = "bank",
    walStatus: String? = "reserved"
  ) -> ReplicationSlot {
    ReplicationSlot(
      name: "sluice", plugin: plugin, database: database, activePID: nil,
      confirmedFlush: confirmed.map(LSN.init(rawValue:)), restart: nil, walStatus: walStatus)
  }

  private func state(
    position: UInt64 = 0x100, snapshot: StateRecord.Snapshot = .complete, ownsSlot: Bool = true, timeline: Int = 1,
    system: String = "42", database: String = "bank", slot: String = "sluice"
  ) -> StateRecord {
    StateRecord(
      connector: "c", systemIdentifier: system, timeline: timeline, database: database, slot: slot,
      ownsSlot: ownsSlot, snapshot: snapshot,
      position: StreamPosition(acknowledged: LSN(rawValue: position), lastCommit: nil))
  }

  private func decide(
    _ state: StateRecord?, _ slot: ReplicationSlot?, timeline: Int = 1, walEnd: UInt64 = 0x1000, wantsData: Bool = true
  ) -> StartDecision {
    decide(state, slot, wantsData ? .initial : .noData, timeline: timeline, walEnd: walEnd)
  }

  private func decide(
    _ state: StateRecord?, _ slot: ReplicationSlot?, _ policy: SnapshotPolicy, timeline: Int = 1,
    walEnd: UInt64 = 0x1000, slotAhead: StartDecision.SlotAhead = .isGap
  ) -> StartDecision {
    StartDecision.decide(
      StartDecision.Situation(
        state: state, slot: slot, slotName: "sluice", database: "bank",
        identity: ReplicationConnection.SystemIdentity(
          systemIdentifier: "42", timeline: timeline, walFlushed: LSN(rawValue: walEnd), database: "bank"),
        policy: policy, slotAhead: slotAhead,
        history: TimelineHistory(ends: [1: LSN(rawValue: 0x800)].filter { $0.key < timeline })))
  }

  private func refusal(_ decision: StartDecision) throws -> String {
    guard case .refuse(let refusal) = decision else {
      Issue.record("not refused: \(decision)")
      return ""
    }
    return refusal.description
  }

  // MARK: No state

  @Test func withoutStateAndSlotItIsAFirstStart() {
    #expect(decide(nil, nil) == .newSlot(withSnapshot: true, replacesSlot: false))
    #expect(decide(nil, nil, wantsData: false) == .newSlot(withSnapshot: false, replacesSlot: false))
  }

  @Test func aSlotWithoutStateIsTakenOverAfterTheSnapshotThatTheModeWants() {
    #expect(decide(nil, slot()) == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x100)))
    #expect(decide(nil, slot(), wantsData: false) == .existingSlot(withSnapshot: false, from: LSN(rawValue: 0x100)))
  }

  @Test func aSlotThatNeverConfirmedStartsWhereTheServerLikes() {
    #expect(decide(nil, slot(confirmed: nil)) == .existingSlot(withSnapshot: true, from: .invalid))
  }

  @Test func aLostSlotWithoutStateIsRefused() throws {
    let text = try refusal(decide(nil, slot(walStatus: "lost")))
    #expect(text.contains("wal_status = lost") && text.contains("0/100") && text.contains("0/1000"))
  }

  // MARK: Snapshot not finished

  @Test func anUnfinishedSnapshotIsTakenAgainOnANewSlot() {
    let running = state(snapshot: .running)
    #expect(decide(running, nil) == .newSlot(withSnapshot: true, replacesSlot: false))
    #expect(decide(running, slot()) == .newSlot(withSnapshot: true, replacesSlot: true))
  }

  @Test func aSlotMadeForNoSnapshotIsKeptSinceItHoldsWhatCameSince() {
    #expect(
      decide(state(snapshot: .running), slot(confirmed: 0x100), wantsData: false)
        == .existingSlot(withSnapshot: false, from: LSN(rawValue: 0x100)))
    #expect(
      decide(state(snapshot: .running), slot(confirmed: 0x100, walStatus: "lost"), wantsData: false)
        == .newSlot(withSnapshot: false, replacesSlot: true))
  }

  @Test func anUnfinishedSnapshotNeverReplacesASlotThatWasThereBefore() {
    #expect(
      decide(state(snapshot: .running, ownsSlot: false), slot(confirmed: 0x90))
        == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x90)))
  }

  // MARK: Streaming

  @Test func theStreamGoesOnAtTheStoredPosition() {
    #expect(decide(state(position: 0x200), slot(confirmed: 0x100)) == .stream(from: LSN(rawValue: 0x200)))
    #expect(decide(state(position: 0x100), slot(confirmed: 0x100)) == .stream(from: LSN(rawValue: 0x100)))
    #expect(decide(state(position: 0x1000), slot(), walEnd: 0x1000) == .stream(from: LSN(rawValue: 0x1000)))
  }

  @Test func aPromotedStandbyIsFollowed() {
    #expect(decide(state(position: 0x200), slot(), timeline: 2) == .stream(from: LSN(rawValue: 0x200)))
  }

  @Test(arguments: ["extended", "unreserved"])
  func aSlotInDangerStillStreams(walStatus: String) {
    #expect(decide(state(), slot(walStatus: walStatus)) == .stream(from: LSN(rawValue: 0x100)))
  }

  // MARK: Refusals

  @Test func aMissingSlotIsRefusedWithTheRangeAndTheChoices() throws {
    let text = try refusal(decide(state(position: 0x2_0000_0010), nil, walEnd: 0x2_0000_0110))
    #expect(text.contains("slot sluice is gone: changes from LSN 2/10 to 2/110"))
    #expect(text.contains("256 bytes"))
    #expect(text.contains("snapshot.mode=initial") && text.contains("snapshot.mode=no_data"))
  }

  @Test func aLostSlotIsRefusedWithTheRangeAndTheChoices() throws {
    let text = try refusal(decide(state(position: 0x200), slot(walStatus: "lost")))
    #expect(text.contains("from LSN 0/200 to 0/1000"))
    #expect(text.contains("Drop the slot") && text.contains("snapshot.mode=initial"))
  }

  @Test func aSlotAheadOfTheStateIsRefusedWithTheRangeAndTheChoices() throws {
    let decision = decide(state(position: 0x100), slot(confirmed: 0x108))
    #expect(
      decision == .refuse(.slotAhead(slot: "sluice", stored: LSN(rawValue: 0x100), confirmed: LSN(rawValue: 0x108))))
    let text = try refusal(decision)
    #expect(text.contains("changes from 0/100 to 0/108 would be missing (8 bytes of WAL)"))
    #expect(text.contains("snapshot.mode=no_data"))
  }

  @Test func aServerBehindTheStateIsRefused() throws {
    let text = try refusal(decide(state(position: 0x2000), slot(), walEnd: 0x1fff))
    #expect(text.contains("0/1FFF") && text.contains("0/2000"))
  }

  @Test func anOlderTimelineIsRefused() throws {
    let text = try refusal(decide(state(timeline: 3), slot(), timeline: 2))
    #expect(text.contains("timeline 2") && text.contains("on 3"))
  }

  @Test func anotherClusterIsRefused() throws {
    let text = try refusal(decide(state(system: "41"), slot()))
    #expect(text.contains("41") && text.contains("42"))
  }

  @Test func anotherSlotOrDatabaseThanTheStatesIsRefused() throws {
    #expect(try refusal(decide(state(slot: "old"), slot())).contains("slot old in database bank"))
    #expect(try refusal(decide(state(database: "other"), slot())).contains("slot sluice in database other"))
  }

  @Test func aSlotOfAnotherPluginOrDatabaseIsRefusedWhateverTheState() throws {
    for state in [nil, state(), state(snapshot: .running)] {
      #expect(try refusal(decide(state, slot(plugin: "wal2json"))).contains("plugin wal2json, not pgoutput"))
      #expect(try refusal(decide(state, slot(database: "other"))).contains("belongs to database other"))
    }
  }

  @Test func anotherClusterIsFoundBeforeAnUnfinishedSnapshotIsTakenAgain() throws {
    #expect(try refusal(decide(state(snapshot: .running, system: "41"), slot())).contains("system identifier 41"))
  }

  // MARK: Other modes

  @Test func alwaysTakesAnotherSnapshotOfASlotThatGoesOn() {
    #expect(decide(nil, nil, .always) == .newSlot(withSnapshot: true, replacesSlot: false))
    #expect(decide(state(position: 0x200), slot(), .always) == .snapshotAgain(after: LSN(rawValue: 0x200)))
    #expect(decide(state(snapshot: .running), slot(), .always) == .newSlot(withSnapshot: true, replacesSlot: true))
  }

  @Test func alwaysDoesNotPassOverAGap() throws {
    #expect(try refusal(decide(state(), nil, .always)).contains("slot sluice is gone"))
    #expect(try refusal(decide(state(), slot(confirmed: 0x108), .always)).contains("would be missing"))
    #expect(try refusal(decide(state(), slot(walStatus: "lost"), .always)).contains("wal_status = lost"))
  }

  @Test func whenNeededStreamsAsLongAsNothingIsMissing() {
    #expect(decide(nil, nil, .whenNeeded) == .newSlot(withSnapshot: true, replacesSlot: false))
    #expect(decide(state(position: 0x200), slot(), .whenNeeded) == .stream(from: LSN(rawValue: 0x200)))
  }

  @Test func whenNeededFillsAGapWithASnapshot() {
    #expect(decide(state(), nil, .whenNeeded) == .newSlot(withSnapshot: true, replacesSlot: false))
    #expect(decide(state(), slot(walStatus: "lost"), .whenNeeded) == .newSlot(withSnapshot: true, replacesSlot: true))
    #expect(
      decide(state(), slot(confirmed: 0x108), .whenNeeded)
        == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x108)))
  }

  @Test func whenNeededDropsNoLostSlotOfOthersAndFollowsNoServerThatIsBehind() throws {
    #expect(
      try refusal(decide(state(ownsSlot: false), slot(walStatus: "lost"), .whenNeeded)).contains("Drop the slot"))
    #expect(try refusal(decide(state(position: 0x2000), slot(), .whenNeeded)).contains("has lost commits"))
  }

  @Test func withoutAStreamTheSnapshotIsAllAndTheSlotDoesNotMatter() {
    #expect(decide(nil, nil, .initialOnly) == .snapshotOnly)
    #expect(decide(nil, slot(plugin: "wal2json"), .initialOnly) == .snapshotOnly)
    #expect(decide(state(snapshot: .running), nil, .initialOnly) == .snapshotOnly)
    #expect(decide(state(), nil, .initialOnly) == .nothingToDo)
    #expect(decide(state(), nil, SnapshotPolicy(data: .always, streams: false)) == .snapshotOnly)
    #expect(decide(nil, nil, SnapshotPolicy(data: .never, streams: false)) == .nothingToDo)
  }

  @Test func streamingAfterInitialOnlyIsAGap() throws {
    #expect(try refusal(decide(state(ownsSlot: false), nil, .initial)).contains("slot sluice is gone"))
  }

  @Test func aTrustedSlotThatIsAheadIsFollowed() {
    let ahead = slot(confirmed: 0x108)
    #expect(
      decide(state(), ahead, .initial, slotAhead: .isTrusted)
        == .followSlot(from: LSN(rawValue: 0x108), unsent: LSN(rawValue: 0x100)))
    #expect(decide(state(), slot(), .initial, slotAhead: .isTrusted) == .stream(from: LSN(rawValue: 0x100)))
    #expect(
      decide(state(position: 0x200), slot(), .initial, slotAhead: .isTrusted) == .stream(from: LSN(rawValue: 0x200)))
  }

  @Test func trustInASlotDoesNotReplaceAMissingOne() throws {
    #expect(try refusal(decide(state(), nil, .initial, slotAhead: .isTrusted)).contains("slot sluice is gone"))
  }
}
