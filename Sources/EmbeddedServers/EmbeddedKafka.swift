import CRdkafka
import Dispatch
import Synchronization

/// librdkafka's in-process cluster: Kafka's protocol on loopback ports, in memory. For demo and tests only.
///
/// It creates topics on first use (with `automaticPartitions`), keeps the newest 5 MB or 100,000 batches of a partition,
/// has no admin requests, no compaction, no ACLs and no TLS. It checks sequence numbers of transactional producers only:
/// with an error injected while several requests of an idempotent producer are in flight it appends the later ones,
/// where a real broker would refuse them. Tests of order under errors set `max.in.flight.requests.per.connection=1`.
/// Source: librdkafka 2.0.2, `rdkafka_mock.c`.
public final class EmbeddedKafka: Sendable {
  /// Partitions of a topic that nobody created before its first use; librdkafka 2.0.2 has no call to change it.
  public static let automaticPartitions: Int32 = 4

  /// Kafka's numbers of the requests that tests make fail. Source: the protocol's table of API keys.
  public enum Request: Int16, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case initProducerId = 22
    case addPartitionsToTransaction = 24
    case endTransaction = 26
  }

  /// Kafka's error codes, and one of librdkafka's. Source: the protocol's table of error codes.
  public enum RequestError: Int32, Sendable {
    /// Not an answer: the connection is closed instead.
    case disconnect = -195
    case notLeaderForPartition = 6
    case requestTimedOut = 7
    case messageTooLarge = 10
    case notEnoughReplicas = 19
    case topicAuthorizationFailed = 29
    case clusterAuthorizationFailed = 31
    case outOfOrderSequenceNumber = 45
    case invalidProducerEpoch = 47
    case concurrentTransactions = 51
    case kafkaStorageError = 56
    case invalidRecord = 87
  }

  private struct Cluster: @unchecked Sendable {
    // Both are thread-safe: the cluster's functions pass operations to its own thread.
    var client: OpaquePointer
    var cluster: OpaquePointer

    func destroy() {
      rd_kafka_mock_cluster_destroy(cluster)
      rd_kafka_destroy(client)
    }
  }

  private let state: Mutex<Cluster?>

  /// `host:port` of each broker, for `bootstrap.servers`.
  public let bootstrapServers: String

  /// - Parameter brokers: they listen on free loopback ports.
  public init(brokers: Int32 = 1) throws(EmbeddedServerError) {
    var text = [CChar](repeating: 0, count: 512)
    let configuration = rd_kafka_conf_new()
    // The client is the cluster's housekeeper and never connects; its remarks would only confuse.
    rd_kafka_conf_set(configuration, "log_level", "2", &text, text.count)
    guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw EmbeddedServerError("the in-process Kafka cluster did not start", log: nil)
    }
    guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
      rd_kafka_destroy(client)
      throw EmbeddedServerError("the in-process Kafka cluster did not start: no port to listen on", log: nil)
    }
    bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    state = Mutex(Cluster(client: client, cluster: cluster))
  }

  deinit {
    guard let old = take() else { return }
    // The cluster's thread may sleep for a second before it notices; nobody needs to wait for that here.
    DispatchQueue.global().async { old.destroy() }
  }

  /// Ends the cluster and forgets its records. Connected clients see their connections drop.
  public func stop() { take()?.destroy() }

  private func take() -> Cluster? {
    state.withLock { state in
      defer { state = nil }
      return state
    }
  }

  /// Creates a topic; `partitions` counts from 1.
  public func createTopic(_ name: String, partitions: Int32 = EmbeddedKafka.automaticPartitions) throws {
    try call("create topic \(name)") { rd_kafka_mock_topic_create($0, name, partitions, 1) }
  }

  // MARK: Faults

  /// Makes the next requests of a kind fail, one error each, in this order.
  public func failNext(_ request: Request, with errors: [RequestError]) {
    let codes = errors.map { rd_kafka_resp_err_t($0.rawValue) }
    state.withLock { state in
      guard let state else { return }
      rd_kafka_mock_push_request_errors_array(state.cluster, request.rawValue, codes.count, codes)
    }
  }

  /// Drops what `failNext` left.
  public func clearFailures(of request: Request) {
    state.withLock { state in
      guard let state else { return }
      rd_kafka_mock_clear_request_errors(state.cluster, request.rawValue)
    }
  }

  /// Makes requests about a topic answer with this error, or normally again with `nil`.
  public func setError(ofTopic name: String, _ error: RequestError?) {
    state.withLock { state in
      guard let state else { return }
      rd_kafka_mock_topic_set_error(state.cluster, name, rd_kafka_resp_err_t(error?.rawValue ?? 0))
    }
  }

  /// Closes the broker's connections and takes no new ones; `nil` is all brokers. They count from 1.
  public func takeDown(broker: Int32? = nil) throws {
    try call("take the broker down") { rd_kafka_mock_broker_set_down($0, broker ?? -1) }
  }

  public func bringUp(broker: Int32? = nil) throws {
    try call("bring the broker up") { rd_kafka_mock_broker_set_up($0, broker ?? -1) }
  }

  /// Delays each answer.
  public func setRoundTripTime(milliseconds: Int32, broker: Int32? = nil) throws {
    try call("set the round-trip time") { rd_kafka_mock_broker_set_rtt($0, broker ?? -1, milliseconds) }
  }

  /// Moves a partition to another broker; librdkafka finds it again through its metadata.
  public func setLeader(ofTopic name: String, partition: Int32, broker: Int32) throws {
    try call("set the leader") { rd_kafka_mock_partition_set_leader($0, name, partition, broker) }
  }

  private func call(_ what: String, _ body: (OpaquePointer) -> rd_kafka_resp_err_t) throws {
    let code = state.withLock { state in state.map { body($0.cluster) } }
    guard let code else {
      throw EmbeddedServerError("the in-process Kafka cluster is stopped: cannot \(what)", log: nil)
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw EmbeddedServerError(
        "the in-process Kafka cluster could not \(what): \(String(cString: rd_kafka_err2str(code)))", log: nil)
    }
  }
}
