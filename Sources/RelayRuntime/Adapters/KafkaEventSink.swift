import KafkaSink
import Logging
import Primitives

/// One idempotent producer as the loop's sink.
struct KafkaEventSink: EventSink, ~Copyable {
  private var producer: KafkaProducer
  private let creation: TopicCreationPlan?
  private let logger: Logger
  /// Names of topics without a record yet; `nil` once one has come. A topic of the relay's own that a transform replaces,
  /// such as that of an outbox table, never gets one and must not come to be in Kafka.
  private var unusedTopics: [String?] = []
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

  mutating func addTopic(_ name: String) throws(SinkError) {
    let index = producer.topicIndex(name)
    precondition(index == unusedTopics.count, "topics are added once each, in order")
    unusedTopics.append(name)
  }

  /// A topic that cannot be created now may exist already, or be created on first use: the first record will tell.
  private mutating func create(_ topic: TopicSpecification) {
    do throws(KafkaError) {
      switch try producer.createMissingTopics([topic], timeoutMilliseconds: 5_000)[topic.name] {
      case .created: logger.info("created topic \(topic.name) with \(topic.partitions) partitions")
      case .unsupported: logger.debug("the brokers take no request to create topics; \(topic.name) is left to them")
      case .alreadyExists, nil: break
      }
    } catch {
      logger.warning("topic \(topic.name) could not be created: \(error)")
    }
  }

  mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued {
    if let name = unusedTopics[record.topic] {
      unusedTopics[record.topic] = nil
      if let creation { create(creation.specification(of: name)) }
    }
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

  public init(groups: [Group]) { self.groups = groups }

  func specification(of topic: String) -> TopicSpecification {
    guard let group = groups.first(where: { $0.includes(topic) }) else { return TopicSpecification(name: topic) }
    return TopicSpecification(
      name: topic, partitions: group.partitions, replicationFactor: group.replicationFactor,
      configuration: group.configuration)
  }
}
