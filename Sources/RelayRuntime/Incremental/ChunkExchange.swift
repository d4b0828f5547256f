import EventEncoding
import EventRouting
import Primitives

/// What the machine asks of whoever reads chunks: the next rows of the first table that has any.
public struct ChunkRequest: Sendable, Equatable {
  /// Names the chunk in its watermarks; new for every request.
  public let id: String
  /// Tables in order; `after` and `maximum` belong to the first.
  public let collections: [IncrementalContext.Collection]
  public let after: [String?]?
  public let maximum: [String?]?
  /// Tables among them that the connector does not capture: they are not read.
  public let uncaptured: Set<TableID>

  public init(
    id: String, collections: [IncrementalContext.Collection], after: [String?]?, maximum: [String?]?,
    uncaptured: Set<TableID> = []
  ) {
    self.id = id
    self.uncaptured = uncaptured
    self.collections = collections
    self.after = after
    self.maximum = maximum
  }
}

/// How the scan of a table ended. Words are those of Debezium's notifications.
public enum TableScanStatus: String, Sendable, Equatable {
  case empty = "EMPTY"
  case noPrimaryKey = "NO_PRIMARY_KEY"
  case sqlException = "SQL_EXCEPTION"
  case succeeded = "SUCCEEDED"
  case unknownSchema = "UNKNOWN_SCHEMA"
}

/// What came of a request.
public struct ChunkAnswer: Sendable {
  /// A table of the request that has no more rows to give, in the request's order.
  public struct Finished: Sendable, Equatable {
    public let status: TableScanStatus
    /// Why it is given up, for the log.
    public let reason: String?
    public init(_ status: TableScanStatus, reason: String? = nil) {
      self.status = status
      self.reason = reason
    }

    /// The keys that the chunks ended with mean nothing any more.
    static let keyChanged = Finished(.sqlException, reason: "its key has changed while it was read")
  }

  public struct Rows: Sendable {
    public let chunk: WindowRows
    /// Key of the last row, whether it will be sent or not.
    public let end: [String?]
    public let maximum: [String?]
    /// How many of the key's columns were asked for; the others only make it unique.
    public let shownKeyColumns: Int
    /// Transactions whose changes of the table the rows may not show though they are in the log: those that had written to it
    /// and not ended just before the rows were read.
    public let writers: Set<UInt32>
    /// Those, and the transactions that had written to anything else.
    public let running: Set<UInt32>

    public init(
      chunk: WindowRows, end: [String?], maximum: [String?], shownKeyColumns: Int? = nil, writers: Set<UInt32> = [],
      running: Set<UInt32> = []
    ) {
      self.writers = writers
      self.running = running
      self.chunk = chunk
      self.end = end
      self.maximum = maximum
      self.shownKeyColumns = shownKeyColumns ?? end.count
    }
  }

  public let id: String
  public let finished: [Finished]
  /// Of the table behind the finished ones; `nil` when all are finished.
  public let rows: Rows?
  /// Without a signalling table: everything that the query saw stands before this position.
  public let closesAt: LSN?
  /// The connection failed or a watermark could not be written: nothing was read, and it is to be tried again.
  public let failure: String?

  public init(
    id: String, finished: [Finished] = [], rows: Rows? = nil, closesAt: LSN? = nil, failure: String? = nil
  ) {
    self.id = id
    self.finished = finished
    self.rows = rows
    self.closesAt = closesAt
    self.failure = failure
  }
}

/// Whoever reads chunks beside the stream, on a connection of its own. Called once a chunk, never per row, so the loop holds
/// it as an existential.
public protocol ChunkReading: AnyObject {
  /// Starts to read; at once done. One request is under way at a time, and a newer one makes an older one void.
  func begin(_ request: ChunkRequest)
  /// The answer, once.
  func poll() -> ChunkAnswer?
}
