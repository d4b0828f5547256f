import EventEncoding
import PgOutput
import PostgresSource
import Primitives

/// The rows of a snapshot on their way into the loop, one held back, since its marker depends on what follows.
struct SnapshotFeed: ~Copyable {
  private let origin: SnapshotOrigin
  private var markers = SnapshotMarkers()
  private var table = RelationOID(rawValue: 0)
  private var isFirstTable = false
  private var held = CopyTextRow()
  private var fresh = CopyTextRow()
  private var hasHeld = false
  private var heldTable = RelationOID(rawValue: 0)

  /// Rows taken at one go before acknowledgements are collected again.
  private static let rowsPerTurnMax: UInt64 = 512

  init(origin: SnapshotOrigin) { self.origin = origin }

  mutating func beginTable(_ oid: RelationOID, isFirst: Bool) {
    table = oid
    isFirstTable = isFirst
  }

  /// Reads until the table ends, the loop takes no more, or the turn is long enough.
  mutating func read(
    _ reader: inout CopyOutReader, into loop: inout ProductionLoop, _ time: RelayTime
  ) throws(RelayFailure) -> (rows: UInt64, isAtEnd: Bool) {
    var rows: UInt64 = 0
    while rows < SnapshotFeed.rowsPerTurnMax {
      var isWaiting = false
      guard try next(&reader, &isWaiting) else { return (rows, !isWaiting) }
      rows += 1
      var mayContinue = true
      if hasHeld {
        let isLast = heldTable != table
        mayContinue = try give(markers.marker(isLastInTable: isLast), into: &loop, time)
        if isLast { markers.beginTable(isFirst: isFirstTable) }
      } else {
        markers.beginTable(isFirst: isFirstTable)
      }
      swap(&held, &fresh)
      hasHeld = true
      heldTable = table
      if !mayContinue { break }
    }
    return (rows, false)
  }

  /// The row that is held back is the last of all.
  mutating func finish(into loop: inout ProductionLoop, _ time: RelayTime) throws(RelayFailure) {
    guard hasHeld else { return }
    hasHeld = false
    _ = try give(.last, into: &loop, time)
  }

  private mutating func give(
    _ marker: SnapshotMarker, into loop: inout ProductionLoop, _ time: RelayTime
  ) throws(RelayFailure) -> Bool {
    try loop.takeSnapshotRow(heldTable, held, marker: marker, at: origin, time)
  }

  /// Decodes the next row into `fresh`.
  private mutating func next(_ reader: inout CopyOutReader, _ isWaiting: inout Bool) throws(RelayFailure) -> Bool {
    var failure: DecodeError?
    let hasRow: Bool
    do throws(PostgresError) {
      hasRow = try Self.decode(&reader, &fresh, &isWaiting, &failure)
    } catch {
      throw .source(ErrorPolicy.sourceError(error))
    }
    if let failure { throw .pipeline(PipelineError(.decode(failure), lsn: origin.lsn)) }
    return hasRow
  }

  private static func decode(
    _ reader: inout CopyOutReader, _ row: inout CopyTextRow, _ isWaiting: inout Bool, _ failure: inout DecodeError?
  ) throws(PostgresError) -> Bool {
    try reader.next(timeoutMilliseconds: 50, isWaiting: &isWaiting) { line in
      do throws(DecodeError) {
        try row.decode(line)
      } catch {
        failure = error
      }
    }
  }
}
