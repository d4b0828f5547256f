import EventEncoding
import Primitives

/// What a connector has learned of what Kafka refuses. It outlasts the connector's lives, each of which goes on from the last
/// stored position; a new process learns anew.
struct DeliveryLessons {
  /// Records refused one by one at the same position: more mean that they are not the same each time.
  private static let attemptsMax = 100

  private(set) var refusals: RecordRefusals
  private(set) var batching: RecordBatching
  /// Up to here records are sent one by one, since one of a batch was refused and it was not said which.
  private(set) var singlyUntil: LSN?
  private var attempts = (position: LSN.invalid, count: 0)
  /// `errors.deadletterqueue.topic.name`; `nil` without tolerance.
  private let deadLetterTopic: String?

  /// - Parameter properties: the producer's, by librdkafka's names.
  init(producer properties: [(name: String, value: String)], deadLetterTopic: String?) {
    // librdkafka's default, and the most that it takes.
    let bytesMax = properties.last { $0.name == "message.max.bytes" }.flatMap { Int($0.value) } ?? 1_000_000
    refusals = RecordRefusals(clientBytesMax: bytesMax)
    batching = RecordBatching(properties: properties)
    self.deadLetterTopic = deadLetterTopic
  }

  /// Returns why the connector must stop, or `nil` when the next life can do better.
  /// - Parameters:
  ///   - stored: where the next life begins.
  ///   - handedOver: where this one was.
  mutating func learn(_ refused: [RefusedRecord], stored: LSN, handedOver: LSN) -> String? {
    if refused.isEmpty {
      singlyUntil = nil
      batching.sendsSingly = false
    }
    for record in refused {
      if let reason = learn(record, stored, handedOver) { return reason }
    }
    return nil
  }

  private mutating func learn(_ record: RefusedRecord, _ stored: LSN, _ handedOver: LSN) -> String? {
    switch record.refusal.cause {
    case .tooLarge:
      if !record.isCertain {
        batching.bytesMax = max(1, batching.bytesMax / 2)
        return nil
      }
      guard deadLetterTopic != nil else { return "\(record)" }
      refusals.add(record.refusal, topic: record.topic, bytes: record.bytes)
      return nil
    case .notAuthorized, .unknownTopic:
      guard let deadLetterTopic, record.topic != deadLetterTopic else { return "\(record)" }
      refusals.add(record.refusal, topic: record.topic)
      return nil
    case .invalid, .unknownPartition:
      guard let deadLetterTopic, record.topic != deadLetterTopic else { return "\(record)" }
      if record.refusal.cause == .invalid, !record.isCertain, !batching.sendsSingly {
        batching.sendsSingly = true
        singlyUntil = handedOver
        return nil
      }
      attempts = attempts.position == stored ? (stored, attempts.count + 1) : (stored, 1)
      guard attempts.count <= DeliveryLessons.attemptsMax, let place = record.place,
        refusals.add(record.refusal, at: place)
      else { return "\(record)" }
      return nil
    }
  }
}
