import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import Testing

@testable import RelayRuntime

/// The machine alone: calls in, actions out.
@Suite struct IncrementalSnapshotTests {
  private final class Counter {
    var count = 0
  }

  private func machine(
    _ watermarks: IncrementalSnapshot.Watermarks? = .signalTable, _ context: IncrementalContext = IncrementalContext()
  ) -> IncrementalSnapshot {
    let counter = Counter()
    var machine = IncrementalSnapshot(watermarks: watermarks, context: context) {
      counter.count += 1
      return "chunk\(counter.count)"
    }
    machine.setKnownTables(["a", "b", "other"].map { TableID(schema: "public", name: $0) })
    _ = machine.streamStarted()
    return machine
  }

  @Test func tablesAreKnownOnceAndInTheirOrder() {
    var machine = machine()
    for name in ["c", "a", "Z", "other", "c"] { machine.learn(TableID(schema: "public", name: name)) }
    machine.learn(TableID(schema: "audit", name: "z"))
    #expect(
      machine.knownTables.map(\.description)
        == ["audit.z", "public.Z", "public.a", "public.b", "public.c", "public.other"])
  }

  private func signal(_ machine: inout IncrementalSnapshot, _ type: String, _ data: String, id: String = "s1")
    -> [String]
  {
    let position = (lsn: LSN(rawValue: 50), lastCommit: LSN?.none, transactionID: UInt64(7))
    return names(machine.receive(SignalMessage(id: id, type: type, data: data), at: position, isStale: false))
  }

  private func watermark(_ machine: inout IncrementalSnapshot, _ id: String, closes: Bool, isStale: Bool = false)
    -> [String]
  {
    let position = (lsn: LSN(rawValue: 50), lastCommit: LSN?.none, transactionID: UInt64(7))
    let type = closes ? SignalMessage.windowClose : SignalMessage.windowOpen
    return names(machine.receive(SignalMessage(id: id, type: type, data: nil), at: position, isStale: isStale))
  }

  /// Actions in words; the log is left out.
  private func names(_ actions: [IncrementalSnapshot.Action]) -> [String] {
    actions.compactMap { action in
      switch action {
      case .read(let request): "read \(request.collections.map(\.table.description).joined(separator: "+"))"
      case .open(_, let isDeduplicating): isDeduplicating ? "open now" : "open"
      case .deduplicate: "deduplicate"
      case .emit: "emit"
      case .discard: "discard"
      case .wait: "wait"
      case .notify(let notification): notification.kind.rawValue
      case .log: nil
      }
    }
  }

  private func rows(
    _ keys: [String], maximum: String, writers: Set<UInt32> = [], running: Set<UInt32> = []
  ) -> ChunkAnswer.Rows {
    var batch = RowBatch(columnCount: 1)
    for key in keys {
      let bytes = Array(key.utf8)
      batch.append(bytes.span.bytes)
    }
    let table = TableID(schema: "public", name: "a")
    return ChunkAnswer.Rows(
      chunk: WindowRows(
        relation: Relation(
          oid: RelationOID(rawValue: 1), schema: "public", name: "a", replicaIdentity: .default, columns: []),
        table: TableDescription(id: table, columns: [], keyColumns: ["id"]), rows: batch), end: [keys.last],
      maximum: [maximum], writers: writers, running: running)
  }

  private let execute = #"{"data-collections": ["public.a", "public.b"]}"#

  @Test(arguments: ["incremental", "blocking"])
  func aSignalThatTheStateRecordHasNoRoomForChangesNothing(type: String) {
    var machine = machine()
    let half = String(repeating: "x", count: IncrementalContext.signalBytesMax / 2)
    func data(_ filter: String) -> String {
      #"{"type": "\#(type)", "data-collections": ["public.a"], "additional-conditions": [{"data-collection": "public.a", "filter": "\#(filter)"}]}"#
    }
    _ = signal(&machine, "execute-snapshot", data(half))
    let taken = machine.context
    #expect(!taken.isEmpty)
    let position = (lsn: LSN(rawValue: 50), lastCommit: LSN?.none, transactionID: UInt64(7))
    let actions = machine.receive(
      SignalMessage(id: "s2", type: "execute-snapshot", data: data(half)), at: position, isStale: false)
    #expect(machine.context == taken)
    guard case .log(.warning, let text)? = actions.first else {
      Issue.record("no warning")
      return
    }
    #expect(text.hasPrefix("signal 's2' of type 'execute-snapshot' is ignored: with what waits"))
    #expect(!text.contains("xxx"))
  }

  @Test(arguments: [true, false])
  func aChunkThatMayNotShowWhatTheStreamHasBroughtIsReadAgain(answersBeforeTheWatermark: Bool) {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    func chunk(_ number: Int, writers: Set<UInt32>, running: Set<UInt32> = []) -> [String] {
      let rows = rows(["1"], maximum: "5", writers: writers, running: running.union(writers))
      let answer = ChunkAnswer(id: "chunk\(number)", rows: rows)
      if answersBeforeTheWatermark {
        _ = machine.answered(answer)
        return watermark(&machine, "chunk\(number)-open", closes: false)
      }
      _ = watermark(&machine, "chunk\(number)-open", closes: false)
      return names(machine.answered(answer))
    }
    // What was going on at the first chunk may have been streamed by an earlier process, to whichever table it wrote.
    #expect(chunk(1, writers: [700], running: [699]).contains("wait"))
    #expect(machine.retry().count == 1)
    #expect(chunk(2, writers: [699]).contains("wait"))
    _ = machine.retry()
    #expect(!chunk(3, writers: [701]).contains("wait"))
    #expect(watermark(&machine, "chunk3-close", closes: true) == ["emit"])
    _ = machine.windowEmitted()
    // In the log and streamed, but not visible to the chunk.
    machine.streamed.add(702)
    #expect(chunk(4, writers: [701, 702]).contains("wait"))
    #expect(watermark(&machine, "chunk4-close", closes: true).isEmpty)
    _ = machine.retry()
    #expect(!chunk(5, writers: [701]).contains("wait"))
  }

  @Test func aSignalReadsTheFirstChunkAndItsWindowMovesTheContextOnlyWhenItsRowsAreOut() {
    var machine = machine()
    #expect(signal(&machine, "execute-snapshot", execute) == ["STARTED", "read public.a+public.b"])
    #expect(machine.mayReadFrames)
    #expect(
      names(machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1", "2"], maximum: "5")))) == [
        "open", "IN_PROGRESS",
      ])
    #expect(watermark(&machine, "chunk1-open", closes: false) == ["deduplicate"])
    #expect(watermark(&machine, "chunk1-close", closes: true) == ["emit"])
    #expect(!machine.mayReadFrames)
    #expect(machine.context.after == nil)
    #expect(names(machine.windowEmitted()) == ["read public.a+public.b"])
    #expect(machine.context.after == ["2"])
    #expect(machine.context.maximum == ["5"])
  }

  @Test func theStreamWaitsAtTheOpeningWatermarkForRowsThatAreNotThereYet() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    #expect(watermark(&machine, "chunk1-open", closes: false) == [])
    #expect(!machine.mayReadFrames)
    #expect(names(machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "1")))).first == "open now")
    #expect(machine.mayReadFrames)
  }

  @Test func watermarksOfAnotherChunkAreForNobody() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    _ = machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "1")))
    #expect(watermark(&machine, "older-open", closes: false) == [])
    #expect(watermark(&machine, "older-close", closes: true) == [])
    // A closing watermark without its opening one is none.
    #expect(watermark(&machine, "chunk1-close", closes: true) == [])
  }

  @Test func withoutASignallingTableTheStreamStandsStillWhileAChunkIsRead() {
    var machine = machine(.position)
    _ = signal(&machine, "execute-snapshot", execute)
    #expect(!machine.mayReadFrames)
    let answer = ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "1"), closesAt: LSN(rawValue: 90))
    #expect(names(machine.answered(answer)) == ["open now", "IN_PROGRESS"])
    #expect(machine.mayReadFrames)
    #expect(machine.awaitedPosition == LSN(rawValue: 90))
    #expect(names(machine.positionPassed(isStale: false)) == ["emit"])
  }

  @Test func tablesThatAreDoneLeaveTheQueueAndTheLastOneEndsTheSnapshot() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    let answer = ChunkAnswer(id: "chunk1", finished: [.init(.empty), .init(.noPrimaryKey)])
    #expect(names(machine.answered(answer)) == ["TABLE_SCAN_COMPLETED", "TABLE_SCAN_COMPLETED", "COMPLETED"])
    #expect(machine.context.isEmpty)
  }

  @Test func aChunkThatCannotBeComparedWithAChangeIsReadAgain() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    _ = machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "1")))
    _ = watermark(&machine, "chunk1-open", closes: false)
    #expect(watermark(&machine, "chunk1-close", closes: true, isStale: true) == ["discard", "read public.a+public.b"])
    #expect(machine.context.after == nil)
  }

  @Test func aChunkThatFailedIsTriedAgain() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    #expect(names(machine.answered(ChunkAnswer(id: "chunk1", failure: "gone"))) == ["wait"])
    #expect(names(machine.retry()) == ["read public.a+public.b"])
    #expect(names(machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "1")))) == [])
  }

  @Test func aTableOfTheFirstSnapshotThatCannotBeReadIsTriedUntilItCan() {
    let context = IncrementalContext(
      collections: ["a", "b"].map { .init(table: TableID(schema: "public", name: $0), isOfFirstSnapshot: true) })
    var machine = machine(.position, context)
    let refusal = ChunkAnswer.Finished(.sqlException, reason: "permission denied")
    let told = machine.answered(ChunkAnswer(id: "chunk1", finished: [refusal]))
    #expect(told.count == 2)
    #expect(names(told) == ["wait"])
    #expect(names(machine.retry()) == ["read public.a+public.b"])
    // Told once.
    #expect(machine.answered(ChunkAnswer(id: "chunk2", finished: [refusal])).count == 1)
    #expect(machine.context == context)
    #expect(names(machine.retry()) == ["read public.a+public.b"])
    // By another key it begins anew.
    machine.context.after = ["1"]
    #expect(machine.answered(ChunkAnswer(id: "chunk3", finished: [.keyChanged])).count == 2)
    #expect(machine.context == context)
    #expect(names(machine.retry()) == ["read public.a+public.b"])
    // Nothing is left of one that was dropped.
    let gone = ChunkAnswer.Finished(.unknownSchema, reason: "there is no such table")
    #expect(
      names(machine.answered(ChunkAnswer(id: "chunk4", finished: [gone, .init(.succeeded)]))) == [
        "TABLE_SCAN_COMPLETED", "TABLE_SCAN_COMPLETED", "COMPLETED",
      ])
  }

  @Test func aRefusalIsToldAgainOnceTheTableCouldBeReadInBetween() {
    let context = IncrementalContext(
      collections: [.init(table: TableID(schema: "public", name: "a"), isOfFirstSnapshot: true)])
    var machine = machine(.position, context)
    let refusal = ChunkAnswer.Finished(.sqlException, reason: "permission denied")
    #expect(machine.answered(ChunkAnswer(id: "chunk1", finished: [refusal])).count == 2)
    _ = machine.retry()
    _ = machine.answered(ChunkAnswer(id: "chunk2", rows: rows(["1"], maximum: "5")))
    _ = machine.streamLost(context)
    _ = machine.streamStarted()
    #expect(machine.answered(ChunkAnswer(id: "chunk3", finished: [refusal])).count == 2)
  }

  @Test func aChunkWhoseClosingWatermarkCannotBeWrittenIsReadAgain() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    _ = machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "5")))
    #expect(names(machine.answered(ChunkAnswer(id: "chunk1", failure: "no privilege"))) == ["discard", "wait"])
    #expect(names(machine.retry()) == ["read public.a+public.b"])
  }

  @Test func aLostConnectionGoesBackToTheContextThatWasHandedOver() {
    var machine = machine()
    let before = machine.context
    _ = signal(&machine, "execute-snapshot", execute)
    #expect(names(machine.streamLost(before)) == ["discard"])
    #expect(machine.context.isEmpty)
    #expect(names(machine.streamStarted()) == [])
  }

  @Test func aRestartGoesOnBehindTheLastAcknowledgedChunk() {
    let context = IncrementalContext(
      collections: [.init(table: TableID(schema: "public", name: "a"))], after: ["4"], maximum: ["9"],
      correlationID: "s")
    var machine = IncrementalSnapshot(watermarks: .signalTable, context: context) { "new" }
    guard case .read(let request)? = machine.streamStarted().last else {
      Issue.record("nothing is read")
      return
    }
    #expect(request.after == ["4"])
    #expect(request.maximum == ["9"])
  }

  @Test func aStopTakesEffectAtTheEndOfTheChunk() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    _ = machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "5")))
    _ = watermark(&machine, "chunk1-open", closes: false)
    #expect(signal(&machine, "stop-snapshot", #"{"data-collections": ["public.a"]}"#) == [])
    #expect(watermark(&machine, "chunk1-close", closes: true) == ["emit"])
    #expect(names(machine.windowEmitted()) == ["ABORTED", "read public.b"])
  }

  @Test func aStopThatWaitsIsPartOfWhatIsStored() {
    var earlier = machine()
    _ = signal(&earlier, "execute-snapshot", execute)
    let version = earlier.version
    _ = signal(&earlier, "stop-snapshot", #"{"data-collections": ["public.a"]}"#)
    #expect(earlier.version > version)
    var machine = IncrementalSnapshot(watermarks: .signalTable, context: earlier.context) { "chunk" }
    #expect(names(machine.streamStarted()) == ["ABORTED", "read public.b"])
  }

  @Test func aSignalOfAnotherChannelIsMarkedWithItsEffect() {
    var machine = machine()
    let position = (lsn: LSN(rawValue: 50), lastCommit: LSN?.none, transactionID: UInt64(7))
    let message = SignalMessage(id: "s", type: "execute-snapshot", data: execute)
    _ = machine.receive(ChannelSignal(message, at: .topic(next: 3)), at: position, isStale: false)
    #expect(machine.context.marks == SignalMarks(topicNext: 3))
    #expect(machine.context.isRunning)
    let version = machine.version
    // One that changes nothing else has been followed all the same.
    let log = SignalMessage(id: "l", type: "log", data: #"{"message": "m"}"#)
    _ = machine.receive(ChannelSignal(log, at: .file(FilePrefix(byteCount: 5, hash: 1))), at: position, isStale: false)
    #expect(machine.context.marks == SignalMarks(topicNext: 3, file: FilePrefix(byteCount: 5, hash: 1)))
    #expect(machine.version > version)
    machine.forgetMarks()
    #expect(machine.context.marks.isEmpty)
  }

  @Test func aSignalThatIsTooLongChangesNothing() {
    var machine = machine()
    let blanks = String(repeating: " ", count: SignalMessage.bytesMax)
    #expect(signal(&machine, "execute-snapshot", execute + blanks) == [])
    #expect(machine.context.isEmpty)
  }

  @Test func aStopWithoutTablesStopsAll() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    _ = signal(&machine, "pause-snapshot", "{}")
    _ = machine.answered(ChunkAnswer(id: "chunk1", failure: "gone"))
    _ = signal(&machine, "stop-snapshot", "{}")
    #expect(names(machine.retry()) == ["COMPLETED", "ABORTED"])
    #expect(machine.context.isEmpty)
  }

  @Test func aPausedSnapshotReadsNothingUntilItIsResumed() {
    var machine = machine()
    _ = signal(&machine, "execute-snapshot", execute)
    _ = machine.answered(ChunkAnswer(id: "chunk1", rows: rows(["1"], maximum: "5")))
    _ = watermark(&machine, "chunk1-open", closes: false)
    #expect(signal(&machine, "pause-snapshot", "{}") == ["PAUSED"])
    _ = watermark(&machine, "chunk1-close", closes: true)
    #expect(names(machine.windowEmitted()) == [])
    #expect(signal(&machine, "resume-snapshot", "{}") == ["RESUMED", "read public.a+public.b"])
  }

  @Test(arguments: [
    ("execute-snapshot", "no json"), ("execute-snapshot", "{}"), ("execute-snapshot", "[1]"), ("no-such", "{}"),
    ("execute-snapshot", #"{"data-collections": ["public.a"], "type": "strange"}"#),
    ("execute-snapshot", #"{"data-collections": ["public.("]}"#), ("execute-snapshot", #"{"data-collections": [3]}"#),
    (
      "execute-snapshot",
      #"{"data-collections": ["public.a"], "additional-conditions": [{"data-collection": "public.a"}]}"#
    ),
    ("stop-snapshot", "{}"), ("resume-snapshot", "{}"), ("log", "{}"), ("schema-changes", "{}"),
  ])
  func aSignalThatCannotBeFollowedChangesNothing(type: String, data: String) {
    var machine = machine()
    #expect(signal(&machine, type, data) == [])
    #expect(machine.context.isEmpty)
    #expect(machine.version == 0)
  }

  @Test func aBlockingSnapshotWaitsInTheContextUntilItIsDone() {
    var machine = machine(nil)
    _ = signal(&machine, "execute-snapshot", #"{"data-collections": ["public.a"], "type": "BLOCKING"}"#)
    #expect(machine.context.blocking.first?.lsn == LSN(rawValue: 50))
    machine.blockingFinished()
    #expect(machine.context.isEmpty)
  }
}
