import Primitives

/// End of a transaction: tag `C`, flags (unused), LSN of the COMMIT record, end LSN, commit time; 26 bytes.
/// Source: PostgreSQL manual, "Logical Replication Message Formats", Commit.
public struct Commit: Equatable, Sendable {
  public let commitLSN: LSN
  /// Byte after the COMMIT record. This is what we confirm, not `commitLSN`. It can equal the LSN of the next
  /// transaction's first row, so it orders transactions only against each other.
  public let endLSN: LSN
  public let committedAt: PostgresTimestamp

  public init(commitLSN: LSN, endLSN: LSN, committedAt: PostgresTimestamp) {
    self.commitLSN = commitLSN
    self.endLSN = endLSN
    self.committedAt = committedAt
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    _ = try reader.readByte()
    commitLSN = try reader.readLSN()
    endLSN = try reader.readLSN()
    committedAt = try reader.readTimestamp()
  }
}
