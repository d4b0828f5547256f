import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Chunks of incremental snapshots among the changes, and the signals that steer them.
extension EventPipeline {
  // MARK: Chunks

  /// A chunk waits from now on. Where `isDeduplicating`, changes of its keys take rows out at once; else from
  /// `beginDeduplication` on.
  public mutating func openWindow(_ chunk: WindowRows, isDeduplicating: Bool) {
    window = ChunkWindow(chunk.rows, plan: plan(of: chunk), isDeduplicating: isDeduplicating)
  }

  /// The opening watermark has come.
  public mutating func beginDeduplication() { window?.isDeduplicating = true }

  /// The chunk must be read again: a change came that cannot be compared with its rows.
  public var isWindowStale: Bool { window?.isStale ?? false }

  /// The next row of the chunk becomes a record. Returns `false` when there is none left, and the chunk is gone.
  /// - Parameter now: wall clock in nanoseconds since 1970: the row's time, since it has no other.
  public mutating func emitWindowRow(now: Int64) throws(PipelineError) -> Bool {
    guard var chunk = window, chunk.hasRow else {
      window = nil
      if let transaction { prepareSource(transaction) }
      return false
    }
    let row = chunk.next
    chunk.next += 1
    window = chunk
    let lsn = lastLSN ?? .invalid
    source.prepare(
      unixMicroseconds: floorDivide(now, 1_000), nanosecondRemainder: now - floorDivide(now, 1_000) * 1_000,
      marker: .incremental, lastCommit: lastCommit, transactionID: nil, origin: transaction?.origin)
    capturedChanges += 1
    var tuple = TupleLayout()
    chunk.rows.layout(ofRow: row, into: &tuple)
    part = 0
    snapshotPlace = (
      SnapshotOrigin(lsn: lsn, unixMicroseconds: 0, transactionID: 0, lastCommit: lastCommit), .incremental
    )
    records.beginBetween(
      options.deadLetter == nil
        ? nil : .snapshotRow(RowDigest(chunk.plan.relation.oid, tuple, chunk.rows.span)))
    defer {
      snapshotPlace = nil
      records.endBetween()
    }
    try emitRow(
      .read, chunk.plan, old: nil, new: tuple, fallback: nil, .none, chunk.rows.span, lsn, now)
    return true
  }

  /// The chunk is given up.
  public mutating func discardWindow() { window = nil }

  /// Where the stream starts, for rows that are sent before its first message.
  public mutating func begin(at position: LSN) {
    if lastLSN == nil { lastLSN = position }
  }

  private mutating func plan(of chunk: WindowRows) -> RelationPlan {
    if let known = snapshotPlan, known.relation == chunk.relation, known.table == chunk.table { return known.plan }
    let topic = topics.index(of: options.topics.data(chunk.table.id))
    let plan = RelationPlan(
      relation: chunk.relation, table: chunk.table, topic: topic, topicName: topics.names[topic], origin: .snapshot,
      options: options, parts: &planParts)
    snapshotPlan = (chunk.relation, chunk.table, plan)
    return plan
  }

  mutating func deduplicate(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, _ fallback: TupleLayout?,
    _ message: RawSpan
  ) {
    guard window!.isDeduplicating, window!.plan.id == plan.id else { return }
    // Debezium lets a truncate pass, and then sends the rows that it removed.
    if operation == .truncate {
      window!.removeAll()
    } else if let tuple = new ?? old {
      window!.remove(plan, tuple, fallback: fallback ?? old, message)
    }
  }

  // MARK: Signals

  /// A row that was no signal, since its table has another shape, since the last call.
  public mutating func takeSignalWarning() -> SignalWarning? {
    defer { signalWarning = nil }
    return signalWarning
  }

  /// The table must have three columns of text, whatever their names.
  /// Source: Debezium 3.6, `CommonConnectorConfig.parseSignallingMessage`, `SignalRecord`.
  mutating func readSignal(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, _ message: RawSpan, _ lsn: LSN
  ) {
    signal = signalMessage(operation, plan, old: old, new: new, message)
    guard let signals = options.signals, plan.columns.count != 3 else { return }
    if operation == .create || (operation == .delete && signals.closesOnDelete) {
      signalWarning = SignalWarning(table: plan.id, columnCount: plan.columns.count, lsn: lsn)
    }
  }

  /// What a change of the signalling table says; `nil` where it is no signal.
  private func signalMessage(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, _ message: RawSpan
  ) -> SignalMessage? {
    guard let signals = options.signals, plan.columns.count == 3 else { return nil }
    switch operation {
    case .delete where signals.closesOnDelete:
      // Only the key is known of a deleted row, and that is all that a watermark needs.
      guard let old, let id = text(plan.columns[0], old, message) else { return nil }
      return SignalMessage(
        id: id.split(separator: "open", omittingEmptySubsequences: false).joined(separator: "close"),
        type: SignalMessage.windowClose, data: nil)
    case .create, .update:
      // An update that changes the key is a delete and a create to Debezium.
      guard let new else { return nil }
      if operation == .update {
        guard let old, plan.hasKey, RowComparison.keyDiffers(plan, old, new, message) else { return nil }
      }
      guard plan.columns.allSatisfy({ $0.schema.kind == .string }), let id = text(plan.columns[0], new, message) else {
        return nil
      }
      return SignalMessage(
        id: id, type: text(plan.columns[1], new, message), data: text(plan.columns[2], new, message))
    default: return nil
    }
  }

  private func text(_ column: ColumnPlan, _ tuple: TupleLayout, _ message: RawSpan) -> String? {
    guard case .text(let range) = tuple[column.tupleIndex] else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for offset in range { bytes.append(message.byte(at: offset)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A row of a signalling table that has not three columns; for the log.
public struct SignalWarning: Sendable {
  public let table: TableID
  public let columnCount: Int
  public let lsn: LSN
}
