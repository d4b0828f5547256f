import Primitives

/// What we tell the server of our progress: tag `r`, three positions, our clock, and whether we want an answer.
/// Source: PostgreSQL manual, "Streaming Replication Protocol", Standby status update.
public struct StandbyStatusUpdate: Equatable, Sendable {
  public static let byteCount = 34

  /// Last position received.
  public var written: LSN
  /// Everything before it is safe with Kafka. The server moves the slot's `confirmed_flush_lsn` here and may remove WAL.
  public var flushed: LSN
  public var applied: LSN
  public var sentAt: PostgresTimestamp
  public var replyRequested: Bool

  public init(written: LSN, flushed: LSN, applied: LSN, sentAt: PostgresTimestamp, replyRequested: Bool) {
    self.written = written
    self.flushed = flushed
    self.applied = applied
    self.sentAt = sentAt
    self.replyRequested = replyRequested
  }

  public func encode(into out: inout ByteWriter) {
    out.append(UInt8(ascii: "r"))
    out.append(bigEndian: written.rawValue)
    out.append(bigEndian: flushed.rawValue)
    out.append(bigEndian: applied.rawValue)
    out.append(bigEndian: sentAt.microsecondsSince2000)
    out.append(replyRequested ? 1 : 0)
  }
}
