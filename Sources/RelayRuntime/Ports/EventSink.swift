import Primitives

/// Where records go: Kafka, or a script in tests.
public protocol EventSink: ~Copyable {
  /// Makes a topic known, and creates it where it is missing. Gives what `EncodedRecord.topic` holds for it. Once per topic
  /// that gets a record.
  mutating func addTopic(_ name: String) throws(SinkError) -> Int
  /// Takes a copy of the record, or says that its queue is full or its topic not ready yet. `ticket` comes back with the acknowledgement.
  mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued
  /// Hands over what has been acknowledged or has failed since the last call, without waiting.
  mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError)
}

public enum SinkEnqueued: Equatable, Sendable {
  case accepted
  case queueFull
}

public enum SinkDelivery: Sendable {
  case acknowledged
  /// Kafka will never take the record.
  case failed(String)
}

/// The sink cannot go on, or cannot take this record.
public struct SinkError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
