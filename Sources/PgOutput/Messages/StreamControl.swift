import Primitives

/// Messages of protocol version 2 and later around the changes of a transaction that is sent before it has committed.
/// Between Stream Start and Stream Stop the changes are that transaction's; blocks of several transactions, and whole
/// small transactions between blocks, come in any order.
/// Source: PostgreSQL manual, "Logical Replication Message Formats"; `src/backend/replication/logical/proto.c`.
public enum StreamControl: Equatable, Sendable {
  case start(StreamStart)
  /// Tag `E`, alone.
  case stop
  case commit(StreamCommit)
  case abort(StreamAbort)

  /// `message` is what follows the XLogData header. `nil`: it is none of these messages.
  public static func decode(_ message: RawSpan) throws(DecodeError) -> StreamControl? {
    var reader = ByteReader(message)
    let control: StreamControl
    switch try reader.readByte() {
    case UInt8(ascii: "S"): control = .start(try StreamStart(&reader))
    case UInt8(ascii: "E"): control = .stop
    case UInt8(ascii: "c"): control = .commit(try StreamCommit(&reader))
    case UInt8(ascii: "A"): control = .abort(try StreamAbort(&reader))
    default: return nil
    }
    guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
    return control
  }
}

/// A block of a transaction begins: tag `S`, transaction id, whether this is the transaction's first block; 6 bytes.
public struct StreamStart: Equatable, Sendable {
  /// Of the transaction itself, never of a subtransaction.
  public let transaction: TransactionID
  public let isFirst: Bool

  public init(transaction: TransactionID, isFirst: Bool) {
    self.transaction = transaction
    self.isFirst = isFirst
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    transaction = TransactionID(rawValue: try reader.readInteger())
    isFirst = try reader.readByte() == 1
  }
}

/// A transaction that was sent in blocks has committed: tag `c`, transaction id, flags (unused), LSN of the COMMIT record,
/// end LSN, commit time; 30 bytes. Comes where the commit of any other transaction would.
public struct StreamCommit: Equatable, Sendable {
  public let transaction: TransactionID
  public let commitLSN: LSN
  /// Byte after the COMMIT record: the position to confirm.
  public let endLSN: LSN
  public let committedAt: PostgresTimestamp

  public init(transaction: TransactionID, commitLSN: LSN, endLSN: LSN, committedAt: PostgresTimestamp) {
    self.transaction = transaction
    self.commitLSN = commitLSN
    self.endLSN = endLSN
    self.committedAt = committedAt
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    transaction = TransactionID(rawValue: try reader.readInteger())
    _ = try reader.readByte()
    commitLSN = try reader.readLSN()
    endLSN = try reader.readLSN()
    committedAt = try reader.readTimestamp()
  }
}

/// A transaction that was sent in blocks, or one subtransaction of it, was rolled back: tag `A`, the transaction's id, the
/// subtransaction's (the same where the whole was rolled back); 9 bytes. With `streaming 'parallel'` (protocol version 4)
/// also the LSN and the time of the ABORT record; 25 bytes.
public struct StreamAbort: Equatable, Sendable {
  public struct Record: Equatable, Sendable {
    public let lsn: LSN
    public let abortedAt: PostgresTimestamp

    public init(lsn: LSN, abortedAt: PostgresTimestamp) {
      self.lsn = lsn
      self.abortedAt = abortedAt
    }
  }

  public let transaction: TransactionID
  public let subtransaction: TransactionID
  public let record: Record?

  public init(transaction: TransactionID, subtransaction: TransactionID, record: Record? = nil) {
    self.transaction = transaction
    self.subtransaction = subtransaction
    self.record = record
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    transaction = TransactionID(rawValue: try reader.readInteger())
    subtransaction = TransactionID(rawValue: try reader.readInteger())
    record =
      reader.isAtEnd ? nil : Record(lsn: try reader.readLSN(), abortedAt: try reader.readTimestamp())
  }
}
