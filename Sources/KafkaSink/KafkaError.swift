import CRdkafka

/// A failure that librdkafka or a broker reported, copied at once. Never holds keys, values or header values.
public struct KafkaError: Error, Sendable {
  /// What the caller can decide on; librdkafka's own code is in `code`.
  public enum Kind: Sendable, Equatable {
    /// A property librdkafka does not know, a value it does not take, or a topic that the brokers cannot make like that.
    case configuration
    /// No broker answers, or the connection or its TLS handshake failed.
    case unreachable
    /// The brokers refused the credentials, or one of the two ends the other's certificate.
    case authentication
    /// The credentials are good, the operation is not allowed to them.
    case notAuthorized
    /// Topic or partition does not exist.
    case unknownTopic
    /// The record is larger than this client or the topic takes.
    case recordTooLarge
    /// The record cannot be sent as it is (a timestamp that Kafka does not carry, for example).
    case invalidRecord
    /// A deadline passed; the outcome is not known.
    case timedOut
    /// The record was given up by `purge()`.
    case purged
    /// The brokers do not have this request.
    case unsupported
    /// Another producer with the same transactional id took over.
    case fenced
    /// Anything else; see `code`.
    case other
  }

  public let kind: Kind
  /// `rd_kafka_resp_err_t`: negative is librdkafka's own, positive is the Kafka protocol's error code.
  public let code: Int32
  /// As librdkafka prints the code: `_ALL_BROKERS_DOWN`, `TOPIC_AUTHORIZATION_FAILED`.
  public let name: String
  public private(set) var text: String
  public let topic: String?
  public let partition: Int32?
  /// Of key and value of the record that was not delivered.
  public internal(set) var recordBytes: Int?
  /// librdkafka itself refused this record, before any broker saw it or another of its batch.
  public internal(set) var isOfOneRecord = false
  /// The client is of no use any more and must be replaced.
  public let isFatal: Bool
  /// The same operation may succeed later.
  public let isRetriable: Bool
  /// The current transaction must be aborted, then the producer can go on.
  public let requiresAbort: Bool
  public let file: StaticString
  public let line: UInt

  init(
    code: rd_kafka_resp_err_t, kind: Kind? = nil, text: String? = nil, topic: String? = nil, partition: Int32? = nil,
    isFatal: Bool = false, isRetriable: Bool? = nil, requiresAbort: Bool = false, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    let text = unsafe text ?? String(cString: rd_kafka_err2str(code))
    self.kind = kind ?? KafkaError.kind(of: code, text)
    self.code = code.rawValue
    name = unsafe String(cString: rd_kafka_err2name(code))
    self.text = text
    self.topic = topic
    self.partition = partition
    self.isFatal = isFatal || code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED
    self.isRetriable = isRetriable ?? KafkaError.mayPass(code)
    self.requiresAbort = requiresAbort
    self.file = file
    self.line = line
  }

  /// Takes an error object over and frees it.
  init(
    consuming error: OpaquePointer, topic: String? = nil, partition: Int32? = nil, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    defer { unsafe rd_kafka_error_destroy(error) }
    let code = unsafe rd_kafka_error_code(error)
    self.init(
      code: code, text: unsafe String(cString: rd_kafka_error_string(error)), topic: topic, partition: partition,
      isFatal: unsafe rd_kafka_error_is_fatal(error) == 1,
      isRetriable: unsafe rd_kafka_error_is_retriable(error) == 1 || KafkaError.mayPass(code),
      requiresAbort: unsafe rd_kafka_error_txn_requires_abort(error) == 1, file: file, line: line)
  }

  /// The same error with what may help.
  func withHint(_ hint: String?) -> KafkaError {
    guard let hint else { return self }
    var error = self
    error.text += ". \(hint)"
    return error
  }

  /// The topic exists, but not the partition.
  public var isOfPartition: Bool { code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION.rawValue }

  private static func kind(of code: rd_kafka_resp_err_t, _ text: String) -> Kind {
    switch code {
    // A certificate that is not to be verified stays so; other failures of a handshake may be the network's.
    case RD_KAFKA_RESP_ERR__SSL where text.contains("certificate"): .authentication
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
      RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
      .unreachable
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      .authentication
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      .notAuthorized
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      .unknownTopic
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      .recordTooLarge
    case RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      .invalidRecord
    case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      .timedOut
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
      .purged
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
      RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
      .unsupported
    case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      .fenced
    case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG, RD_KAFKA_RESP_ERR__CONFLICT,
      RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
      RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
      RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      .configuration
    default: .other
    }
  }

  /// Codes that say nothing about the record or the rights, only about this moment. Source: the protocol's table of
  /// error codes ("Retriable") and `rdkafka.h` for the negative ones.
  private static func mayPass(_ code: rd_kafka_resp_err_t) -> Bool {
    switch code {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
      RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
      RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE,
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
      RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
      RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
      RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE:
      true
    default: false
    }
  }
}

extension KafkaError: CustomStringConvertible {
  public var description: String {
    var place = ""
    if let topic { place = " (topic \(topic)" + (partition.map { ", partition \($0))" } ?? ")") }
    return "\(text) [\(name)]\(place)" + (isFatal ? ", fatal" : "")
  }
}
