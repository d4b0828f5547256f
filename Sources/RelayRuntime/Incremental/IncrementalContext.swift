import EventRouting
import Primitives

/// What is left to do of incremental and blocking snapshots at one position of the stream. Stored with that position, so
/// that a restart goes on with the chunk that was not acknowledged, and no signal that was read is forgotten.
public struct IncrementalContext: Sendable, Equatable {
  /// One table that waits, or is being read.
  public struct Collection: Sendable, Equatable {
    public var table: TableID
    /// SQL condition that rows must meet.
    public var filter: String?
    /// Column that orders the chunks instead of the key.
    public var surrogateKey: String?
    /// What is left of a first snapshot: it is not complete without this table's rows.
    public var isOfFirstSnapshot: Bool

    public init(
      table: TableID, filter: String? = nil, surrogateKey: String? = nil, isOfFirstSnapshot: Bool = false
    ) {
      self.table = table
      self.filter = filter
      self.surrogateKey = surrogateKey
      self.isOfFirstSnapshot = isOfFirstSnapshot
    }
  }

  /// In the order in which they are read; the first one is being read.
  public var collections: [Collection]
  /// Key of the last row of the last chunk that was handed over; `nil` before the first chunk of a table. Values are the
  /// server's texts, `nil` NULL, one for each column that orders the chunks.
  public var after: [String?]?
  /// The highest key of the table when its snapshot began: rows beyond it come by the stream.
  public var maximum: [String?]?
  /// Id of the signal that asked.
  public var correlationID: String?
  /// Patterns of `stop-snapshot` requests that wait for the end of the chunk.
  public var stops: [String]
  /// Blocking snapshots that have been asked for and not been finished.
  public var blocking: [BlockingSnapshot]
  /// Signals of other channels than the stream whose effect is in here.
  public var marks: SignalMarks

  public init(
    collections: [Collection] = [], after: [String?]? = nil, maximum: [String?]? = nil, correlationID: String? = nil,
    stops: [String] = [], blocking: [BlockingSnapshot] = [], marks: SignalMarks = SignalMarks()
  ) {
    self.collections = collections
    self.after = after
    self.maximum = maximum
    self.correlationID = correlationID
    self.stops = stops
    self.blocking = blocking
    self.marks = marks
  }

  public var isEmpty: Bool { collections.isEmpty && blocking.isEmpty && marks.isEmpty }
  /// Whether a table waits or is being read.
  public var isRunning: Bool { !collections.isEmpty }

  /// Most that the texts of signals may take in `context`. The state record is written whole with every position, and in a
  /// topic it has to stay below the broker's `message.max.bytes`, 1 MiB unless set.
  public static let signalBytesMax = 262_144

  /// Bytes of the texts that came by signals: names, conditions, queries, the id. Keys of chunks are not counted.
  public var signalBytes: Int {
    var bytes = correlationID?.utf8.count ?? 0
    for collection in collections {
      bytes += collection.table.schema.utf8.count + collection.table.name.utf8.count
      bytes += (collection.filter?.utf8.count ?? 0) + (collection.surrogateKey?.utf8.count ?? 0)
    }
    for pattern in stops { bytes += pattern.utf8.count }
    for snapshot in blocking {
      for pattern in snapshot.collections { bytes += pattern.utf8.count }
      for (table, query) in snapshot.queries {
        bytes += table.schema.utf8.count + table.name.utf8.count + query.utf8.count
      }
    }
    return bytes
  }
}

/// A blocking snapshot as a signal asked for it. Its rows carry the position at which the stream stands still.
public struct BlockingSnapshot: Sendable, Equatable {
  /// Java regular expressions; a table is read whose whole name matches one of them, whatever its case.
  public var collections: [String]
  /// Table name to the whole SELECT that reads it.
  public var queries: [TableID: String]
  public var lsn: LSN
  public var lastCommit: LSN?
  public var transactionID: UInt64

  public init(
    collections: [String], queries: [TableID: String], lsn: LSN, lastCommit: LSN?, transactionID: UInt64
  ) {
    self.collections = collections
    self.queries = queries
    self.lsn = lsn
    self.lastCommit = lastCommit
    self.transactionID = transactionID
  }
}
