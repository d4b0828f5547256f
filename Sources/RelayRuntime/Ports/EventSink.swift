import Primitives

/// Where records go: Kafka, or a script in tests.
public protocol EventSink: ~Copyable {
  /// Makes the next topic known: `EncodedRecord.topic` counts topics from 0 in the
  /// order of these calls. Once per topic.
  mutating func addTopic(_ name: String) throws(SinkError)
  /// Takes a copy of the record, or says that its queue is full, or its topic not ready yet. `ticket` comes back with the acknowledgement.
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
