import EventEncoding
import EventRouting
import Primitives

/// The state machine of incremental snapshots: which chunk is read, whether its window is open, and when its rows go out.
/// It does no I/O; each call returns what is to be done, in order.
///
/// One chunk is under way at a time:
///
///     idle ──.read──► reading ──answer──► waiting ──watermark──► emitting ──windowEmitted──► reading, or idle
///
/// - **reading**: a query runs beside the stream. Without a signalling table the stream stands still meanwhile
///   (`mayReadFrames`); with one it goes on up to the opening watermark.
/// - **waiting**: the rows are there, the stream has not yet passed all that the query saw. Changes of their keys take rows
///   out (`ChunkWindow`).
/// - **emitting**: the stream stands still until the rows are handed over. Only then does `context` move on, so a position
///   that is stored with it never promises rows that are not acknowledged.
///
/// `context` is the whole of what a restart needs: `init` with a stored one, then `streamStarted`. Source: Debezium 3.6,
/// `AbstractIncrementalSnapshotChangeEventSource`, whose order of steps and notifications is kept.
public struct IncrementalSnapshot {
  /// How the stream shows that it has passed what a query saw.
  public enum Watermarks: Sendable, Equatable {
    /// Rows that are written to the signalling table before and after the query.
    case signalTable
    /// The log's position after the query (`read.only=true`): nothing is written.
    case position
  }

  public enum LogLevel: Sendable { case info, warning }

  public enum Action: Sendable {
    case read(ChunkRequest)
    /// The rows wait in the pipeline from now on.
    case open(WindowRows, isDeduplicating: Bool)
    /// The opening watermark has come: changes take rows out from now on.
    case deduplicate
    /// The rows go out; then `windowEmitted`.
    case emit
    /// The rows are given up.
    case discard
    /// Call `retry` no sooner than this.
    case wait(milliseconds: Int64)
    case notify(SnapshotNotification)
    case log(LogLevel, String)
  }

  /// A chunk's rows while they wait.
  struct Window {
    let id: String
    let end: [String?]
    let maximum: [String?]
    let rows: Int
    var isOpen: Bool
    let closesAt: LSN?
    let writers: Set<UInt32>
  }

  enum Phase {
    case idle
    /// The last reading failed; `retry` goes on.
    case failed
    case reading(id: String, isOpen: Bool)
    case waiting(Window)
    case emitting(Window)
  }

  public internal(set) var context: IncrementalContext
  /// Counts the changes of `context`.
  public internal(set) var version: UInt64 = 0
  public internal(set) var isPaused = false
  public let watermarks: Watermarks?
  var phase = Phase.idle
  private var isStreaming = false
  /// Why the table cannot be read, as the log has it already.
  private var refusalTold: String?
  /// Rows of the table read so far, for notifications.
  var rowsScanned = 0
  private let makeID: () -> String
  /// Tables that a pattern can mean, in their order, each once.
  public internal(set) var knownTables: [TableID] = []
  /// Whether the connector's filters take a table.
  public var isCaptured: (TableID) -> Bool = { _ in true }

  private static let retryMilliseconds: Int64 = 1_000
  /// Of those whose changes the stream has brought, the last.
  var streamed = StreamedTransactionIDs()
  /// Transactions that the first chunk of this process found: an earlier process may have streamed them.
  private var unknownWriters: Set<UInt32>?
  private var hasToldOfWriters = false

  /// - Parameters:
  ///   - watermarks: `nil` where neither a signalling table nor `read.only` is set: incremental snapshots are refused.
  ///   - makeID: a new UUID for every chunk.
  public init(
    watermarks: Watermarks?, context: IncrementalContext = IncrementalContext(), makeID: @escaping () -> String
  ) {
    self.watermarks = watermarks
    self.context = context
    self.makeID = makeID
  }

  /// A UUID for whatever needs one.
  func newID() -> String { makeID() }

  /// Whether the stream may be read on. When not, it is for the length of one query, or until rows are handed over.
  public var mayReadFrames: Bool {
    switch phase {
    case .idle, .failed, .waiting: true
    case .reading(_, let isOpen): watermarks == .signalTable && !isOpen
    case .emitting: false
    }
  }

  public var isEmitting: Bool { if case .emitting = phase { true } else { false } }

  /// The position that the stream must have passed between transactions; then `positionPassed`.
  public var awaitedPosition: LSN? {
    guard case .waiting(let window) = phase else { return nil }
    return window.closesAt
  }

  // MARK: The stream

  /// The stream flows, for the first time or again. An unfinished snapshot goes on with a new chunk.
  public mutating func streamStarted() -> [Action] {
    isStreaming = true
    guard context.isRunning, case .idle = phase else { return [] }
    return [.log(.info, "incremental snapshot goes on with table \(context.collections[0].table)")] + readNext()
  }

  /// The connection is gone. Whatever happened after the last transaction that was handed over whole will come again.
  public mutating func streamLost(_ context: IncrementalContext) -> [Action] {
    isStreaming = false
    phase = .idle
    if context != self.context {
      self.context = context
      version += 1
    }
    return [.discard]
  }

  // MARK: Chunks

  /// The answer to the last `.read`; one to an older request is passed over.
  public mutating func answered(_ answer: ChunkAnswer) -> [Action] {
    if case .waiting(let window) = phase, window.id == answer.id, let failure = answer.failure {
      // The rows were there, and then the watermark that closes their window could not be written.
      phase = .failed
      return [
        .discard,
        .log(.warning, "a chunk of an incremental snapshot cannot be closed and is read again: \(failure)"),
        .wait(milliseconds: IncrementalSnapshot.retryMilliseconds),
      ]
    }
    guard case .reading(answer.id, let isOpen) = phase else { return [] }
    if let failure = answer.failure {
      phase = .failed
      return [
        .log(.warning, "a chunk of an incremental snapshot could not be read and is tried again: \(failure)"),
        .wait(milliseconds: IncrementalSnapshot.retryMilliseconds),
      ]
    }
    var actions: [Action] = []
    for finished in answer.finished where context.isRunning {
      if let refusal = refusalOfFirstSnapshot(finished) { return actions + refusal }
      if let reason = finished.reason {
        actions.append(
          .log(.warning, "incremental snapshot of table \(context.collections[0].table) is given up: \(reason)"))
      }
      actions.append(
        notification(
          .tableScanCompleted,
          [
            "data_collections": list, "scanned_collection": context.collections[0].table.description,
            "total_rows_scanned": String(rowsScanned), "status": finished.status.rawValue,
          ]))
      actions += nextCollection()
    }
    guard let rows = answer.rows, context.isRunning else {
      phase = .idle
      return actions
    }
    refusalTold = nil
    if unknownWriters == nil { unknownWriters = rows.running }
    let isDeduplicating = isOpen || watermarks == .position
    if isDeduplicating, hasStreamed(rows.writers) { return actions + readAgainLater() }
    rowsScanned += rows.chunk.rows.rowCount
    phase = .waiting(
      Window(
        id: answer.id, end: rows.end, maximum: rows.maximum, rows: rows.chunk.rows.rowCount, isOpen: isDeduplicating,
        closesAt: answer.closesAt, writers: rows.writers))
    actions.append(.open(rows.chunk, isDeduplicating: isDeduplicating))
    actions.append(
      notification(
        .inProgress,
        [
          "data_collections": list, "current_collection_in_progress": context.collections[0].table.description,
          "maximum_key": IncrementalSnapshot.shown(rows.maximum, rows.shownKeyColumns),
          "last_processed_key": IncrementalSnapshot.shown(rows.end, rows.shownKeyColumns),
        ]))
    return actions
  }

  /// Whether the stream has brought changes that a chunk may not show. Asked when its window opens: what comes later takes
  /// rows out.
  func hasStreamed(_ writers: Set<UInt32>) -> Bool {
    !writers.isDisjoint(with: unknownWriters ?? []) || streamed.contains(anyOf: writers)
  }

  mutating func readAgainLater() -> [Action] {
    phase = .failed
    let tells = !hasToldOfWriters
    hasToldOfWriters = true
    return
      (tells
      ? [
        .log(
          .info,
          """
          incremental snapshot of table \(context.collections[0].table): a transaction that has written to it is in the log \
          and not visible yet, or was running at the start; the chunk is read again until it has ended
          """)
      ] : []) + [.wait(milliseconds: IncrementalSnapshot.retryMilliseconds)]
  }

  /// The time of `.wait` has passed.
  public mutating func retry() -> [Action] {
    guard case .failed = phase else { return [] }
    return readNext()
  }

  /// The stream has passed `awaitedPosition`, and no transaction is open.
  public mutating func positionPassed(isStale: Bool) -> [Action] {
    guard case .waiting(let window) = phase, window.closesAt != nil else { return [] }
    return close(window, isStale: isStale)
  }

  mutating func close(_ window: Window, isStale: Bool) -> [Action] {
    if isStale {
      rowsScanned -= window.rows
      return [.discard] + readNext()
    }
    phase = .emitting(window)
    return [.emit]
  }

  /// All rows of the window are with the producer.
  public mutating func windowEmitted() -> [Action] {
    guard case .emitting(let window) = phase else { return [] }
    context.after = window.end
    context.maximum = window.maximum
    version += 1
    return readNext()
  }

  mutating func readNext() -> [Action] {
    phase = .idle
    let actions = takeStops()
    guard isStreaming, context.isRunning, !isPaused else { return actions }
    let id = makeID()
    phase = .reading(id: id, isOpen: false)
    return actions + [
      .read(
        ChunkRequest(
          id: id, collections: context.collections, after: context.after, maximum: context.maximum,
          uncaptured: Set(context.collections.map(\.table).filter { !isCaptured($0) })))
    ]
  }

  /// A table of the first snapshot is not given up for what can be mended: without its rows the snapshot would be complete
  /// in name only. One that is gone has none.
  private mutating func refusalOfFirstSnapshot(_ finished: ChunkAnswer.Finished) -> [Action]? {
    guard let reason = finished.reason, context.collections[0].isOfFirstSnapshot, finished.status != .unknownSchema
    else { return nil }
    if finished == .keyChanged, context.after != nil || context.maximum != nil {
      // From its first row on, by the new key.
      context.after = nil
      context.maximum = nil
      version += 1
    }
    phase = .failed
    let wait = Action.wait(milliseconds: IncrementalSnapshot.retryMilliseconds)
    guard reason != refusalTold else { return [wait] }
    refusalTold = reason
    return [
      .log(
        .warning,
        "table \(context.collections[0].table), which is left of the first snapshot, cannot be read and is tried again each second: \(reason). Mend that; the stream goes on meanwhile"
      ), wait,
    ]
  }

  mutating func nextCollection() -> [Action] {
    refusalTold = nil
    context.collections.removeFirst()
    context.after = nil
    context.maximum = nil
    rowsScanned = 0
    version += 1
    guard !context.isRunning else { return [] }
    let completed = notification(.completed)
    context.correlationID = nil
    return [completed]
  }

  // MARK: Blocking snapshots

  /// The first blocking snapshot is done, or was given up.
  public mutating func blockingFinished() {
    guard !context.blocking.isEmpty else { return }
    context.blocking.removeFirst()
    version += 1
  }

  // MARK: Notifications

  var list: String { context.collections.map(\.table.description).joined(separator: ",") }

  func notification(_ kind: SnapshotNotification.Kind, _ data: [String: String] = [:]) -> Action {
    .notify(SnapshotNotification(.incremental, kind, id: context.correlationID, data))
  }

  private static func shown(_ key: [String?], _ count: Int) -> String {
    key.prefix(count).map { $0 ?? "<null>" }.joined(separator: ",")
  }
}
