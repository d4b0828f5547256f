import Primitives

/// Where and when a snapshot was taken: the same for all of its rows.
public struct SnapshotOrigin: Sendable, Equatable {
  public let lsn: LSN
  public let unixMicroseconds: Int64
  public let transactionID: UInt64
  /// End of the last transaction before it, for a snapshot that interrupts the stream.
  public let lastCommit: LSN?

  public init(lsn: LSN, unixMicroseconds: Int64, transactionID: UInt64, lastCommit: LSN? = nil) {
    self.lsn = lsn
    self.unixMicroseconds = unixMicroseconds
    self.transactionID = transactionID
    self.lastCommit = lastCommit
  }
}
