import EventRouting
import PgOutput
import Primitives

/// A change that waits for a part of its row.
struct HeldChange {
  let message: [UInt8]
  let header: XLogDataHeader
  let now: Int64
  let lookup: RowLookup
}

/// A row that was published without what was asked for, since the server did not give it; for the log.
public struct ReselectionWarning: Sendable {
  public let table: TableID
  public let columns: [String]
  public let lsn: LSN
  public let reason: String
}

extension EventPipeline {
  /// Whether the change must be completed first. It is then kept, since the frame does not last.
  mutating func holds(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout, _ message: RawSpan,
    _ header: XLogDataHeader, _ now: Int64
  ) -> RowLookup? {
    guard let reselection = plan.reselection, plan.isCaptured, plan.hasKey, let transaction,
      isPublished(operation, plan, old: old, new: new, message),
      let lookup = reselection.lookup(new, old: old, message, in: transaction.id)
    else { return nil }
    held = HeldChange(message: message.array, header: header, now: now, lookup: lookup)
    return lookup
  }

  private func isPublished(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout, _ message: RawSpan
  ) -> Bool {
    guard operation == .update, let old else { return !options.skippedOperations.contains(operation) }
    if options.skipsUnchangedRows, !RowComparison.rowDiffers(plan, old, new, message) { return false }
    let changesKey = RowComparison.keyDiffers(plan, old, new, message)
    return !options.skippedOperations.contains(changesKey ? .create : .update)
  }

  /// Answers `needsRow`: the change goes on, with the row as it is in the table now.
  public mutating func supply(_ answer: RowAnswer) throws(PipelineError) {
    guard let change = held else { preconditionFailure("an answer that was not asked for") }
    held = nil
    defer { completed = nil }
    var bytes = change.message
    switch answer {
    case .row(let values): completed = try complete(change, values, bytes: &bytes)
    case .missing: try miss(change, "there is no row with this key")
    case .failed(let reason): try miss(change, reason)
    }
    isCompleting = true
    defer { isCompleting = false }
    // The message stands at the start of the bytes; its decoder reads no further.
    _ = try unsafe receive(bytes.span.bytes, messageBytes: change.message.count, change.header, now: change.now)
  }

  private mutating func complete(
    _ change: HeldChange, _ values: [[UInt8]?], bytes: inout [UInt8]
  ) throws(PipelineError) -> TupleLayout? {
    guard values.count == change.lookup.columns.count else {
      throw PipelineError(
        .unexpectedMessage("a row of \(values.count) columns, where \(change.lookup.columns.count) were asked for"),
        table: change.lookup.table, lsn: change.header.walStart)
    }
    let (plan, old, new) = try decodeAgain(change)
    return plan.reselection?.completed(new, old: old, values, bytes: &bytes)
  }

  private mutating func miss(_ change: HeldChange, _ reason: String) throws(PipelineError) {
    let (plan, _, _) = try decodeAgain(change)
    if plan.reselection?.failsOnError ?? false {
      throw PipelineError(
        .reselection(columns: change.lookup.columns, reason), table: plan.id, keyColumns: plan.keyColumnNames,
        lsn: change.header.walStart)
    }
    reselectionWarning = ReselectionWarning(
      table: plan.id, columns: change.lookup.columns, lsn: change.header.walStart, reason: reason)
  }
}
