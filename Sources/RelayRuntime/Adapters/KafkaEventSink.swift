import KafkaSink
import Logging
import Primitives

/// One idempotent producer as the loop's sink.
struct KafkaEventSink: EventSink, ~Copyable {
  private enum Creation {
    case needed(TopicSpecification)
    /// The brokers did not answer: asked again no earlier than this.
    case waits(TopicSpecification, until: Int64)
    case done
  }

  /// The thread waits no longer than this for an answer at a time, since the server expects one of its own from it.
  private static let creationTimeoutMilliseconds = 2_000
  private static let creationPauseMilliseconds: Int64 = 1_000

  private var producer: KafkaProducer
  private let creation: TopicCreationPlan?
  private let logger: Logger
  /// What is still to be done before a topic's first record, by its index.
  private var creations: [Creation] = []
  private var failure: KafkaError?
  /// librdkafka repeats its connection errors; each text is logged once until it changes.
  private var lastEvent = ""

  init(
    properties: [(name: String, value: String)], creation: TopicCreationPlan?, logger: Logger
  ) throws(SinkError) {
    do throws(KafkaError) {
      producer = try KafkaProducer(properties: properties)
    } catch {
      throw SinkError("the Kafka producer cannot be made: \(error)")
    }
    self.creation = creation
    self.logger = logger
  }

  var descriptor: Int32 { producer.eventDescriptor }
  var queuedCount: Int { producer.queuedCount }

  mutating func addTopic(_ name: String) throws(SinkError) -> Int {
    do throws(KafkaError) {
      let index = try producer.topicIndex(name)
      precondition(index == creations.count, "topics are added once each, in order")
      creations.append(creation?.specification(of: name).map { .needed($0) } ?? .done)
      return index
    } catch {
      throw SinkError("topic \(name): \(error)")
    }
  }

  /// Creates the topic before its first record: a topic that only a renamed record would have gone to is never made.
  /// While the brokers do not answer the record waits, or they would make the topic as they please, or refuse it.
  private mutating func isReady(_ index: Int) -> Bool {
    switch creations[index] {
    case .done: return true
    case .waits(_, let until) where RelayClock.now().monotonicMilliseconds < until: return false
    case .needed(let topic), .waits(let topic, _):
      let isDone = create(topic)
      creations[index] =
        isDone
        ? .done
        : .waits(topic, until: RelayClock.now().monotonicMilliseconds + KafkaEventSink.creationPauseMilliseconds)
      return isDone
    }
  }

  /// Returns whether nothing is left to try. A topic that the brokers refuse to create may exist already, or be created
  /// on first use: the first record will tell.
  private mutating func create(_ topic: TopicSpecification) -> Bool {
    do throws(KafkaError) {
      let outcomes = try producer.createMissingTopics(
        [topic], timeoutMilliseconds: KafkaEventSink.creationTimeoutMilliseconds)
      switch outcomes[topic.name] {
      case .created: logger.info("created topic \(topic.name) with \(topic.partitions) partitions")
      case .unsupported: logger.debug("the brokers take no request to create topics; \(topic.name) is left to them")
      case .alreadyExists, nil: break
      }
      return true
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
    do throws(KafkaError) {
      return try producer.enqueue(record, ticket: UInt(ticket)) == .accepted ? .accepted : .queueFull
    } catch {
      throw SinkError("\(error)")
    }
  }

  mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
    let events = producer.collectDeliveries { ticket, result in
      if let error = result.error {
        body(UInt64(ticket), .failed("\(error)"))
      } else {
        body(UInt64(ticket), .acknowledged)
      }
    }
    for event in events { note(event) }
    if let failure { throw SinkError("the Kafka producer has failed for good: \(failure)") }
  }

  private mutating func note(_ event: ClientEvent) {
    switch event {
    case .error(let error):
      if error.isFatal { failure = error }
      let text = "\(error)"
      if text != lastEvent { logger.warning("Kafka: \(text)") }
      lastEvent = text
    case .log(let level, let facility, let text):
      if level <= 3 { logger.debug("librdkafka \(facility): \(text)") }
    }
  }

  /// Gives up what is queued, so that closing the producer does not wait for it.
  mutating func abandon() { producer.purge() }
}

/// `topic.creation.*` of a connector: how a topic that is missing is made.
public struct TopicCreationPlan: Sendable {
  public struct Group: Sendable {
    public let name: String
    /// Whether a topic belongs to the group. Compiled patterns are not Sendable, so the check compiles its own.
    public let includes: @Sendable (String) -> Bool
    public let partitions: Int32
    public let replicationFactor: Int32
    public let configuration: [String: String]

    public init(
      name: String, includes: @escaping @Sendable (String) -> Bool, partitions: Int32, replicationFactor: Int32,
      configuration: [String: String]
    ) {
      self.name = name
      self.includes = includes
      self.partitions = partitions
      self.replicationFactor = replicationFactor
      self.configuration = configuration
    }
  }

  /// In the order of `topic.creation.groups`; the default group, which takes every topic, last.
  public let groups: [Group]
  /// Whether topics of no group are made as well, with the broker's numbers; else they are left to the broker.
  public let createsOthers: Bool

  public init(groups: [Group], createsOthers: Bool = true) {
    self.groups = groups
    self.createsOthers = createsOthers
  }

  func specification(of topic: String) -> TopicSpecification? {
    guard let group = groups.first(where: { $0.includes(topic) }) else {
      return createsOthers ? TopicSpecification(name: topic) : nil
    }
    return TopicSpecification(
      name: topic, partitions: group.partitions, replicationFactor: group.replicationFactor,
      configuration: group.configuration)
  }
}
