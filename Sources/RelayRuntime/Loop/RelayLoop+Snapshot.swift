import EventEncoding
import PgOutput
import Primitives

/// The rows of a snapshot, before the stream or while a blocking one has the turn.
extension RelayLoop where Source: ~Copyable, Sink: ~Copyable, Store: ~Copyable {
  /// A turn before the stream: acknowledgements come back and pending records go on. Returns whether the next row may come.
  public mutating func turnSnapshot(_ time: RelayTime) throws(RelayFailure) -> Bool {
    monotonicNow = time.monotonicMilliseconds
    try collectDeliveries(time)
    try handOverPending()
    try checkSnapshotAge()
    if isInterrupted {
      markContext()
      try advanceStore(time, isQuiet: false)
      try updateStatus(time)
    }
    return pipeline.records.isEmpty
  }

  /// One row of the snapshot; only after `turnSnapshot` or an earlier row said that it may come. Returns whether the next
  /// may come.
  public mutating func takeSnapshotRow(
    _ relation: RelationOID, _ row: borrowing CopyRow, marker: SnapshotMarker, at origin: SnapshotOrigin,
    _ time: RelayTime
  ) throws(RelayFailure) -> Bool {
    if !ledger.hasOpenUnit { ledger.begin(at: origin.lsn) }
    do throws(PipelineError) {
      try pipeline.snapshotRow(
        relation, row.tuple, row.bytes.bytes, marker: marker, at: origin, now: time.wallNanoseconds)
    } catch {
      throw .pipeline(error)
    }
    try handOverPending()
    return pipeline.records.isEmpty
  }

  /// All rows have been taken and handed over; they are safe once nothing is in flight. Where heartbeats are asked for, one
  /// follows at once. Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.doExecute`.
  public mutating func endSnapshot(_ time: RelayTime) throws(RelayFailure) {
    precondition(pipeline.records.isEmpty, "a row of the snapshot is still to be handed over")
    if ledger.hasOpenUnit {
      ledger.endWithoutPosition()
      batch?.unitEnded()
    }
    if limits.heartbeatIntervalMilliseconds > 0 { try beat(time) }
  }
}
