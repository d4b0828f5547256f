import PgOutput
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
  /// The one that is not there, where the record asked for it.
  public let partition: Int32?

  public init(_ cause: Cause, _ description: String, partition: Int32? = nil) {
    self.cause = cause
    self.description = description
    self.partition = partition
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

/// How a record is known again that comes another time.
public enum RecordPlace: Hashable, Sendable {
  /// Its place among those of its unit (a transaction, say): the same each time the server sends the unit again. `unit` is
  /// where the unit's first message stands in the log; `ordinal` counts from 0, a record that became a dead letter as one.
  case inUnit(LSN, ordinal: UInt64)
  /// A row of an incremental or blocking snapshot, which stands elsewhere among other rows each time: by its content.
  case snapshotRow(RowDigest)

  public var isOfSnapshot: Bool { if case .snapshotRow = self { true } else { false } }
}

/// Of a row's table and values, the same for the life of this process.
public struct RowDigest: Hashable, Sendable {
  private let value: Int

  public init(_ relation: RelationOID, _ row: TupleLayout, _ bytes: RawSpan) {
    var hasher = Hasher()
    hasher.combine(relation)
    for column in 0..<row.count {
      switch row[column] {
      case .null: hasher.combine(-1)
      case .unchanged: hasher.combine(-2)
      case .text(let range), .binary(let range):
        hasher.combine(range.count)
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
      }
    }
    value = hasher.finalize()
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
  /// Of topics that have no such partition, nor any behind it.
  private var partitions: [String: RecordRefusal] = [:]
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

  /// No record of the topic is taken, or none for the refusal's partition and those behind it. Forgotten again by
  /// `forgetTopics`, since rights can be given, and partitions be added.
  public mutating func add(_ refusal: RecordRefusal, topic: String) {
    hasOthers = true
    guard let partition = refusal.partition else {
      topics[topic] = refusal
      return
    }
    if let known = partitions[topic]?.partition, known <= partition { return }
    partitions[topic] = refusal
  }

  /// No record of the topic with so many bytes of key and value, or more, is taken.
  public mutating func add(_ refusal: RecordRefusal, topic: String, bytes: Int) {
    if let known = sizes[topic], known.bytes <= bytes { return }
    sizes[topic] = (bytes, refusal)
    harmlessBytesMax = min(harmlessBytesMax, bytes - 1)
  }

  public enum Lesson: Sendable {
    case new
    /// It is refused though it is not sent: it was not known again.
    case known
    case tooMany
  }

  public mutating func add(_ refusal: RecordRefusal, at place: RecordPlace) -> Lesson {
    hasOthers = true
    if places[place] != nil { return .known }
    guard places.count < RecordRefusals.placesMax else { return .tooMany }
    places[place] = refusal
    return .new
  }

  /// How many records are known one by one.
  public var refusedPlaces: Int { places.count }

  public var hasTopics: Bool { !topics.isEmpty || !partitions.isEmpty }

  /// Records for refused topics are offered to Kafka again.
  public mutating func forgetTopics() {
    topics.removeAll()
    partitions.removeAll()
    hasOthers = !places.isEmpty
  }

  /// - Parameters:
  ///   - bytes: of key and value.
  ///   - partition: the one that the record asks for.
  func refusal(topic: String, bytes: Int, partition: Int32?, at place: RecordPlace?) -> RecordRefusal? {
    if let refusal = topics[topic] { return refusal }
    if let partition, let refusal = partitions[topic], partition >= refusal.partition ?? 0 { return refusal }
    if let (limit, refusal) = sizes[topic], bytes >= limit { return refusal }
    if bytes > clientBytesMax {
      return RecordRefusal(
        .tooLarge, "\(bytes) bytes, where the producer takes \(clientBytesMax) (producer.max.request.size)")
    }
    guard !places.isEmpty, let place else { return nil }
    return places[place]
  }

  /// Bytes of key and value that a record of the topic may have.
  func bytesMax(topic: String) -> Int {
    min(clientBytesMax, sizes[topic].map { $0.bytes - 1 } ?? .max)
  }
}
