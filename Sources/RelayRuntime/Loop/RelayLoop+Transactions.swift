import Acknowledgement
import Primitives

/// Exactly once: records and the position they lead to are one Kafka transaction. "Stored" then means "committed", so the
/// three stations of a position are the same as ever.
extension RelayLoop where Source: ~Copyable, Sink: ~Copyable, Store: ~Copyable {
  /// Records of a unit are open in Kafka whose rest will not come: only a new producer, from the committed position, can go
  /// on.
  public var mustStartOver: Bool { batch?.isSpoilt ?? false }

  /// Whole database transactions wait in an open Kafka transaction that has to be aborted.
  var holdsWholeUnits: Bool { batch.map { $0.wholeUnits > 0 && sink.isInTransaction } ?? false }

  /// The failure is that of one change, of which records are in the open Kafka transaction with others.
  func isUndelivered(_ failure: RelayFailure) -> Bool {
    switch failure {
    case .pipeline: batch.map { $0.hasPartialUnit && !$0.bounds.commitsEachUnit } ?? false
    case .record: batch.map { !$0.bounds.commitsEachUnit } ?? false
    case .source, .sink, .refused: false
    }
  }

  /// Opens the Kafka transaction that a record needs. `false` while the one before is being committed.
  mutating func admitsRecord() throws(SinkError) -> Bool {
    guard let batch else { return true }
    if batch.isSealed { return false }
    if !sink.isInTransaction {
      try sink.beginTransaction()
      self.batch?.opened(at: monotonicNow)
    }
    return true
  }

  /// The open transaction's first changes were committed when it was divided.
  var isSkipping: Bool { changesToSkip > 0 && unitChanges <= changesToSkip }

  /// Nothing more is read until the part before is committed.
  var isDividing: Bool { division != nil }

  /// Which part of a divided database transaction comes now; 1 for one that is not divided.
  var dividedPart: Int {
    guard let divided, divided.transaction == pipeline.lastTransactionID else { return 1 }
    return divided.parts + 1
  }

  mutating func beginCounting() {
    unitChanges = 0
    changesToSkip = 0
    if let divided, divided.transaction == pipeline.lastTransactionID { changesToSkip = divided.changes }
  }

  mutating func advanceBatch(_ time: RelayTime, isQuiet: Bool) throws(RelayFailure) {
    do throws(SinkError) {
      guard position.beingStored == nil else { return }
      seal(time, isQuiet: isQuiet)
      // The last of what went in may have been closed since acknowledgements were collected.
      guard batch?.isSealed == true, ledger.recordsInFlight == 0 else { return }
      position.acknowledge(ledger.acknowledged)
      contexts.acknowledge(ledger.acknowledgedMark)
      precondition(position.acknowledged >= handedOver, "a position behind the records that are committed with it")
      try beginCommit(time)
    } catch {
      throw .sink(error)
    }
  }

  /// A commit that is under way; before records are handed over, which wait for it.
  mutating func pollCommit() throws(RelayFailure) {
    guard batch != nil, position.beingStored != nil else { return }
    do throws(SinkError) {
      guard try sink.pollCommit() else { return }
    } catch {
      throw .sink(error)
    }
    position.storeSucceeded()
    contexts.storeEnded(hasSucceeded: true)
    batch?.committed()
    if let division { divided = division }
    division = nil
  }

  private mutating func seal(_ time: RelayTime, isQuiet: Bool) {
    guard let batch, !batch.isSealed, !batch.isSpoilt else { return }
    let now = time.monotonicMilliseconds
    if isBetweenUnits {
      let isDue = sink.isInTransaction ? batch.isDue(at: now, isQuiet: isQuiet) : hasPositionToStore(at: now)
      if isDue { self.batch?.seal() }
    } else if ledger.hasOpenUnit, pendingEnd == nil, pipeline.records.isEmpty, !isInterrupted, !isSnapshotUnit,
      unitChanges > changesToSkip, sink.isInTransaction, batch.mustDivide(at: now), let id = pipeline.lastTransactionID
    {
      let part = dividedPart
      division = DividedTransaction(id, changes: unitChanges, parts: part)
      self.batch?.seal()
      notices.add(
        .warning,
        "transaction \(id), after LSN \(handedOver), is too large for one Kafka transaction and is divided: part \(part) ends after \(unitChanges) changes. Consumers can see a part without the rest; the records of the later parts have the header \(DividedHeader.name). Raise sluice.transaction.records.max and producer.transaction.timeout.ms to keep such transactions whole"
      )
    }
  }

  /// A position that moved without records is committed no more often than a state record is written.
  private func hasPositionToStore(at now: Int64) -> Bool {
    guard ledger.acknowledged > position.stored || contexts.hasUnstored else { return false }
    guard let last = lastStoreAt else { return true }
    return now - last >= storeIntervalMilliseconds
  }

  private mutating func beginCommit(_ time: RelayTime) throws(SinkError) {
    guard let next = position.nextToStore() ?? position.storeAgain() else { return }
    if !sink.isInTransaction {
      try sink.beginTransaction()
      batch?.opened(at: time.monotonicMilliseconds)
    }
    store.encode(
      StreamPosition(
        acknowledged: next, lastCommit: ledger.acknowledgedCommit, incremental: contexts.beginStore(),
        divided: division ?? divided), into: &stateRecord)
    switch try sink.beginCommit(&stateRecord) {
    case .accepted:
      lastStoreAt = time.monotonicMilliseconds
      recordsAtLastStore = observations.recordsAcknowledged
    case .queueFull:
      position.storeFailed()
      contexts.storeEnded(hasSucceeded: false)
    case .refused(let refusal): throw SinkError("the state record: \(refusal)")
    }
  }

  /// What cannot be divided must fit: rows of a snapshot have no order in which a part of them could be left out again.
  func checkSnapshotAge() throws(RelayFailure) {
    guard let batch, sink.isInTransaction, batch.isTooOld(at: monotonicNow) else { return }
    let limit = "half of transaction.timeout.ms (\(batch.bounds.timeoutMilliseconds) ms)"
    if !isInterrupted, resumesSnapshot {
      throw .sink(
        SinkError(
          "the snapshot has filled \(limit) within one table; what is left of it is read in chunks beside the stream",
          remedy: .startOver))
    }
    let name = isInterrupted ? "blocking snapshot" : "snapshot"
    if batch.hasStoodStill(at: monotonicNow) {
      throw .sink(
        SinkError(
          "the \(name) has filled \(limit), in part since the brokers stood still: it is taken again. If this repeats, raise producer.transaction.timeout.ms",
          remedy: .startOver))
    }
    throw .sink(
      SinkError(
        "the \(name) does not fit in one Kafka transaction: it has filled \(limit). Raise producer.transaction.timeout.ms (the brokers allow transaction.max.timeout.ms)"
          + (isInterrupted
            ? ", or ask for an incremental snapshot"
            : "; or leave out of the snapshot what cannot be read in chunks: outboxes, tables without a primary key, and those with a statement of their own (snapshot.include.collection.list)")
      ))
  }
}

/// How the records of a transaction that had to be divided are marked.
enum DividedHeader {
  static let name = "sluice.transaction.part"

  /// The part's number in decimal digits.
  static func append(part: Int, to record: inout EncodedRecord) {
    let start = record.bytes.count
    record.bytes.append(Array(name.utf8))
    let end = record.bytes.count
    record.bytes.append(0)
    let value = record.bytes.count
    record.bytes.append(decimal: UInt64(part))
    record.headers.append(.init(name: start..<end, value: value..<record.bytes.count))
  }

  /// Messages that a server sends again the same, whatever the connection has seen: Insert, Update, Delete, Truncate,
  /// Message. Source: PostgreSQL's manual, "Logical Replication Message Formats".
  static func isChange(_ message: borrowing RawSpan) -> Bool {
    guard message.byteCount > 0 else { return false }
    switch message.byte(at: 0) {
    case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"), UInt8(ascii: "T"), UInt8(ascii: "M"): return true
    default: return false
    }
  }
}
