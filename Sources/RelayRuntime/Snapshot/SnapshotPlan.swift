/// How a connector's snapshot is taken: plain values, made from its configuration.
public struct SnapshotPlan: Sendable {
  /// Isolation where no slot exports a snapshot. With one it is REPEATABLE READ, whatever is configured, as in Debezium:
  /// nothing weaker can take a snapshot over.
  public enum Isolation: String, Sendable, Equatable {
    case serializable = "SERIALIZABLE READ ONLY DEFERRABLE"
    case repeatableRead = "REPEATABLE READ READ ONLY"
    case readCommitted = "READ COMMITTED READ ONLY"
    case readUncommitted = "READ UNCOMMITTED READ ONLY"
  }

  public enum RowCountOrder: Sendable, Equatable {
    case disabled, ascending, descending
  }

  public var policy: SnapshotPolicy
  public var isolation = Isolation.serializable
  /// `snapshot.locking.mode=shared`: ACCESS SHARE locks on the captured tables keep others from altering them. `nil` takes
  /// none; the number is the longest wait for one, where 0 waits for ever.
  public var lockTimeoutMilliseconds: Int64?
  /// `snapshot.include.collection.list`; empty: every captured table.
  public var includeList: [String] = []
  /// Statements to read instead of whole tables, by `schema.table`. An empty one leaves the table out.
  public var selectOverrides: [String: String] = [:]
  public var rowCountOrder = RowCountOrder.disabled
  public var delayMilliseconds: Int64 = 0
  public var streamingDelayMilliseconds: Int64 = 0
  /// Connections that read at the same time.
  public var readers = 1
  /// Chunks of a table are readers times this.
  public var chunkMultiplier = 1
  /// Multipliers of single tables, by `schema.table`.
  public var tableChunkMultipliers: [String: Int] = [:]
  /// `legacy.snapshot.max.threads`
  public var readsTablesWhole = false
  /// `sluice.snapshot.resume`
  public var resumes = false

  public init(policy: SnapshotPolicy) { self.policy = policy }

  /// Whether tables are read in chunks by key. Source: Debezium 3.6,
  /// `RelationalSnapshotChangeEventSource.isUseNonChunkedSnapshots`.
  var readsInChunks: Bool {
    if readsTablesWhole { return false }
    return readers > 1 || max(chunkMultiplier, tableChunkMultipliers.values.max() ?? 0) > 1
  }

  func multiplier(of table: String) -> Int { tableChunkMultipliers[table] ?? chunkMultiplier }
}
