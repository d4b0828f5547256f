import EventEncoding
import Primitives
import Testing

@testable import PostgresSource
@testable import RelayRuntime

/// Starts and reconnects after which a wrong decision would lose changes or take another's slot.
@Suite struct FaultStartDecisionTests {
  private func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }

  private func identity(timeline: Int = 1, end: UInt64) -> ReplicationConnection.SystemIdentity {
    .init(systemIdentifier: "7", timeline: timeline, walFlushed: lsn(end), database: "d")
  }

  private func state(_ snapshot: StateRecord.Snapshot, at position: UInt64, owns: Bool = true) -> StateRecord {
    StateRecord(
      connector: "c", systemIdentifier: "7", timeline: 1, database: "d", slot: "s", ownsSlot: owns, snapshot: snapshot,
      position: StreamPosition(acknowledged: lsn(position), lastCommit: nil))
  }

  private func slot(at position: UInt64) -> ReplicationSlot {
    ReplicationSlot(
      name: "s", plugin: "pgoutput", database: "d", activePID: nil, confirmedFlush: lsn(position),
      restart: lsn(position), walStatus: "reserved")
  }

  private func decide(
    _ state: StateRecord?, _ slot: ReplicationSlot?, _ identity: ReplicationConnection.SystemIdentity,
    handedOver: LSN? = nil, ends: [Int: LSN] = [:]
  ) -> StartDecision {
    .decide(
      .init(
        state: state, slot: slot, slotName: "s", database: "d", identity: identity, policy: .initial,
        handedOver: handedOver, history: TimelineHistory(ends: ends)))
  }

  /// START_REPLICATION beyond the server's end would skip what it commits until it gets there.
  @Test func serverThatLacksWhatTheProducerHasIsRefused() {
    #expect(decide(state(.complete, at: 100), slot(at: 100), identity(end: 200)) == .stream(from: lsn(100)))
    #expect(
      decide(state(.complete, at: 100), slot(at: 100), identity(end: 200), handedOver: lsn(300))
        == .refuse(.serverBehind(stored: lsn(300), server: lsn(200))))
  }

  @Test func timelineThatBranchedOffBeforeTheStoredPositionIsRefused() {
    let promoted = identity(timeline: 2, end: 900)
    #expect(
      decide(state(.complete, at: 100), slot(at: 100), promoted, ends: [1: lsn(80)])
        == .refuse(.serverBehind(stored: lsn(100), server: lsn(80))))
    #expect(
      decide(state(.complete, at: 100), slot(at: 100), promoted, ends: [1: lsn(100)]) == .stream(from: lsn(100)))
  }

  @Test func timelineThatIsNotInTheServersHistoryIsRefused() {
    // Promoted twice from timeline 1, once to the 2 that the record is of and once to the server's 3.
    var record = state(.complete, at: 100)
    record.timeline = 2
    #expect(
      decide(record, slot(at: 100), identity(timeline: 3, end: 900), ends: [1: lsn(500)])
        == .refuse(.foreignTimeline(stored: 2, found: 3)))
    #expect(
      decide(record, slot(at: 100), identity(timeline: 3, end: 900), ends: [1: lsn(50), 2: lsn(500)])
        == .stream(from: lsn(100)))
  }

  /// Nothing in their histories differs; the slot of the other was never told of the timeline's changes.
  @Test func timelineThatMayBeginAtTheSamePlaceElsewhereIsDoubted() {
    func doubt(stored: UInt64, slotAt: UInt64, timeline: Int = 2, handedOver: LSN? = nil) -> String? {
      var record = state(.complete, at: stored)
      record.timeline = 2
      record.timelineStart = lsn(500)
      return StartDecision.Situation(
        state: record, slot: slot(at: slotAt), slotName: "s", database: "d",
        identity: identity(timeline: timeline, end: 900), policy: .initial, handedOver: handedOver,
        history: TimelineHistory(ends: [1: lsn(500)])
      ).branchDoubt
    }
    #expect(doubt(stored: 600, slotAt: 450)?.contains("promoted at the same position") == true)
    #expect(doubt(stored: 500, slotAt: 450, handedOver: lsn(600)) != nil)
    // Told of the timeline's changes, or none were relayed.
    #expect(doubt(stored: 600, slotAt: 500) == nil)
    #expect(doubt(stored: 500, slotAt: 450) == nil)
    // A later timeline's history says more.
    #expect(doubt(stored: 600, slotAt: 450, timeline: 3) == nil)
    // The cluster's first.
    #expect(
      StartDecision.Situation(
        state: state(.complete, at: 600), slot: slot(at: 450), slotName: "s", database: "d",
        identity: identity(end: 900), policy: .initial
      ).branchDoubt == nil)
  }

  @Test func timelinesOfOneNumberAreToldApartByWhereTheyBegin() throws {
    // Two standbys were promoted from timeline 1; the record is of one, the server the other.
    var record = state(.complete, at: 600)
    record.timeline = 2
    record.timelineStart = lsn(500)
    let server = identity(timeline: 2, end: 900)
    #expect(
      decide(record, slot(at: 600), server, ends: [1: lsn(400)]) == .refuse(.foreignTimeline(stored: 2, found: 2)))
    #expect(decide(record, slot(at: 600), server, ends: [1: lsn(500)]) == .stream(from: lsn(600)))
    // The same where the server has been promoted once more.
    let later = identity(timeline: 3, end: 900)
    #expect(
      decide(record, slot(at: 600), later, ends: [1: lsn(400), 2: lsn(700)])
        == .refuse(.foreignTimeline(stored: 2, found: 3)))
    #expect(
      decide(record, slot(at: 600), later, ends: [1: lsn(500), 2: lsn(700)]) == .stream(from: lsn(600)))
    #expect(try StateRecord(json: record.json) == record)
  }

  @Test func historyFileIsReadFromItsLines() {
    let history = TimelineHistory(file: "1\t0/3000110\tno recovery target specified\n\n2\t1/A0\tbefore 2000-01-01\n")
    #expect(history.ends == [1: lsn(0x300_0110), 2: lsn(0x1_0000_00A0)])
    #expect(history.start(of: 3) == lsn(0x1_0000_00A0) && history.start(of: 2) == lsn(0x300_0110))
    #expect(history.start(of: 1) == nil)
  }

  @Test func onlyTheSlotThatWeMadeIsReplaced() {
    #expect(
      decide(state(.running, at: 100), slot(at: 100), identity(end: 200))
        == .newSlot(withSnapshot: true, replacesSlot: true))
    // Made by others since, or moved by another consumer.
    #expect(
      decide(state(.running, at: 100), slot(at: 150), identity(end: 200))
        == .existingSlot(withSnapshot: true, from: lsn(150)))
    // Death between CREATE_REPLICATION_SLOT and the record that says so.
    #expect(
      decide(state(.running, at: 0, owns: false), slot(at: 150), identity(end: 200))
        == .existingSlot(withSnapshot: true, from: lsn(150)))
    #expect(
      decide(state(.running, at: 0, owns: false), nil, identity(end: 200))
        == .newSlot(withSnapshot: true, replacesSlot: false))
  }

  @Test func publicationThatLacksCapturedTablesIsMendedByTheStatementNamed() throws {
    let mending = PublicationSetup.mending(
      "my\"pub", captured: [.init(schema: "public", name: "a"), .init(schema: "public", name: "B")],
      unpublished: [(schema: "public", name: "B"), (schema: "other", name: "x")])
    #expect(mending?.tables == "public.B")
    #expect(mending?.statement == #"ALTER PUBLICATION "my""pub" ADD TABLE "public"."B";"#)
    #expect(
      PublicationSetup.mending("p", captured: [.init(schema: "s", name: "a")], unpublished: []) == nil)
  }
}
