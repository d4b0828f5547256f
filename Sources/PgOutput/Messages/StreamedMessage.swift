import Primitives

/// What precedes the content of a message inside a block of a streamed transaction: after the tag stands the id of the
/// (sub)transaction that the change belongs to. Without these four bytes the message is as in protocol version 1.
/// Source: PostgreSQL manual, "Logical Replication Message Formats": "Xid of the transaction (only present for streamed
/// transactions)".
public struct StreamedMessage: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// A row or a truncation.
    case change
    /// A logical message. Its id is the transaction's also where it was written in a subtransaction.
    /// Source: `src/backend/replication/logical/reorderbuffer.c`, `ReorderBufferApplyMessage`.
    case logicalMessage
    /// Describes a table for the changes that follow.
    case relation(RelationOID)
    case type
    /// Stands before the first change of a transaction that came from elsewhere; the only one without an id.
    case origin
  }

  public let kind: Kind
  /// The subtransaction's own id where there is one.
  public let transaction: TransactionID

  /// Where the id stands in the message.
  public static let idBytes = 1..<5

  public init(kind: Kind, transaction: TransactionID) {
    self.kind = kind
    self.transaction = transaction
  }

  /// Reads the beginning only. Throws `DecodeError.unknownTag` for a message that no block may hold.
  @inlinable
  public static func decode(_ message: RawSpan) throws(DecodeError) -> StreamedMessage {
    var reader = ByteReader(message)
    let tag = try reader.readByte()
    if tag == UInt8(ascii: "O") { return StreamedMessage(kind: .origin, transaction: TransactionID(rawValue: 0)) }
    let transaction = TransactionID(rawValue: try reader.readInteger())
    switch tag {
    case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"), UInt8(ascii: "T"):
      return StreamedMessage(kind: .change, transaction: transaction)
    case UInt8(ascii: "M"): return StreamedMessage(kind: .logicalMessage, transaction: transaction)
    case UInt8(ascii: "R"):
      return StreamedMessage(
        kind: .relation(RelationOID(rawValue: try reader.readInteger())), transaction: transaction)
    case UInt8(ascii: "Y"): return StreamedMessage(kind: .type, transaction: transaction)
    default: throw .unknownTag(tag, at: 0)
    }
  }
}
