import CRdkafka

/// librdkafka's clients of one producer: one, and another for each further `topicsMax` topics.
///
/// A client's thread sends a request for each partition and looks through all of its partitions before the next, so that with
/// thousands of them it does little else. A topic stays with its client: order holds within a partition, as ever.
///
/// Owned by the producer, which ends them with `destroy`.
@safe
struct ProducerClients {
  @safe
  struct Client {
    let handle: OpaquePointer
    let events: OpaquePointer
  }

  static let topicsMax = 2_048

  private let properties: [(name: String, value: String)]
  /// An `eventfd`, made readable by events of each.
  private let descriptor: Int32
  /// A Kafka transaction is of one client.
  private let isTransactional: Bool
  private(set) var all: [Client] = []

  init(_ properties: [(name: String, value: String)], descriptor: Int32, isTransactional: Bool) throws(KafkaError) {
    self.properties = properties
    self.descriptor = descriptor
    self.isTransactional = isTransactional
    try add()
  }

  var first: Client { all[0] }

  /// For the topic of this index.
  mutating func client(forTopic index: Int) throws(KafkaError) -> Client {
    if isTransactional { return first }
    let number = index / ProducerClients.topicsMax
    if number == all.count { try add() }
    return all[number]
  }

  private mutating func add() throws(KafkaError) {
    let handle = unsafe try makeClient(
      RD_KAFKA_PRODUCER, properties, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
    let events: OpaquePointer = unsafe rd_kafka_queue_get_main(handle)
    var one: UInt64 = 1
    unsafe rd_kafka_queue_io_event_enable(events, descriptor, &one, MemoryLayout<UInt64>.size)
    all.append(unsafe Client(handle: handle, events: events))
  }

  /// Records accepted and not yet reported on, plus events not yet collected.
  var queuedCount: Int { all.reduce(0) { $0 + Int(unsafe rd_kafka_outq_len($1.handle)) } }

  var fatalError: KafkaError? {
    for client in all { if let error = unsafe KafkaSink.fatalError(of: client.handle) { return error } }
    return nil
  }

  func purge() {
    for client in all {
      unsafe rd_kafka_purge(
        client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }
  }

  /// The descriptor is not written to any more.
  func leaveDescriptor() {
    for client in all { unsafe rd_kafka_queue_io_event_enable(client.events, -1, nil, 0) }
  }

  /// Waits for their threads: behind it nobody reads the values any more. Topic handles go before.
  func destroy() {
    for client in all {
      unsafe rd_kafka_queue_destroy(client.events)
      unsafe rd_kafka_destroy(client.handle)
    }
  }
}
