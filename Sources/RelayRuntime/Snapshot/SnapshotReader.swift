import EventEncoding
import PgOutput
import PostgresSource
import Primitives

/// One connection of a snapshot and the chunk it reads. It knows of each row whether another follows.
///
/// A class only because connections cannot be kept in an array; everything in it belongs to the connector's thread.
final class SnapshotReader {
  enum Progress: Equatable {
    /// Nothing more in this turn: enough rows, or the producer is full.
    case paused
    /// The server has not sent the next row yet.
    case needsData
    /// The next row may only be sent after others.
    case needsOthers
    case ended
  }

  let connection: PostgresConnection
  private(set) var chunk: SnapshotChunk?
  private var reading = ChunkRows()

  init(_ connection: consuming PostgresConnection) { self.connection = connection }

  /// For poll(2).
  var socket: Int32 { connection.socket }

  /// Rows of the chunk that were sent.
  var rows: UInt64 { reading.sent }

  func begin(_ chunk: SnapshotChunk, of table: SnapshotTable) throws(PostgresError) {
    let forms = try table.formsNow(on: connection)
    let format = forms == nil ? "" : " (FORMAT binary)"
    reading.begin(try CopyOutReader("COPY \(chunk.source) TO STDOUT\(format)", on: connection), forms)
    self.chunk = chunk
  }

  /// Sends rows of the chunk until it ends, at most `rowsMax`, or something else must happen first.
  func send(
    rowsMax: UInt64, of table: RelationOID, _ sequence: inout SnapshotSequence, _ feed: inout SnapshotFeed,
    into loop: inout ProductionLoop, _ time: RelayTime
  ) throws(RelayFailure) -> Progress {
    guard let chunk else { return .ended }
    let progress = try reading.send(
      chunk, rowsMax: rowsMax, of: table, &sequence, &feed, into: &loop, time)
    if progress == .ended { self.chunk = nil }
    return progress
  }
}

/// The rows of one chunk as they come. A value, so that each row does not pay for access to its reader's properties.
private struct ChunkRows: ~Copyable {
  private(set) var sent: UInt64 = 0
  private var copy: CopyOutReader?
  private var forms: [BinaryForm]?
  private var next = CopyRow()
  private var following = CopyRow()
  private var hasNext = false
  private var hasFollowing = false
  private var isAtEnd = false

  mutating func begin(_ copy: consuming CopyOutReader, _ forms: [BinaryForm]?) {
    self.copy = consume copy
    self.forms = forms
    sent = 0
    hasNext = false
    hasFollowing = false
    isAtEnd = false
  }

  mutating func send(
    _ chunk: SnapshotChunk, rowsMax: UInt64, of table: RelationOID, _ sequence: inout SnapshotSequence,
    _ feed: inout SnapshotFeed, into loop: inout ProductionLoop, _ time: RelayTime
  ) throws(RelayFailure) -> SnapshotReader.Progress {
    let end = sent + rowsMax
    while sent < end {
      guard try look() else { return .needsData }
      if !hasNext {
        copy = nil
        sequence.end(chunk)
        return .ended
      }
      guard let marker = sequence.send(chunk, isFirst: sent == 0, isLast: !hasFollowing) else { return .needsOthers }
      sent += 1
      hasNext = false
      if try !feed.give(table, &next, marker: marker, into: &loop, time) { return .paused }
    }
    return .paused
  }

  /// Makes sure that the next row is there and that it is known whether another follows, or that none is left.
  private mutating func look() throws(RelayFailure) -> Bool {
    if !hasNext {
      if hasFollowing {
        swap(&next, &following)
        hasNext = true
        hasFollowing = false
      } else if !isAtEnd {
        guard try ChunkRows.read(&copy, forms, &next, &hasNext, &isAtEnd) else { return false }
      }
    }
    if hasNext, !hasFollowing, !isAtEnd {
      return try ChunkRows.read(&copy, forms, &following, &hasFollowing, &isAtEnd)
    }
    return true
  }

  /// `false`: the server has not sent it yet.
  private static func read(
    _ copy: inout CopyOutReader?, _ forms: [BinaryForm]?, _ row: inout CopyRow, _ hasRow: inout Bool,
    _ isAtEnd: inout Bool
  ) throws(RelayFailure) -> Bool {
    var isWaiting = false
    var failure: DecodeError?
    do throws(PostgresError) {
      hasRow = try decode(&copy, forms, &row, &isWaiting, &failure)
    } catch {
      throw .source(ErrorPolicy.sourceError(error))
    }
    if let failure { throw .pipeline(PipelineError(.decode(failure), lsn: .invalid)) }
    if !hasRow, !isWaiting { isAtEnd = true }
    return !isWaiting
  }

  private static func decode(
    _ copy: inout CopyOutReader?, _ forms: [BinaryForm]?, _ row: inout CopyRow, _ isWaiting: inout Bool,
    _ failure: inout DecodeError?
  ) throws(PostgresError) -> Bool {
    guard copy != nil else { return false }
    while true {
      // A binary copy marks its end by a message that is no row.
      var isRow = true
      let hasMessage = try copy!.next(timeoutMilliseconds: 0, isWaiting: &isWaiting) { message in
        do throws(DecodeError) {
          if let forms { isRow = try row.decode(binary: message, forms.span) } else { try row.decode(text: message) }
        } catch {
          failure = error
        }
      }
      if isRow || !hasMessage { return hasMessage }
    }
  }
}
