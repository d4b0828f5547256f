import Primitives

/// One CopyData message from the server, or to it.
/// Source: PostgreSQL manual, "Streaming Replication Protocol", START_REPLICATION.
public enum StreamFrame: Equatable, Sendable {
  /// A piece of the stream; the pgoutput message is what follows the header.
  case xLogData(XLogDataHeader)
  case keepalive(PrimaryKeepalive)

  /// Reads tag and header. Throws `DecodeError.unknownTag` for any other message.
  @inlinable
  public static func decode(_ frame: RawSpan) throws(DecodeError) -> StreamFrame {
    var reader = ByteReader(frame)
    switch try reader.readByte() {
    case UInt8(ascii: "w"):
      return .xLogData(
        XLogDataHeader(
          walStart: try reader.readLSN(), walEnd: try reader.readLSN(), sentAt: try reader.readTimestamp()))
    case UInt8(ascii: "k"):
      let keepalive = PrimaryKeepalive(
        walEnd: try reader.readLSN(), sentAt: try reader.readTimestamp(), replyRequested: try reader.readByte() != 0)
      guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
      return .keepalive(keepalive)
    case let tag:
      throw .unknownTag(tag, at: 0)
    }
  }
}

/// Header of XLogData: tag `w`, WAL start, WAL end, server clock; 25 bytes, then the message.
public struct XLogDataHeader: Equatable, Sendable {
  /// Where the message's own WAL record starts. This is `source.lsn` in a Debezium envelope.
  public let walStart: LSN
  /// For logical decoding the server sends the same value as `walStart`.
  public let walEnd: LSN
  public let sentAt: PostgresTimestamp

  public static let byteCount = 25

  @inlinable
  public init(walStart: LSN, walEnd: LSN, sentAt: PostgresTimestamp) {
    self.walStart = walStart
    self.walEnd = walEnd
    self.sentAt = sentAt
  }
}

/// Keepalive: tag `k`, the server's WAL end, its clock, and whether it wants an answer now.
public struct PrimaryKeepalive: Equatable, Sendable {
  /// How far the server has decoded and sent: everything before it that this slot publishes has been sent already.
  public let walEnd: LSN
  public let sentAt: PostgresTimestamp
  public let replyRequested: Bool

  @inlinable
  public init(walEnd: LSN, sentAt: PostgresTimestamp, replyRequested: Bool) {
    self.walEnd = walEnd
    self.sentAt = sentAt
    self.replyRequested = replyRequested
  }
}
