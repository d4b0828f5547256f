import PgOutput
import Primitives

/// What becomes of one change, or of one row of a snapshot: which records it has.
extension EventPipeline {
  mutating func change(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?,
    _ message: RawSpan, _ lsn: LSN, _ now: Int64
  ) throws(PipelineError) {
    guard plan.isCaptured else { return }
    try requireTransaction(plan, lsn)
    capturedChanges += 1
    // A row of a table without columns is no change, nor does it count as one in its transaction.
    if plan.tupleCount == 0 { return }
    lastLSN = lsn
    if plan.isSignalTable { readSignal(operation, plan, old: old, new: new, message, lsn) }
    if operation == .update, let old, let new {
      if options.skipsUnchangedRows, !RowComparison.rowDiffers(plan, old, new, message) { return }
      if plan.hasKey, RowComparison.keyDiffers(plan, old, new, message) {
        try changeKey(plan, old: old, new: new, message, lsn, now)
        return
      }
    }
    if skippedOperations.contains(operation) { return }
    // What the update did not touch and the server did not send is taken from the old row, if that came whole.
    let isMade = try emitRow(
      operation, plan, old: old, new: new, fallback: new == nil ? nil : old, .none, message, lsn, now)
    if isMade, operation == .delete, options.sendsTombstones { try emitTombstone(plan, old!, .none, message, lsn) }
  }

  /// Debezium counts the two halves as a delete and a create, also for `skipped.operations`.
  private mutating func changeKey(
    _ plan: RelationPlan, old: TupleLayout, new: TupleLayout, _ message: RawSpan, _ lsn: LSN, _ now: Int64
  ) throws(PipelineError) {
    guard try bothCanBeMade(plan, old: old, new: new, message, lsn) else { return }
    if !skippedOperations.contains(.delete) {
      let header = KeyChange.newKey(new, fallback: old)
      guard try emitRow(.delete, plan, old: old, new: nil, fallback: nil, header, message, lsn, now) else { return }
      if options.sendsTombstones { try emitTombstone(plan, old, header, message, lsn) }
    }
    if !skippedOperations.contains(.create) {
      try emitRow(.create, plan, old: nil, new: new, fallback: old, .oldKey(old), message, lsn, now)
    }
  }

  /// Debezium makes both rows before it sends anything, so that one which cannot be made holds back the other. `false`: the
  /// change is left out. A dead letter, which Debezium has not, stands for the one half alone.
  private mutating func bothCanBeMade(
    _ plan: RelationPlan, old: TupleLayout, new: TupleLayout, _ message: RawSpan, _ lsn: LSN
  ) throws(PipelineError) -> Bool {
    guard options.deadLetter == nil else { return true }
    do throws(PipelineError) {
      try rows.check(plan, new, old: old, message, lsn: lsn)
      try rows.check(plan, old, old: nil, message, lsn: lsn)
      return true
    } catch {
      guard options.processingFailureMode != .fail, case .conversion = error.cause else { throw error }
      skippedChanges.add(error)
      return false
    }
  }

  private func requireTransaction(_ plan: RelationPlan, _ lsn: LSN) throws(PipelineError) {
    guard transaction != nil else {
      throw PipelineError(.unexpectedMessage("a row outside a transaction"), table: plan.id, lsn: lsn)
    }
  }

  /// The header that ties together the records of a key-changing update.
  enum KeyChange {
    case none
    /// `fallback` has what the update did not touch and the server did not send.
    case newKey(TupleLayout, fallback: TupleLayout)
    case oldKey(TupleLayout)

    var isNone: Bool { if case .none = self { true } else { false } }
  }

  /// One row of a snapshot.
  public mutating func snapshotRow(
    _ relation: RelationOID, _ tuple: TupleLayout, _ bytes: RawSpan, marker: SnapshotMarker,
    at snapshot: SnapshotOrigin,
    now: Int64
  ) throws(PipelineError) {
    let plan = try plan(relation, snapshot.lsn)
    try check(tuple, plan, snapshot.lsn)
    guard plan.isCaptured else { return }
    capturedChanges += 1
    source.prepare(
      unixMicroseconds: snapshot.unixMicroseconds, marker: marker, lastCommit: snapshot.lastCommit,
      transactionID: marker == .incremental ? nil : snapshot.transactionID, origin: nil)
    lastLSN = snapshot.lsn
    if records.unit != snapshot.lsn { records.beginUnit(at: snapshot.lsn) }
    part = 0
    snapshotPlace = (snapshot, marker)
    // Of a first snapshot a refused row stops the connector, however it were known again.
    let isBlocking = plansAside != nil && options.deadLetter != nil
    if isBlocking { records.beginBetween(.snapshotRow(RowDigest(relation, tuple, bytes))) }
    defer {
      snapshotPlace = nil
      if isBlocking { records.endBetween() }
    }
    // `skipped.operations` is a matter of the stream, even if it lists "r".
    try emitRow(.read, plan, old: nil, new: tuple, fallback: nil, .none, bytes, snapshot.lsn, now)
  }

  mutating func truncate(_ plan: RelationPlan, _ lsn: LSN, _ now: Int64) throws(PipelineError) {
    guard plan.isCaptured else { return }
    try requireTransaction(plan, lsn)
    capturedChanges += 1
    if skippedOperations.contains(.truncate) { return }
    let empty = RawSpan()
    try emitRow(.truncate, plan, old: nil, new: nil, fallback: nil, .none, empty, lsn, now)
  }
}
