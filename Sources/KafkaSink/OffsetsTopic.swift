import CRdkafka
import Primitives

/// A compacted topic as a store of small values by key, as Kafka Connect's `offset.storage.topic`.
///
/// The newest record of a key is its value, unless its reader judges otherwise. One writer at a time per key; nothing here
/// fences a second one.
public struct OffsetsTopic: ~Copyable {
  public let name: String
  private let properties: [(name: String, value: String)]
  private let timeoutMilliseconds: Int
  private var producer: KafkaProducer
  private var index: Int
  /// A record was not stored. One that was given up after it had been sent leaves a gap in the producer's sequence, and then it
  /// fails for good, with `OUT_OF_ORDER_SEQUENCE_NUMBER`: the next record has another producer.
  private var isSpent = false
  private var record = EncodedRecord()

  /// Creates the topic with `cleanup.policy=compact` when it is missing.
  ///
  /// - Parameters:
  ///   - properties: librdkafka's names of what reaches the brokers (servers, security, client id).
  ///   - replicationFactor: -1 is the broker's default.
  ///   - timeoutMilliseconds: bound of each `load` and `store`.
  public init(
    name: String, properties: [(name: String, value: String)], partitions: Int32 = 1, replicationFactor: Int32 = -1,
    timeoutMilliseconds: Int = 30_000
  ) throws(KafkaError) {
    self.name = name
    self.properties = properties
    self.timeoutMilliseconds = timeoutMilliseconds
    var producer = try OffsetsTopic.makeProducer(properties, timeoutMilliseconds)
    let topic = TopicSpecification(
      name: name, partitions: partitions, replicationFactor: replicationFactor,
      configuration: ["cleanup.policy": "compact"])
    _ = try producer.createMissingTopics([topic], timeoutMilliseconds: timeoutMilliseconds)
    index = try producer.topicIndex(name)
    self.producer = producer
  }

  private static func makeProducer(
    _ properties: [(name: String, value: String)], _ timeoutMilliseconds: Int
  ) throws(KafkaError) -> KafkaProducer {
    // No waiting for more records, and nothing of an abandoned `store` is sent after its time-out.
    try KafkaProducer(
      properties: [(name: "linger.ms", value: "0")] + properties + [
        (name: "message.timeout.ms", value: String(timeoutMilliseconds))
      ])
  }

  /// The newest value of `key` in force, from the whole topic; `nil` when there is none or it was deleted.
  ///
  /// - Parameters:
  ///   - waitsForOpenTransactions: another key's open transaction hides what is committed behind it from a reader of committed
  ///     records: it is waited for.
  ///   - inForce: what two values come to, of which one stands behind the other.
  public func load(
    key: [UInt8], waitsForOpenTransactions: Bool = false,
    inForce: (_ next: [UInt8], _ current: [UInt8]) -> [UInt8] = { next, _ in next }
  ) throws(KafkaError) -> [UInt8]? {
    var newest: [UInt8]?
    // A marker of a transaction is the last of the topic as a rule, and its end is told with the fetch after it.
    let properties = [(name: "fetch.wait.max.ms", value: "10")] + properties
    func take(_ record: borrowing ConsumedRecord) {
      let copy = record.copied()
      guard copy.key == key else { return }
      if let next = copy.value, let current = newest { newest = inForce(next, current) } else { newest = copy.value }
    }
    if waitsForOpenTransactions {
      let ends = try KafkaConsumer.endOffsets(
        topic: name, properties: properties, timeoutMilliseconds: timeoutMilliseconds)
      try KafkaConsumer.read(to: ends, properties: properties, idleTimeoutMilliseconds: timeoutMilliseconds) {
        record, _ in take(record)
      }
      return newest
    }
    try KafkaConsumer.readToEnd(
      topic: name, properties: properties, timeoutMilliseconds: timeoutMilliseconds
    ) { record in take(record) }
    return newest
  }

  /// Writes and waits until all in-sync replicas have it. `nil` deletes the key.
  ///
  /// After an error the value may be stored or not; store again.
  public mutating func store(key: [UInt8], value: [UInt8]?) throws(KafkaError) {
    if isSpent {
      producer = try OffsetsTopic.makeProducer(properties, timeoutMilliseconds)
      index = try producer.topicIndex(name)
    }
    isSpent = true
    try send(key: key, value: value)
    isSpent = false
  }

  private mutating func send(key: [UInt8], value: [UInt8]?) throws(KafkaError) {
    record.clear()
    record.topic = index
    record.bytes.append(key)
    record.key = 0..<key.count
    if let value {
      record.bytes.append(value)
      record.value = key.count..<key.count + value.count
    }
    guard try producer.enqueue(record, ticket: 1) == .accepted else {
      throw KafkaError(code: RD_KAFKA_RESP_ERR__QUEUE_FULL, topic: name)
    }
    var outcome: DeliveryResult?
    var events: [ClientEvent] = []
    // librdkafka reports the record as timed out by itself; the margin is for its timer.
    _ = producer.drain(timeoutMilliseconds: timeoutMilliseconds + 2000, events: &events) { outcome = $1 }
    switch outcome {
    case .delivered: return
    // Of a producer that has failed for good, a record is reported as purged.
    case .failed(let error): throw producer.fatalError ?? error
    case nil:
      producer.purge()
      _ = producer.drain(timeoutMilliseconds: 1000, events: &events) { _, _ in }
      throw KafkaError(code: RD_KAFKA_RESP_ERR__TIMED_OUT, topic: name)
    }
  }
}
