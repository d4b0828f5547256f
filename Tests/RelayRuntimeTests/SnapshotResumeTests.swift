import EventEncoding
import EventRouting
import PgOutput
import Primitives
import Testing

@testable import PostgresSource
@testable import RelayRuntime

/// `sluice.snapshot.resume`: what a record says of an interrupted snapshot, and when it goes on.
@Suite struct SnapshotResumeTests {
  private static let a = TableID(schema: "public", name: "a")
  private static let b = TableID(schema: "s.2", name: "b \"c\"")
  private static let both = ResumableSnapshot(tables: [a, b], finished: [a])

  private func state(_ resumable: ResumableSnapshot?, ownsSlot: Bool = true, timeline: Int = 1) -> StateRecord {
    StateRecord(
      connector: "c", systemIdentifier: "42", timeline: timeline, database: "bank", slot: "sluice", ownsSlot: ownsSlot,
      snapshot: .running, position: StreamPosition(acknowledged: LSN(rawValue: 0x100), lastCommit: nil),
      resumable: resumable)
  }

  private func decide(
    _ state: StateRecord, confirmed: UInt64? = 0x100, walStatus: String = "reserved", walEnd: UInt64 = 0x1000,
    policy: SnapshotPolicy = .initial, resumes: Bool = true
  ) -> StartDecision {
    let slot = confirmed.map {
      ReplicationSlot(
        name: "sluice", plugin: "pgoutput", database: "bank", activePID: nil, confirmedFlush: LSN(rawValue: $0),
        restart: nil, walStatus: walStatus)
    }
    return StartDecision.decide(
      StartDecision.Situation(
        state: state, slot: slot, slotName: "sluice", database: "bank",
        identity: ReplicationConnection.SystemIdentity(
          systemIdentifier: "42", timeline: 1, walFlushed: LSN(rawValue: walEnd), database: "bank"),
        policy: policy, resumesSnapshot: resumes))
  }

  private let again = StartDecision.newSlot(withSnapshot: true, replacesSlot: true)

  // MARK: Decision

  @Test func anInterruptedSnapshotGoesOnFromItsSlot() {
    #expect(decide(state(Self.both)) == .resumeSnapshot(from: LSN(rawValue: 0x100)))
    #expect(decide(state(Self.both), policy: .whenNeeded) == .resumeSnapshot(from: LSN(rawValue: 0x100)))
    #expect(decide(state(ResumableSnapshot(tables: []))) == .resumeSnapshot(from: LSN(rawValue: 0x100)))
  }

  @Test func withoutThePropertyItStartsAgain() {
    #expect(decide(state(Self.both), resumes: false) == again)
  }

  @Test func oneThatHadNotBegunToReadStartsAgain() {
    #expect(decide(state(nil)) == again)
  }

  @Test func aSlotThatIsGoneLostOrMovedIsNotResumed() {
    #expect(decide(state(Self.both), confirmed: nil) == .newSlot(withSnapshot: true, replacesSlot: false))
    #expect(decide(state(Self.both), walStatus: "lost") == again)
    #expect(
      decide(state(Self.both), confirmed: 0x110) == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x110)))
    #expect(
      decide(state(Self.both, ownsSlot: false)) == .existingSlot(withSnapshot: true, from: LSN(rawValue: 0x100)))
  }

  @Test func anotherTimelineOrAServerThatIsBehindStartsAgain() {
    #expect(decide(state(Self.both, timeline: 2)) == again)
    #expect(decide(state(Self.both), walEnd: 0xF0) == again)
  }

  @Test func aModeWithoutDataOrStreamDoesNotResume() {
    #expect(
      decide(state(Self.both), policy: .noData) == .existingSlot(withSnapshot: false, from: LSN(rawValue: 0x100)))
    #expect(decide(state(Self.both), policy: .initialOnly) == .snapshotOnly)
  }

  // MARK: Tables

  private func obstacle(_ candidates: [ResumableSnapshot.Candidate]) -> String? { Self.both.obstacle(candidates) }

  @Test func theSameTablesWithKeysAreNoObstacle() {
    #expect(obstacle([.init(Self.b, hasKey: true), .init(Self.a, hasKey: true)]) == nil)
    #expect(Self.both.unfinished == [Self.b])
  }

  @Test func whatCannotBeReadInChunksIsAnObstacleOnlyWhileUnfinished() {
    #expect(obstacle([.init(Self.a, hasKey: false, hasOverride: true), .init(Self.b, hasKey: true)]) == nil)
    #expect(
      obstacle([.init(Self.a, hasKey: true), .init(Self.b, hasKey: false)])?.contains("no primary key") == true)
    #expect(
      obstacle([.init(Self.a, hasKey: true), .init(Self.b, hasKey: true, hasOverride: true)])?
        .contains("statement of its own") == true)
    #expect(
      obstacle([.init(Self.a, hasKey: true), .init(Self.b, hasKey: true, isOutbox: true)])?
        .contains("is an outbox") == true)
  }

  @Test func anotherSetOfTablesIsAnObstacle() {
    #expect(obstacle([.init(Self.b, hasKey: true)])?.contains("public.a is no longer captured") == true)
    let more = TableID(schema: "public", name: "new")
    #expect(
      obstacle([.init(Self.a, hasKey: true), .init(Self.b, hasKey: true), .init(more, hasKey: true)])?
        .contains("public.new was not part of it") == true)
  }

  // MARK: Record

  @Test func theRecordKeepsWhatIsFinished() throws {
    for resumable in [nil, Self.both, ResumableSnapshot(tables: [])] {
      #expect(try StateRecord(json: state(resumable).json) == state(resumable))
    }
  }

  @Test(arguments: [("snapshotTable.2", "snapshotTable.3"), ("\"snapshotTables\":\"2\"", "\"snapshotTables\":\"-1\"")])
  func aRecordThatIsHalfUnderstoodIsRefused(part: String, other: String) {
    let json = String(decoding: state(Self.both).json, as: UTF8.self)
    let broken = json.split(separator: part).joined(separator: other)
    #expect(json != broken)
    #expect(throws: StateStoreError.self) { try StateRecord(json: Array(broken.utf8)) }
  }

  // MARK: Ends of tables

  @Test func aTableIsStoredOnceItsLastRowIsNoLongerHeldBack() {
    var ends = SnapshotEnds()
    let oid = RelationOID(rawValue: 7)
    #expect(!ends.isDue(held: nil))
    ends.end(Self.a, oid)
    #expect(!ends.isDue(held: oid))
    #expect(ends.isDue(held: RelationOID(rawValue: 8)))
    #expect(ends.isDue(held: nil))
    ends.saved()
    #expect(!ends.isDue(held: nil))
    #expect(ends.finished == [Self.a])
  }

  @Test func nothingIsStoredBeforeTheTablesThatCannotBeGoneOnWith() {
    var ends = SnapshotEnds(needed: [Self.b])
    ends.end(Self.a, RelationOID(rawValue: 7))
    #expect(!ends.isDue(held: nil) && !ends.hasUnsaved && !ends.mayBeSaved)
    ends.end(Self.b, RelationOID(rawValue: 8))
    #expect(ends.isDue(held: nil) && ends.hasUnsaved && ends.mayBeSaved)
    #expect(ends.finished == [Self.a, Self.b])
  }

  @Test func whatCannotBeGoneOnWithIsReadFirst() {
    let ids = ["a", "outbox", "b", "keyless"].map { TableID(schema: "public", name: $0) }
    var work = SnapshotRun.Work(
      tables: ids.map { id in
        SnapshotTable(
          oid: RelationOID(rawValue: 1), id: id, estimatedRows: 0,
          relation: Relation(
            oid: RelationOID(rawValue: 1), schema: id.schema, name: id.name, replicaIdentity: .default, columns: []),
          description: TableDescription(id: id, columns: [], keyColumns: []), select: "", hasOverride: false,
          copySource: nil, binaryForms: nil)
      },
      chunks: [(0, 2), (1, 1), (2, 1), (3, 2)].flatMap { table, count in
        (0..<count).map { SnapshotChunk(table: table, index: $0, count: count, source: ids[table].name) }
      })
    work.indivisible = [ids[1], ids[3]]
    work.putIndivisibleFirst()
    #expect(work.tables.map(\.id.name) == ["outbox", "keyless", "a", "b"])
    #expect(work.chunks.map(\.source) == ["outbox", "keyless", "keyless", "a", "a", "b"])
    #expect(work.chunks.map(\.table) == [0, 1, 1, 2, 2, 3])
    #expect(work.chunks.map(\.index) == [0, 0, 1, 0, 1, 0])
  }
}
