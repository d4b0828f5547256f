import EventRouting
import PgOutput
import Primitives
import RelayTestSupport
import Testing

@testable import EventEncoding

/// What a dead letter carries is enough to make its record again.
@Suite struct LetteredChangeTests {
  private static let days = TestTable(
    70, "days", key: ["id"], [column("id", "int4", notNull: true), column("day", "date"), column("note", "text")])

  private func options(_ change: (inout PipelineOptions) -> Void = { _ in }) throws -> PipelineOptions {
    var options = try PipelineRun.options()
    options.deadLetter = DeadLetterOptions(
      topic: "dead", addsContextHeaders: false, connectorName: "bank", holdsKeys: true)
    change(&options)
    return options
  }

  private func refusing(_ topic: String) -> RecordRefusals {
    var refusals = RecordRefusals()
    refusals.add(RecordRefusal(.notAuthorized, "no right"), topic: topic)
    return refusals
  }

  private func header(_ name: String, _ record: SentRecord) -> [UInt8]? {
    record.headers.first { $0.name == name }?.value
  }

  private func change(_ letters: ArraySlice<SentRecord>) throws -> LetteredChange {
    let bytes = letters.flatMap { header(DeadLetterHeader.change, $0) ?? [] }
    return try unsafe LetteredChange(bytes.span.bytes)
  }

  private func hold(_ record: SentRecord) throws -> LetterHold? {
    guard let bytes = header(DeadLetterHeader.hold, record) else { return nil }
    return try unsafe LetterHold(bytes.span.bytes)
  }

  /// All kinds of changes, in one transaction and around it.
  private func changes(_ run: PipelineRun) throws {
    let table = Self.days
    try run.snapshot(
      table, "1\t2024-01-01\tsnapshot", .lastInDataCollection,
      at: SnapshotOrigin(lsn: LSN(rawValue: 40), unixMicroseconds: 5_000_000, transactionID: 3))
    try run.receive(WireBuilder.message(isTransactional: false, lsn: 50, prefix: "p", content: [1, 2]), at: 50)
    try run.transaction(9, at: 7_000_000, first: 60, end: 200) {
      try run.receive(WireBuilder.origin(commitLSN: 17, name: "elsewhere"), at: 60)
      try run.insert(table, at: 100, "1", "2024-01-01", "x")
      try run.update(table, at: 110, old: ("K", ["1", .null, .null]), "2", "2024-01-02", .unchanged)
      try run.delete(table, at: 120, "2", .null, .null)
      try run.receive(WireBuilder.truncate([table.oid]), at: 130)
      try run.receive(WireBuilder.message(isTransactional: true, lsn: 140, prefix: "q", content: [3]), at: 140)
    }
  }

  @Test func replayMakesTheRecordThatWouldHaveBeenSent() throws {
    let make: (inout PipelineOptions) -> Void = { $0.skippedOperations = [] }
    let sent = PipelineRun(try options(make), lastCommit: LSN(rawValue: 30))
    try changes(sent)
    let lettered = PipelineRun(
      try options(make), lastCommit: LSN(rawValue: 30),
      refusals: {
        var all = refusing("fin.public.days"); all.add(.init(.notAuthorized, ""), topic: "fin.message"); return all
      }())
    try changes(lettered)
    #expect(lettered.records.count == sent.records.count && lettered.records.allSatisfy { $0.topic == "dead" })
    let replayed = PipelineRun(try options(make), lastCommit: nil)
    for index in lettered.records.indices {
      try replayed.replay(try change(lettered.records[index...index]), Self.days)
    }
    expectEqual(replayed.records, sent.records)
  }

  @Test func whatIsEncodedIsDecoded() throws {
    let relation = Relation(
      oid: RelationOID(rawValue: 7), schema: "s", name: "t", replicaIdentity: .full,
      columns: [.init(isKey: true, name: "id", type: .int4, typeModifier: -1)])
    let begin = Begin(
      commitLSN: LSN(rawValue: 8), committedAt: PostgresTimestamp(microsecondsSince2000: -9),
      transaction: TransactionID(rawValue: 10))
    for origin: LetteredChange.Origin in [
      .stream(begin, nil, totalOrder: 3, tableOrder: 2),
      .stream(begin, Origin(commitLSN: LSN(rawValue: 1), name: "ö"), totalOrder: 0, tableOrder: 0), .outsideTransaction,
      .snapshot(
        SnapshotOrigin(
          lsn: LSN(rawValue: 5), unixMicroseconds: 6, transactionID: 7, lastCommit: LSN(rawValue: 4)), .incremental),
    ] {
      let letter = LetteredChange(
        origin: origin, part: 2, lsn: LSN(rawValue: 5), lastCommit: LSN(rawValue: 4), relation: relation,
        message: [1, 2, 3])
      let bytes = letter.encode()
      #expect(try unsafe LetteredChange(bytes.span.bytes) == letter)
      for end in bytes.indices {
        #expect(throws: DecodeError.self) {
          let part = Array(bytes[..<end])
          return try unsafe LetteredChange(part.span.bytes)
        }
      }
    }
  }

  @Test func aChangeTooLargeForOneLetterGoesInParts() throws {
    var refusals = RecordRefusals(clientBytesMax: 20_000)
    refusals.add(RecordRefusal(.tooLarge, "large"), topic: "fin.public.days", bytes: 5_000)
    let run = PipelineRun(try options(), refusals: refusals)
    let text = String(repeating: "0123456789", count: 6_000)
    try run.transaction(1, at: 0, end: 300) {
      try run.insert(Self.days, at: 100, "1", "2024-01-01", .text(text))
      try run.insert(Self.days, at: 110, "2", "2024-01-01", "small")
    }
    let letters = run.records.dropLast()
    #expect(run.records.last?.topic == "fin.public.days" && letters.count > 3)
    #expect(letters.allSatisfy { $0.topic == "dead" && $0.key == run.records[0].key && $0.key != nil })
    let sizes = letters.map { letter in
      (letter.value?.count ?? 0) + (letter.key?.count ?? 0) + letter.headers.reduce(0) { $0 + ($1.value?.count ?? 0) }
    }
    #expect(sizes.allSatisfy { $0 <= 20_000 })
    #expect(
      header(DeadLetterHeader.part, letters.last!).map { String(decoding: $0, as: UTF8.self) }
        == "\(letters.count)/\(letters.count)")
    #expect(try change(letters).message.count > text.utf8.count)
  }

  @Test func laterRecordsOfAFailedKeyWaitAndOthersPass() throws {
    let run = PipelineRun(try options { $0.conversionFailureMode = .fail })
    try run.transaction(1, at: 0, end: 300) {
      try run.insert(Self.days, at: 100, "1", "no day", "x")
      try run.insert(Self.days, at: 110, "2", "2024-01-01", "x")
      try run.update(Self.days, at: 120, "1", "2024-01-01", "y")
      try run.update(Self.days, at: 130, old: ("K", ["1", .null, .null]), "3", "2024-01-01", "z")
    }
    // The key change's delete and its tombstone are of the held key, its create is of another.
    #expect(run.records.map(\.topic) == ["dead", "fin.public.days", "dead", "dead", "dead", "fin.public.days"])
    let holds = try run.records.compactMap(hold)
    #expect(holds.map(\.position.lsn.rawValue) == [100, 120, 130, 130])
  }

  @Test func anEventOfTheSameAggregateWaitsThoughItsRowIsAnother() throws {
    let outbox = RecordedOutboxTests.outbox("outboxevent")
    let kind = try RecordedOutboxTests.eventRouter { $0.expandsJSONPayload = true }
    let run = PipelineRun(
      try options { $0.transforms = [TransformStep(alias: "outbox", kind: kind, predicate: nil)] })
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(outbox, at: 100, "00000000-0000-4000-8000-000000000001", "Order", "a", "T", "[1, 2]")
      try run.insert(outbox, at: 110, "00000000-0000-4000-8000-000000000002", "Order", "b", "T", "{\"n\": 2}")
      try run.insert(outbox, at: 120, "00000000-0000-4000-8000-000000000003", "Order", "a", "T", "{\"n\": 3}")
    }
    #expect(run.records.map(\.topic) == ["dead", "outbox.event.Order", "dead"])
  }

  @Test func aChangeFromBeforeTheFirstLetterIsNotHeld() throws {
    let first = PipelineRun(try options { $0.conversionFailureMode = .fail })
    try first.transaction(1, at: 0, end: 300) { try first.insert(Self.days, at: 200, "1", "no day", "x") }
    let hold = try #require(try hold(first.records[0]))
    var held = HeldKeys()
    let isHeld = held.hold(hold.names, since: hold.position)
    #expect(isHeld)
    let again = PipelineRun(try options(), heldKeys: held)
    try again.transaction(1, at: 0, end: 300) {
      try again.insert(Self.days, at: 100, "1", "2024-01-01", "before")
      try again.insert(Self.days, at: 200, "1", "2024-01-01", "the letter's")
      try again.insert(Self.days, at: 210, "1", "2024-01-01", "behind it")
    }
    #expect(again.records.map(\.topic) == ["fin.public.days", "dead", "dead"])
  }

  @Test func aRecordIsRefusedByItsPlaceInItsTransaction() throws {
    var refusals = RecordRefusals()
    let lesson = refusals.add(RecordRefusal(.invalid, "no"), at: .inUnit(LSN(rawValue: 60), ordinal: 1))
    #expect(lesson == .new)
    let run = PipelineRun(try options { $0.deadLetter?.holdsKeys = false }, refusals: refusals)
    for start: UInt64 in [50, 60] {
      try run.transaction(1, at: 0, first: start, end: start + 9) {
        for id in ["1", "2", "3"] { try run.insert(Self.days, at: start + 1, .text(id), "2024-01-01", "x") }
      }
    }
    #expect(run.records.map { $0.topic == "dead" } == [false, false, false, false, true, false])
  }

  /// What comes in between is not there when the transaction comes again.
  @Test func rowsOfChunksAndHeartbeatsCountAmongNoTransactionsRecords() throws {
    let days = Self.days.description
    var rows = RowBatch(columnCount: 3)
    for id in ["7", "8"] {
      for text in [id, "2024-01-01", "x"] { unsafe rows.append(Array(text.utf8).span.bytes) }
    }
    let relation = Relation(
      oid: RelationOID(rawValue: Self.days.oid), schema: "public", name: "days", replicaIdentity: .default,
      columns: days.columns.map {
        Relation.Column(isKey: $0.name == "id", name: $0.name, type: $0.typeOID, typeModifier: -1)
      })
    let chunk = WindowRows(relation: relation, table: days, rows: rows)
    var layout = TupleLayout()
    rows.layout(ofRow: 1, into: &layout)
    var refusals = RecordRefusals()
    _ = refusals.add(RecordRefusal(.invalid, "no"), at: .inUnit(LSN(rawValue: 60), ordinal: 1))
    _ = refusals.add(
      RecordRefusal(.invalid, "no"), at: .snapshotRow(RowDigest(relation.oid, layout, rows.span)))
    let run = PipelineRun(try options { $0.deadLetter?.holdsKeys = false }, refusals: refusals)
    try run.transaction(1, at: 0, first: 60, end: 99) {
      try run.insert(Self.days, at: 61, "1", "2024-01-01", "x")
      try run.heartbeat()
      try run.chunk(chunk)
      try run.insert(Self.days, at: 62, "2", "2024-01-01", "x")
      try run.insert(Self.days, at: 63, "3", "2024-01-01", "x")
    }
    let topics = run.records.map(\.topic)
    #expect(
      topics == [
        "fin.public.days", "__debezium-heartbeat.fin", "fin.public.days", "dead", "dead", "fin.public.days",
      ])
    #expect(run.recordPlaces.last == .inUnit(LSN(rawValue: 60), ordinal: 2))
    #expect(run.recordPlaces[1] == nil)
  }

  /// A blocking snapshot is taken again as a whole, and may read its rows in another order.
  @Test func aRowOfABlockingSnapshotIsKnownByItsContent() throws {
    var row = CopyRow()
    let line = Array("8\t2024-01-01\tx\n".utf8)
    try row.decode(text: line.span.bytes)
    var refusals = RecordRefusals()
    _ = refusals.add(
      RecordRefusal(.invalid, "no"),
      at: .snapshotRow(RowDigest(RelationOID(rawValue: Self.days.oid), row.tuple, row.bytes.bytes)))
    let run = PipelineRun(try options { $0.deadLetter?.holdsKeys = false }, refusals: refusals)
    let origin = SnapshotOrigin(lsn: LSN(rawValue: 40), unixMicroseconds: 5_000_000, transactionID: 3)
    run.interrupt()
    for id in ["9", "8", "7"] {
      try run.snapshot(Self.days, "\(id)\t2024-01-01\tx", .true, at: origin)
    }
    #expect(run.records.map { $0.topic == "dead" } == [false, true, false])
    // A transaction may begin where the snapshot stands.
    #expect(!run.recordPlaces.contains(.inUnit(LSN(rawValue: 40), ordinal: 0)))
  }
}
