import Primitives

/// Where the state record is kept. Writing takes its own time elsewhere: `begin` returns at once, `poll` tells the outcome.
public protocol PositionStore: ~Copyable {
  /// Starts to write. Called only when no write is under way.
  mutating func begin(_ position: StreamPosition)
  mutating func poll() -> PositionStoreOutcome
  /// Exactly once: key and value of the record with which the sink stores the position, instead of `begin`.
  mutating func encode(_ position: StreamPosition, into record: inout EncodedRecord)
}

extension PositionStore where Self: ~Copyable {
  public mutating func encode(_ position: StreamPosition, into record: inout EncodedRecord) {
    preconditionFailure("this store keeps no records in the sink")
  }
}

/// Position of a stream in the state record.
public struct StreamPosition: Sendable, Equatable {
  /// End of the acknowledged prefix: where the stream goes on.
  public var acknowledged: LSN
  /// End of the last transaction among it, for `source.sequence`; `nil` before the first.
  public var lastCommit: LSN?
  /// What was left to do of snapshots there; `nil` when nothing was.
  public var incremental: IncrementalContext?
  /// Exactly once: how much of the transaction behind `acknowledged` is committed, where it had to be divided.
  public var divided: DividedTransaction?

  public init(
    acknowledged: LSN, lastCommit: LSN?, incremental: IncrementalContext? = nil, divided: DividedTransaction? = nil
  ) {
    self.acknowledged = acknowledged
    self.lastCommit = lastCommit
    self.incremental = incremental
    self.divided = divided
  }

  /// The stream begins at another place of the log, and no commit of it is known. What was asked for of snapshots by signals
  /// is still to be done.
  func moved(to position: LSN) -> StreamPosition {
    StreamPosition(acknowledged: position, lastCommit: nil, incremental: incremental)
  }
}

/// A database transaction of which the first changes are committed to Kafka and the others are not. Its changes come in the
/// same order whenever the server sends it, so they can be counted.
public struct DividedTransaction: Sendable, Equatable {
  public var transaction: TransactionID
  /// Changes in the order of the stream: rows, truncations and messages.
  public var changes: UInt64
  /// Kafka transactions that hold them.
  public var parts: Int

  public init(_ transaction: TransactionID, changes: UInt64, parts: Int) {
    self.transaction = transaction
    self.changes = changes
    self.parts = parts
  }
}

public enum PositionStoreOutcome: Sendable, Equatable {
  /// Nothing is being written, or it has not finished.
  case pending
  case stored
  case failed(String)
  /// Another relay has begun since: nothing more may be stored, nor sent.
  case overtaken(String)
}
