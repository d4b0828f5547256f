import CRdkafka
import Glibc

/// librdkafka's clients of one producer: one, and another for each further `topicsEach` topics.
///
/// A client's thread sends a request for each partition and looks through all of its partitions before the next, so that with
/// thousands of them it does little else. A topic stays with its client: order holds within a partition, as ever.
///
/// Owned by the producer, which ends them with `destroy`.
@safe
struct ProducerClients: ~Copyable {
  @safe
  struct Client {
    let handle: OpaquePointer
    let events: OpaquePointer
  }

  static let topicsEach = 2_048

  private let topicsEach: Int
  private let properties: [(name: String, value: String)]
  /// An `eventfd`, made readable by events of each.
  private let descriptor: Int32
  /// A Kafka transaction is of one client.
  private let isTransactional: Bool
  private(set) var all: [Client] = []
  /// Why there is no further one.
  private var trouble: KafkaError?

  init(
    _ properties: [(name: String, value: String)], descriptor: Int32, isTransactional: Bool, topicsEach: Int
  ) throws(KafkaError) {
    self.topicsEach = topicsEach
    self.properties = properties
    self.descriptor = descriptor
    self.isTransactional = isTransactional
    try add()
  }

  var first: Client { all[0] }

  /// For the topic of this index. A further one only makes things faster: where the system has no threads left for it, or a
  /// certificate has gone since the start, the last one takes these topics as well.
  mutating func client(forTopic index: Int) -> Client {
    let (number, place) = index.quotientAndRemainder(dividingBy: topicsEach)
    if number > 0, place == 0, !isTransactional {
      do throws(KafkaError) {
        try add()
      } catch {
        let hint = "This further client would send faster; the topics from the \(index + 1)th on go without it"
        trouble = error.withHint(hint)
      }
    }
    return all[min(number, all.count - 1)]
  }

  /// Once, of each further client that could not be made.
  mutating func takeTrouble() -> KafkaError? {
    defer { trouble = nil }
    return trouble
  }

  private mutating func add() throws(KafkaError) {
    let handle = unsafe try makeClient(
      RD_KAFKA_PRODUCER, properties, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
    let events: OpaquePointer = unsafe rd_kafka_queue_get_main(handle)
    var one: UInt64 = 1
    unsafe rd_kafka_queue_io_event_enable(events, descriptor, &one, MemoryLayout<UInt64>.size)
    // What came before that is told by nobody else.
    _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
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
