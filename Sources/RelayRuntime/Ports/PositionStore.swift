import Primitives

/// Where the state record is kept. Writing takes its own time elsewhere: `begin` returns at once, `poll` tells the outcome.
public protocol PositionStore: ~Copyable {
  /// Starts to write. Called only when no write is under way.
  mutating func begin(_ position: StreamPosition)
  mutating func poll() -> PositionStoreOutcome
}

/// Position of a stream in the state record.
public struct StreamPosition: Sendable, Equatable {
  /// End of the acknowledged prefix: where the stream goes on.
  public var acknowledged: LSN
  /// End of the last transaction among it, for `source.sequence`; `nil` before the first.
  public var lastCommit: LSN?
  /// What was left to do of snapshots there; `nil` when nothing was.
  public var incremental: IncrementalContext?

  public init(acknowledged: LSN, lastCommit: LSN?, incremental: IncrementalContext? = nil) {
    self.acknowledged = acknowledged
    self.lastCommit = lastCommit
    self.incremental = incremental
  }
}

public enum PositionStoreOutcome: Sendable, Equatable {
  /// Nothing is being written, or it has not finished.
  case pending
  case stored
  case failed(String)
}
