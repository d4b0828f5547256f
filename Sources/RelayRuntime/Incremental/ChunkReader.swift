import EventEncoding
import EventRouting
import PgOutput
import PostgresSource
import Primitives
import Synchronization

/// Reads chunks on a thread and a connection of its own, so that the relay's thread never waits for a query. One request at a
/// time; what is in memory is one chunk.
///
/// The rows are handed over before the closing watermark is written. So when the stream brings that watermark, the relay has
/// the rows, or will find them at its next turn.
public final class ChunkReader: ChunkReading, Sendable {
  public struct Settings: Sendable {
    public var database: ConnectionSettings
    /// Where watermarks are written; `nil` for none, when the log's position serves instead.
    public var signalTable: TableID?
    /// `INSERT_DELETE`
    public var closesByDeleting: Bool
    /// `incremental.snapshot.chunk.size`
    public var chunkRows: Int
    /// No statement takes longer.
    public var statementTimeoutMilliseconds: Int

    public init(
      database: ConnectionSettings, signalTable: TableID?, closesByDeleting: Bool = false, chunkRows: Int = 1024,
      statementTimeoutMilliseconds: Int = 600_000
    ) {
      self.database = database
      self.signalTable = signalTable
      self.closesByDeleting = closesByDeleting
      self.chunkRows = chunkRows
      self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
    }
  }

  private struct Shared {
    var request: ChunkRequest?
    var answer: ChunkAnswer?
    var isStopped = false
  }

  private let settings: Settings
  private let shared = Mutex(Shared())
  private let wakeUp: WakeUp
  private let answered: WakeUp

  /// `answered` wakes the relay's thread. `nil` when no file descriptor is left.
  public init?(_ settings: Settings, answered: WakeUp) {
    guard let wakeUp = WakeUp() else { return nil }
    self.settings = settings
    self.wakeUp = wakeUp
    self.answered = answered
    RelayThread.start(name: "sluice-chunks") { [self] in run() }
  }

  public func begin(_ request: ChunkRequest) {
    shared.withLock {
      $0.request = request
      $0.answer = nil
    }
    wakeUp.signal()
  }

  public func poll() -> ChunkAnswer? {
    shared.withLock { shared in
      defer { shared.answer = nil }
      return shared.answer
    }
  }

  /// Ends the thread once the statement that is under way has ended, or soon after.
  public func stop() {
    shared.withLock { $0.isStopped = true }
    wakeUp.signal()
  }

  // MARK: The thread

  /// A connection, which an optional variable of a loop cannot hold by itself.
  private final class Session {
    let connection: PostgresConnection
    init(
      _ settings: ConnectionSettings, statementTimeoutMilliseconds: Int, isStopping: @escaping @Sendable () -> Bool
    ) throws(PostgresError) {
      connection = try PostgresConnection(
        reading: settings, watch: SessionWatch(settings, isStopping: isStopping))
      try connection.execute("SET statement_timeout = \(statementTimeoutMilliseconds)")
    }
  }

  private func run() {
    var session: Session?
    while true {
      wakeUp.wait(timeoutMilliseconds: -1)
      wakeUp.clear()
      let (request, isStopped) = shared.withLock { shared in
        defer { shared.request = nil }
        return (shared.request, shared.isStopped)
      }
      if isStopped { return }
      guard let request else { continue }
      do throws(PostgresError) {
        if let open = session, !open.connection.isConnected { session = nil }
        let current: Session
        if let session {
          current = session
        } else {
          current = try Session(
            settings.database, statementTimeoutMilliseconds: settings.statementTimeoutMilliseconds
          ) { [self] in shared.withLock { $0.isStopped } }
          session = current
        }
        try read(request, on: current.connection)
      } catch {
        // Whatever was open on the connection goes with it.
        session = nil
        give(ChunkAnswer(id: request.id, failure: "\(error.withoutValues)"), to: request)
      }
    }
  }

  /// An answer to a request that has been replaced meanwhile is dropped.
  private func give(_ answer: ChunkAnswer, to request: ChunkRequest) {
    let isWanted = shared.withLock { shared in
      guard shared.request == nil else { return false }
      shared.answer = answer
      return true
    }
    if isWanted { answered.signal() }
  }

  private func read(_ request: ChunkRequest, on connection: borrowing PostgresConnection) throws(PostgresError) {
    let watermarks = settings.signalTable.map {
      WatermarkWriter(table: $0, chunk: request.id, closesByDeleting: settings.closesByDeleting)
    }
    let opened = try watermarks?.open(on: connection)
    var finished: [ChunkAnswer.Finished] = []
    var rows: ChunkAnswer.Rows?
    for (index, collection) in request.collections.enumerated() {
      let isFirst = index == 0
      guard !request.uncaptured.contains(collection.table) else {
        finished.append(.init(.unknownSchema, reason: "the connector does not capture it"))
        continue
      }
      do throws(PostgresError) {
        switch try ChunkTable.read(
          collection, after: isFirst ? request.after : nil, maximum: isFirst ? request.maximum : nil,
          rowsMax: settings.chunkRows, on: connection)
        {
        case .rows(let read): rows = read
        case .finished(let end): finished.append(end)
        }
      } catch {
        // What the server refuses is the table's fault; a connection that is gone is not.
        guard error.kind == .statement, connection.isConnected, !ChunkReader.isPassing(error) else { throw error }
        try connection.execute("ROLLBACK")
        finished.append(.init(.sqlException, reason: "\(error.withoutValues)"))
      }
      if rows != nil { break }
    }
    let position = watermarks == nil ? try ChunkReader.position(on: connection) : nil
    give(ChunkAnswer(id: request.id, finished: finished, rows: rows, closesAt: position), to: request)
    if let opened { try watermarks?.close(openedAt: opened, on: connection) }
  }

  /// The server is going down, or standing by: the table is not to blame.
  private static func isPassing(_ error: PostgresError) -> Bool {
    ErrorPolicy.sourceError(error).remedy == .reconnect
  }

  /// A position behind everything that the queries before it saw. Source: PostgreSQL source, `XLogBytePosToRecPtr`: the
  /// place for the next record skips a page's header, where the last record's end does not.
  private static func position(on connection: borrowing PostgresConnection) throws(PostgresError) -> LSN {
    let answer = try connection.query(
      """
      SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
        ELSE pg_catalog.pg_current_wal_insert_lsn() END
      """)
    guard let lsn = answer.firstValue.flatMap({ LSN($0) }) else {
      throw PostgresError(kind: .unexpectedAnswer, message: "the log's position could not be read")
    }
    let offset = lsn.rawValue % pageBytes
    return offset <= pageHeaderBytesMax ? LSN(rawValue: lsn.rawValue - offset) : lsn
  }

  private static let pageBytes: UInt64 = 8_192
  /// `SizeOfXLogLongPHD`, at the start of a segment; other pages have 24 bytes.
  private static let pageHeaderBytesMax: UInt64 = 40
}
