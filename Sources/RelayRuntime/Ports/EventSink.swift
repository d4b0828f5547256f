import EventEncoding
import Primitives

/// Where records go: Kafka, or a script in tests.
public protocol EventSink: ~Copyable {
  /// Makes a topic known, and creates it where it is missing. Gives what `EncodedRecord.topic` holds for it. Once per topic
  /// that gets a record.
  mutating func addTopic(_ name: String) throws(SinkError) -> Int
  /// Takes a copy of the record, or says that its queue is full or its topic not ready yet. `ticket` comes back with the acknowledgement.
  mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued
  /// Hands over what has been acknowledged or has failed since the last call, without waiting.
  /// Where some were refused in a transaction, the records after them are no more reported on.
  mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError)

  // Exactly once: records between `beginTransaction` and a commit appear together, with the position, or not at all.

  /// One is open, or its commit is under way.
  var isInTransaction: Bool { get }
  /// Does not wait.
  mutating func beginTransaction() throws(SinkError)
  /// Adds the position's record, whose topic is the sink's to know, and starts to commit. Every record of the transaction
  /// has been acknowledged. `queueFull`: nothing has been done.
  mutating func beginCommit(_ position: inout EncodedRecord) throws(SinkError) -> SinkEnqueued
  /// Returns `true` once the commit that was begun has ended well. Waits half a second at most.
  mutating func pollCommit() throws(SinkError) -> Bool
}

extension EventSink where Self: ~Copyable {
  public var isInTransaction: Bool { false }
  public mutating func beginTransaction() throws(SinkError) { throw SinkError("this sink has no transactions") }
  public mutating func beginCommit(_ position: inout EncodedRecord) throws(SinkError) -> SinkEnqueued {
    throw SinkError("this sink has no transactions")
  }
  public mutating func pollCommit() throws(SinkError) -> Bool { throw SinkError("this sink has no transactions") }
}

public enum SinkEnqueued: Equatable, Sendable {
  case accepted
  case queueFull
  /// Nothing was taken, and never will be.
  case refused(RecordRefusal)
}

public enum SinkDelivery: Sendable {
  case acknowledged
  /// Kafka will never take the record, of so many bytes of key and value. `isCertain` where it is this one that is refused,
  /// and not another of its batch.
  case refused(RecordRefusal, bytes: Int, isCertain: Bool)
  case failed(String)
}

/// The sink cannot go on, or cannot take this record.
public struct SinkError: Error, Sendable, CustomStringConvertible {
  public enum Remedy: Sendable, Equatable {
    /// What is open is aborted; a new producer goes on from the last committed position.
    case startOver
    /// The producer is fenced: another relay may have the slot. The connector asks for the slot before it goes on.
    case standAside
    /// Only the operator can help.
    case stop
  }

  public let remedy: Remedy
  public let description: String

  public init(_ description: String, remedy: Remedy = .stop) {
    self.description = description
    self.remedy = remedy
  }
}
