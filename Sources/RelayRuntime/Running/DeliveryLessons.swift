import EventEncoding
import Primitives

/// What a connector has learned of what Kafka refuses. It outlasts the connector's lives, each of which goes on from the last
/// stored position; a new process learns anew.
struct DeliveryLessons {
  /// Lives that ended at the same position and taught nothing new: more mean that a record is not the same each time.
  private static let attemptsMax = 100

  /// Where a life that sends records one by one has sent all that is in doubt.
  struct Passage: Equatable {
    var position: LSN
    /// A row of a snapshot is in doubt, and no position tells when that is stored.
    var needsSnapshot: Bool
  }

  private(set) var refusals: RecordRefusals
  private(set) var batching: RecordBatching
  /// Up to here records are sent one by one, since one of a batch was refused and it was not said which.
  private(set) var singlyUntil: Passage?
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

  /// Every snapshot that a life has begun is stored to its end. A later life has none, and so cannot tell.
  mutating func snapshotsAreStored() { singlyUntil?.needsSnapshot = false }

  /// Returns why the connector must stop, or `nil` when the next life can do better.
  /// - Parameters:
  ///   - stored: where the next life begins.
  ///   - handedOver: where this one was.
  mutating func learn(_ refused: [RefusedRecord], stored: LSN, handedOver: LSN) -> String? {
    if refused.isEmpty {
      singlyUntil = nil
      batching.sendsSingly = false
    }
    let before = batching
    var hasLearned = false
    for record in refused {
      if let reason = learn(record, before, handedOver, &hasLearned) { return reason }
    }
    guard let first = refused.first, !hasLearned else { return nil }
    attempts = attempts.position == stored ? (stored, attempts.count + 1) : (stored, 1)
    return attempts.count < DeliveryLessons.attemptsMax ? nil : "\(first)"
  }

  /// - Parameter before: how the records were sent.
  private mutating func learn(
    _ record: RefusedRecord, _ before: RecordBatching, _ handedOver: LSN, _ hasLearned: inout Bool
  ) -> String? {
    switch record.refusal.cause {
    case .tooLarge:
      if !record.isCertain {
        batching.bytesMax = max(1, before.bytesMax / 2)
        hasLearned = true
        return nil
      }
      guard deadLetterTopic != nil else { return "\(record)" }
      hasLearned = true
      refusals.add(record.refusal, topic: record.topic, bytes: record.bytes)
      return nil
    case .notAuthorized, .unknownTopic:
      guard let deadLetterTopic, record.topic != deadLetterTopic else { return "\(record)" }
      refusals.add(record.refusal, topic: record.topic)
      hasLearned = true
      return nil
    case .invalid, .unknownPartition:
      guard let deadLetterTopic, record.topic != deadLetterTopic else { return "\(record)" }
      if record.refusal.partition != nil {
        refusals.add(record.refusal, topic: record.topic)
        hasLearned = true
        return nil
      }
      if record.refusal.cause == .invalid, !record.isCertain, !before.sendsSingly {
        // Nor is it known of the others of its batch.
        batching.sendsSingly = true
        singlyUntil = Passage(
          position: handedOver, needsSnapshot: singlyUntil?.needsSnapshot == true || record.place?.isOfSnapshot == true)
        hasLearned = true
        return nil
      }
      guard let place = record.place else { return "\(record)" }
      switch refusals.add(record.refusal, at: place) {
      case .new: hasLearned = true
      case .known: break
      case .tooMany: return "\(record)"
      }
      return nil
    }
  }
}
