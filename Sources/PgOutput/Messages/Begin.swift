import Primitives

/// Start of a committed transaction: tag `B`, LSN of its COMMIT record, commit time, transaction id; 21 bytes.
/// Source: PostgreSQL manual, "Logical Replication Message Formats", Begin.
public struct Begin: Equatable, Sendable {
  /// Where the COMMIT record starts. The position to confirm is `Commit.endLSN`, not this.
  public let commitLSN: LSN
  public let committedAt: PostgresTimestamp
  public let transaction: TransactionID

  public init(commitLSN: LSN, committedAt: PostgresTimestamp, transaction: TransactionID) {
    self.commitLSN = commitLSN
    self.committedAt = committedAt
    self.transaction = transaction
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    commitLSN = try reader.readLSN()
    committedAt = try reader.readTimestamp()
    transaction = TransactionID(rawValue: try reader.readInteger())
  }
}
