import Primitives

/// What `pg_logical_emit_message` wrote: tag `M`, flags, LSN, prefix, length, content.
/// Source: PostgreSQL manual, "Logical Replication Message Formats", Message.
public struct LogicalMessage: Equatable, Sendable {
  /// A message outside a transaction comes at once, even between the rows of an open transaction.
  public let isTransactional: Bool
  public let lsn: LSN
  public let prefix: String
  /// Where the content stands in the message; any bytes.
  public let content: Range<Int>

  public init(isTransactional: Bool, lsn: LSN, prefix: String, content: Range<Int>) {
    self.isTransactional = isTransactional
    self.lsn = lsn
    self.prefix = prefix
    self.content = content
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    isTransactional = try reader.readByte() & 1 != 0
    lsn = try reader.readLSN()
    prefix = try reader.readText()
    let length = try reader.readInteger(as: Int32.self)
    content = try reader.skip(Int(length))
  }
}
