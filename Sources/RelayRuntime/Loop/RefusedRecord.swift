import EventEncoding
import Primitives

/// A record that Kafka will not take.
public struct RefusedRecord: Equatable, Sendable, CustomStringConvertible {
  public let refusal: RecordRefusal
  public let topic: String
  /// Of key and value.
  public let bytes: Int
  /// It is this one that is refused, and not another of its batch.
  public let isCertain: Bool
  /// `nil` where it is not known any more.
  public internal(set) var place: RecordPlace?
  /// Table, key columns and position, as far as they are known.
  public let origin: String

  public var description: String { "\(origin), topic \(topic): \(refusal)" }
}
