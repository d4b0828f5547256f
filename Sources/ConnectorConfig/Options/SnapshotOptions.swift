/// `snapshot.*`: what is read before the stream, and how. Defaults are Debezium's.
public struct SnapshotOptions: Sendable, Hashable {
  /// Each reader is a connection; more than this is a typing error rather than a wish.
  public static let threadsMax = 64

  public var mode = SnapshotMode.initial
  /// In force under `SnapshotMode.configurationBased` only.
  public var configurationBased = ConfigurationBasedSnapshot()
  public var isolation = SnapshotIsolationMode.serializable
  /// `snapshot.locking.mode=shared`.
  public var locksTables = false
  public var lockTimeoutMilliseconds: Int64 = 10_000
  /// Java regular expressions of `schema.table`; empty: every captured table is read.
  public var includeList: [String] = []
  /// Statements instead of the whole table, by `schema.table`. An empty one leaves the table out of the snapshot.
  public var selectOverrides: [String: String] = [:]
  public var rowCountOrder = SnapshotRowCountOrder.disabled
  public var delayMilliseconds: Int64 = 0
  public var streamingDelayMilliseconds: Int64 = 0
  public var threads = 1
  /// Chunks of a table are threads times this.
  public var chunkMultiplier = 1
  /// Multipliers of single tables, by `schema.table`.
  public var tableChunkMultipliers: [String: Int] = [:]
  /// `legacy.snapshot.max.threads`: a thread reads a whole table.
  public var readsTablesWhole = false
  /// `sluice.snapshot.resume`: what an interrupted snapshot has finished is kept.
  public var resumes = false

  public init() {}
}

/// The parts of `snapshot.mode=configuration_based`.
public struct ConfigurationBasedSnapshot: Sendable, Hashable {
  public var snapshotsData = false
  public var streams = false
  public var snapshotsOnDataError = false
}

/// What to read before streaming. Raw values are Debezium's words.
public enum SnapshotMode: String, Sendable, CaseIterable {
  case initial
  case always
  case initialOnly = "initial_only"
  case noData = "no_data"
  case whenNeeded = "when_needed"
  case configurationBased = "configuration_based"
}

/// Isolation of a snapshot that no slot exports.
public enum SnapshotIsolationMode: String, Sendable, CaseIterable {
  case serializable
  case repeatableRead = "repeatable_read"
  case readCommitted = "read_committed"
  case readUncommitted = "read_uncommitted"
}

/// Order of the snapshot's tables.
public enum SnapshotRowCountOrder: String, Sendable, CaseIterable {
  case disabled
  case ascending
  case descending
}
