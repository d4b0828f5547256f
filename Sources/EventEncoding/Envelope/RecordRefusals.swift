import Primitives

/// Why Kafka will never take a record as it is.
public struct RecordRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Cause: Sendable, Equatable {
    /// Larger than the client, the topic or the brokers take.
    case tooLarge
    case notAuthorized
    case unknownTopic
    /// The topic exists, the partition that the record asks for does not.
    case unknownPartition
    /// A timestamp, or a missing key, that the topic does not take.
    case invalid
  }

  public let cause: Cause
  public let description: String

  public init(_ cause: Cause, _ description: String) {
    self.cause = cause
    self.description = description
  }

  /// The exception of Kafka's Java client that stands for it.
  var exceptionName: String {
    switch cause {
    case .tooLarge: "org.apache.kafka.common.errors.RecordTooLargeException"
    case .notAuthorized: "org.apache.kafka.common.errors.TopicAuthorizationException"
    case .unknownTopic, .unknownPartition: "org.apache.kafka.common.errors.UnknownTopicOrPartitionException"
    case .invalid: "org.apache.kafka.common.errors.InvalidRecordException"
    }
  }
}

/// A record's place among those of its unit (a transaction, say): the same each time the server sends the unit again.
public struct RecordPlace: Hashable, Sendable {
  /// Where the unit's first message stands in the log.
  public let unit: LSN
  /// Counts from 0; a record that became a dead letter counts as one.
  public let ordinal: UInt64

  public init(unit: LSN, ordinal: UInt64) {
    self.unit = unit
    self.ordinal = ordinal
  }
}

/// What Kafka is known to refuse. Learned while delivering, since most refusals come long after a record was handed over;
/// the connector then starts over, and what falls under them becomes a dead letter in its place, so that the order of all
/// others is kept.
public struct RecordRefusals: Sendable {
  /// More are not remembered one by one.
  static let placesMax = 10_000

  /// A record whose key and value have more bytes than this is refused by the client itself (`message.max.bytes`).
  public let clientBytesMax: Int
  private var topics: [String: RecordRefusal] = [:]
  private var sizes: [String: (bytes: Int, refusal: RecordRefusal)] = [:]
  private var places: [RecordPlace: RecordRefusal] = [:]
  /// Records of no more bytes than this need no look at their size.
  private(set) var harmlessBytesMax: Int
  /// Something but sizes has to be looked at.
  private(set) var hasOthers = false

  public init(clientBytesMax: Int = .max) {
    self.clientBytesMax = clientBytesMax
    harmlessBytesMax = clientBytesMax
  }

  /// No record of the topic is taken. Such refusals are forgotten again by `forgetTopics`, since rights can be given.
  public mutating func add(_ refusal: RecordRefusal, topic: String) {
    topics[topic] = refusal
    hasOthers = true
  }

  /// No record of the topic with so many bytes of key and value, or more, is taken.
  public mutating func add(_ refusal: RecordRefusal, topic: String, bytes: Int) {
    if let known = sizes[topic], known.bytes <= bytes { return }
    sizes[topic] = (bytes, refusal)
    harmlessBytesMax = min(harmlessBytesMax, bytes - 1)
  }

  /// Returns `false` when there are too many already.
  public mutating func add(_ refusal: RecordRefusal, at place: RecordPlace) -> Bool {
    guard places.count < RecordRefusals.placesMax else { return false }
    places[place] = refusal
    hasOthers = true
    return true
  }

  public var hasTopics: Bool { !topics.isEmpty }

  /// Records for refused topics are offered to Kafka again.
  public mutating func forgetTopics() {
    topics.removeAll()
    hasOthers = !places.isEmpty
  }

  /// - Parameter bytes: of key and value.
  func refusal(topic: String, bytes: Int, at place: RecordPlace) -> RecordRefusal? {
    if let refusal = topics[topic] { return refusal }
    if let (limit, refusal) = sizes[topic], bytes >= limit { return refusal }
    if bytes > clientBytesMax {
      return RecordRefusal(
        .tooLarge, "\(bytes) bytes, where the producer takes \(clientBytesMax) (producer.max.request.size)")
    }
    return places.isEmpty ? nil : places[place]
  }

  /// Bytes of key and value that a record of the topic may have.
  func bytesMax(topic: String) -> Int {
    min(clientBytesMax, sizes[topic].map { $0.bytes - 1 } ?? .max)
  }
}
