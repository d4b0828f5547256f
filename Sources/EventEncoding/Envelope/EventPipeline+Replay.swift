import ConnectData
import EventRouting
import PgOutput
import Primitives

/// A dead letter's change once more, after a mend.
extension EventPipeline {
  /// Makes the letter's record again, under the configuration of now; what fails again is a letter again. One letter at a
  /// time; a step that asks for a row is answered by `supply`, as in the stream.
  /// - Parameter table: the table of the letter's relation as the catalogue shows it; `nil` for a message.
  public mutating func replay(
    _ letter: LetteredChange, _ table: TableDescription?, now: Int64
  ) throws(PipelineError) -> Step {
    streamRestarted()
    lastCommit = letter.lastCommit
    lastLSN = letter.lsn
    wantedPart = letter.part
    records.beginUnit(at: letter.lsn, part: letter.part)
    var rowOrigin = RowOrigin.stream
    switch letter.origin {
    case .stream(let begin, let origin, let totalOrder, let tableOrder):
      var context = TransactionContext(begin)
      context.origin = origin
      // The record takes the next number.
      context.totalOrder = max(0, totalOrder - 1)
      if let relation = letter.relation, tableOrder > 0 {
        context.collections = [(TableID(schema: relation.schema, name: relation.name), tableOrder - 1)]
      }
      transaction = context
      lastTransactionID = begin.transaction
      prepareSource(context)
    case .outsideTransaction: break
    case .snapshot: rowOrigin = .snapshot
    }
    if let relation = letter.relation, let table { install(relation, table, origin: rowOrigin) }
    let message = letter.message
    if case .snapshot(let origin, let marker) = letter.origin {
      unsafe try replayRow(letter.relation, message.span.bytes, origin, marker, now)
      return .rows
    }
    let step = unsafe try receive(
      message.span.bytes,
      XLogDataHeader(walStart: letter.lsn, walEnd: letter.lsn, sentAt: PostgresTimestamp(microsecondsSince2000: 0)),
      now: now)
    // What one row says is not said again by its letter.
    if case .signal = step { return .rows }
    return step
  }

  private mutating func replayRow(
    _ relation: Relation?, _ message: RawSpan, _ origin: SnapshotOrigin, _ marker: SnapshotMarker, _ now: Int64
  ) throws(PipelineError) {
    guard let relation else {
      throw PipelineError(.unexpectedMessage("a letter of a snapshot's row without its table"), lsn: origin.lsn)
    }
    let tuple: TupleLayout
    do throws(DecodeError) {
      var decoder = PgOutputDecoder()
      guard case .insert = try decoder.decode(message) else {
        throw DecodeError.unknownTag(message.byteCount > 0 ? message.byte(at: 0) : 0, at: 0)
      }
      tuple = decoder.newTuple
    } catch {
      throw PipelineError(.decode(error), lsn: origin.lsn)
    }
    var origin = origin
    if marker == .incremental {
      // Such a row has no time but that of its sending.
      origin = SnapshotOrigin(
        lsn: origin.lsn, unixMicroseconds: floorDivide(now, 1_000), transactionID: 0, lastCommit: origin.lastCommit)
    }
    // Rows of one snapshot, or of one chunk, have one LSN.
    records.beginBetween(.snapshotRow(RowDigest(relation.oid, tuple, message)))
    defer { records.endBetween() }
    try snapshotRow(relation.oid, tuple, message, marker: marker, at: origin, now: now)
  }
}
