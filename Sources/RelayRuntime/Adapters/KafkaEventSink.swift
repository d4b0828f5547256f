import KafkaSink
import Logging
import Primitives

/// The connector's producer as the loop's sink.
struct KafkaEventSink: EventSink, ~Copyable {
  private struct Creation {
    let topic: TopicSpecification
    /// The brokers did not answer: asked again no earlier than this.
    var until: Int64?
  }

  /// The thread waits no longer than this for an answer at a time, since the server expects one of its own from it.
  private static let creationTimeoutMilliseconds = 2_000
  private static let creationPauseMilliseconds: Int64 = 1_000

  let shared: ConnectorProducer
  private let creation: TopicCreationPlan?
  private let logger: Logger
  /// What is still to be done before a topic's first record, by its index. Empty most of the time.
  private var creations: [Int: Creation] = [:]

  init(_ shared: ConnectorProducer, creation: TopicCreationPlan?, logger: Logger) {
    self.shared = shared
    self.creation = creation
    self.logger = logger
  }

  var descriptor: Int32 { shared.producer.eventDescriptor }
  /// Records are gathered for a moment, so that they go in large requests; otherwise each goes at once.
  mutating func gather(_ gathers: Bool) { shared.gather(gathers) }
  /// The loop must turn again within so many milliseconds, since gathered records wait; `nil` where none do.
  var waitMilliseconds: Int64? { shared.waitMilliseconds }
  var queuedCount: Int { shared.producer.queuedCount }

  mutating func addTopic(_ name: String) throws(SinkError) -> Int {
    do throws(KafkaError) {
      let index = try shared.producer.topicIndex(name)
      creations[index] = creation?.specification(of: name).map { Creation(topic: $0) }
      return index
    } catch {
      throw SinkError("topic \(name): \(error)")
    }
  }

  /// Creates the topic before its first record: a topic that only a renamed record would have gone to is never made.
  /// While the brokers do not answer the record waits, or they would make the topic as they please, or refuse it.
  private mutating func isReady(_ index: Int) -> Bool {
    guard !creations.isEmpty, let needed = creations[index] else { return true }
    if let until = needed.until, RelayClock.now().monotonicMilliseconds < until { return false }
    shared.handOverGathered()
    if create(needed.topic, index) {
      creations[index] = nil
      return true
    }
    creations[index]?.until = RelayClock.now().monotonicMilliseconds + KafkaEventSink.creationPauseMilliseconds
    return false
  }

  /// Returns whether nothing is left to try. A topic that the brokers refuse to create may exist already, or be created
  /// on first use: the first record will tell.
  private mutating func create(_ topic: TopicSpecification, _ index: Int) -> Bool {
    do throws(KafkaError) {
      let outcomes = try shared.producer.createMissingTopics(
        [topic], timeoutMilliseconds: KafkaEventSink.creationTimeoutMilliseconds)
      switch outcomes[topic.name] {
      case .created: logger.info("created topic \(topic.name) with \(topic.partitions) partitions")
      case .unsupported:
        logger.debug("the brokers take no request to create topics; \(topic.name) is left to them")
        return true
      case .alreadyExists, nil: break
      }
      return try shared.producer.refreshTopic(
        index, timeoutMilliseconds: KafkaEventSink.creationTimeoutMilliseconds)
    } catch {
      if error.isRetriable {
        logger.warning("topic \(topic.name) could not be created yet: \(error)")
        return false
      }
      logger.warning("topic \(topic.name) could not be created: \(error)")
      return true
    }
  }

  mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued {
    guard isReady(record.topic) else { return .queueFull }
    return try shared.enqueue(record, ticket: UInt(ticket))
  }

  mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) { try shared.collect(body) }

  var isInTransaction: Bool { shared.transaction != .none }
  mutating func beginTransaction() throws(SinkError) { try shared.beginTransaction() }
  mutating func beginCommit(_ position: inout EncodedRecord) throws(SinkError) -> SinkEnqueued {
    try shared.beginCommit(&position)
  }
  mutating func pollCommit() throws(SinkError) -> Bool {
    try shared.pollCommit(timeoutMilliseconds: ConnectorProducer.commitTurnMilliseconds)
  }

  /// Gives up what is queued, so that closing the producer does not wait for it; an open transaction is aborted.
  mutating func abandon() { shared.abandon() }
}
