import CRdkafka

/// A topic as it shall be, in the terms of Kafka Connect's `topic.creation.*`.
public struct TopicSpecification: Sendable, Equatable {
  public var name: String
  /// -1 leaves it to the broker (Kafka 2.4 and later).
  public var partitions: Int32
  /// -1 leaves it to the broker.
  public var replicationFactor: Int32
  /// Topic properties: `cleanup.policy`, `retention.ms`, …
  public var configuration: [String: String]

  public init(
    name: String, partitions: Int32 = -1, replicationFactor: Int32 = -1, configuration: [String: String] = [:]
  ) {
    self.name = name
    self.partitions = partitions
    self.replicationFactor = replicationFactor
    self.configuration = configuration
  }
}

/// What became of one topic of a request.
public enum TopicCreationOutcome: Sendable, Equatable {
  case created
  case alreadyExists
  /// The brokers cannot create topics on request; those that create them on first use will do so.
  case unsupported
}

/// Creates topics that are missing, through the admin API.
public enum TopicCreation {
  /// With a client of its own. See `KafkaProducer.createMissingTopics`.
  public static func createMissing(
    _ topics: [TopicSpecification], properties: [(name: String, value: String)], timeoutMilliseconds: Int = 30_000
  ) throws(KafkaError) -> [String: TopicCreationOutcome] {
    let client = unsafe try makeClient(RD_KAFKA_PRODUCER, properties, events: RD_KAFKA_EVENT_ERROR)
    defer { unsafe rd_kafka_destroy(client) }
    return unsafe try create(topics, client: client, timeoutMilliseconds: timeoutMilliseconds)
  }

  static func create(
    _ topics: [TopicSpecification], client: OpaquePointer, timeoutMilliseconds: Int
  ) throws(KafkaError) -> [String: TopicCreationOutcome] {
    if topics.isEmpty { return [:] }
    let allUnsupported = Dictionary(topics.map { ($0.name, TopicCreationOutcome.unsupported) }) { first, _ in first }
    var requests: [OpaquePointer?] = unsafe []
    defer { unsafe rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
    for topic in topics { unsafe requests.append(try newTopic(topic)) }
    guard unsafe try hasController(client, timeoutMilliseconds: timeoutMilliseconds) else { return allUnsupported }

    let options = unsafe rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
    defer { unsafe rd_kafka_AdminOptions_destroy(options) }
    var text = [CChar](repeating: 0, count: 256)
    let bounded = Int32(clamping: min(max(timeoutMilliseconds, 1), 3_600_000))
    unsafe rd_kafka_AdminOptions_set_request_timeout(options, bounded, &text, text.count)
    // The controller answers when all replicas know the topic, so that the first record finds it.
    unsafe rd_kafka_AdminOptions_set_operation_timeout(options, bounded, &text, text.count)

    let queue = unsafe rd_kafka_queue_new(client)
    defer { unsafe rd_kafka_queue_destroy(queue) }
    unsafe rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
    // The request's own time-out answers first; this one only keeps a fault of the library from hanging us.
    guard let event = unsafe rd_kafka_queue_poll(queue, bounded + 5000) else {
      throw KafkaError(code: RD_KAFKA_RESP_ERR__TIMED_OUT, text: "no answer to CreateTopics in \(bounded) ms")
    }
    defer { unsafe rd_kafka_event_destroy(event) }
    let code = unsafe rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let error = unsafe KafkaError(code: code, text: String(cString: rd_kafka_event_error_string(event)))
      if error.kind == .unsupported { return allUnsupported }
      throw error
    }
    return try unsafe outcomes(of: event, client: client, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Whether the cluster names a controller among its brokers. The in-process cluster names none, and librdkafka would
  /// wait for it to the end of the time-out.
  private static func hasController(_ client: OpaquePointer, timeoutMilliseconds: Int) throws(KafkaError) -> Bool {
    // Asked twice, since the two answers may come from two moments.
    for _ in 0..<2 {
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let code = unsafe rd_kafka_metadata(client, 0, nil, &metadata, Int32(clamping: timeoutMilliseconds))
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe metadata else { throw KafkaError(code: code) }
      defer { unsafe rd_kafka_metadata_destroy(metadata) }
      let controller = unsafe rd_kafka_controllerid(client, Int32(clamping: timeoutMilliseconds))
      for index in 0..<Int(unsafe metadata.pointee.broker_cnt) {
        if unsafe metadata.pointee.brokers[index].id == controller { return true }
      }
    }
    return false
  }

  private static func newTopic(_ topic: TopicSpecification) throws(KafkaError) -> OpaquePointer {
    var text = [CChar](repeating: 0, count: 256)
    let request = unsafe rd_kafka_NewTopic_new(
      topic.name, topic.partitions, topic.replicationFactor, &text, text.count)
    guard let request = unsafe request else {
      throw KafkaError(
        code: RD_KAFKA_RESP_ERR__INVALID_ARG, text: copied(text), topic: topic.name, isRetriable: false)
    }
    for (name, value) in topic.configuration.sorted(by: { $0.key < $1.key }) {
      let code = unsafe rd_kafka_NewTopic_set_config(request, name, value)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
        unsafe rd_kafka_NewTopic_destroy(request)
        throw KafkaError(code: code, topic: topic.name)
      }
    }
    return unsafe request
  }

  private static func outcomes(
    of event: OpaquePointer, client: OpaquePointer, timeoutMilliseconds: Int
  ) throws(KafkaError) -> [String: TopicCreationOutcome] {
    var count = 0
    let result = unsafe rd_kafka_event_CreateTopics_result(event)
    let entries = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
    var outcomes: [String: TopicCreationOutcome] = [:]
    var refused: [KafkaError] = []
    for index in 0..<count {
      guard let entry = unsafe entries?[index] else { continue }
      let name = unsafe String(cString: rd_kafka_topic_result_name(entry))
      let code = unsafe rd_kafka_topic_result_error(entry)
      let text = unsafe rd_kafka_topic_result_error_string(entry).map { unsafe String(cString: $0) }
      if code == RD_KAFKA_RESP_ERR_NO_ERROR {
        outcomes[name] = .created
      } else if code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS {
        outcomes[name] = .alreadyExists
      } else {
        let error = KafkaError(code: code, text: text, topic: name)
        if error.kind == .unsupported { outcomes[name] = .unsupported } else { refused.append(error) }
      }
    }
    if refused.contains(where: { $0.kind == .notAuthorized }) {
      // A broker asked by someone who may not create says no before it says "exists": look.
      let known = unsafe try listPartitions(client: client, timeoutMilliseconds: timeoutMilliseconds) { topic in
        refused.contains { $0.topic == topic }
      }
      refused.removeAll { error in
        guard error.kind == .notAuthorized, let name = error.topic, known.contains(where: { $0.topic == name })
        else { return false }
        outcomes[name] = .alreadyExists
        return true
      }
    }
    if let first = refused.first { throw first }
    return outcomes
  }
}

extension KafkaProducer {
  /// Creates those topics that are missing. Throws for the first topic that the brokers refuse (not authorised, a
  /// policy, more replicas than brokers); others of the same call may have been created.
  public func createMissingTopics(
    _ topics: [TopicSpecification], timeoutMilliseconds: Int = 30_000
  ) throws(KafkaError) -> [String: TopicCreationOutcome] {
    unsafe try TopicCreation.create(topics, client: client, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Asks the brokers for the topic, which this client then knows as well: it remembers for minutes that there was none, and
  /// refuses records for it, though the topic was created since. `false`: not all of them have heard of it yet.
  public func refreshTopic(_ index: Int, timeoutMilliseconds: Int) throws(KafkaError) -> Bool {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let asked = topic(index)
    let code = unsafe rd_kafka_metadata(
      asked.client, 0, asked.handle, &metadata, Int32(clamping: timeoutMilliseconds))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe metadata else {
      throw KafkaError(code: code, topic: topicName(index))
    }
    defer { unsafe rd_kafka_metadata_destroy(metadata) }
    guard unsafe metadata.pointee.topic_cnt == 1 else { return false }
    let topic = unsafe metadata.pointee.topics[0]
    switch unsafe topic.err {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return unsafe topic.partition_cnt > 0
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: return false
    // Such as a right that is missing: the first record will tell.
    default: return true
    }
  }
}
