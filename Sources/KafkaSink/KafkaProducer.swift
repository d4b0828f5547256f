import CRdkafka
import Glibc
import Primitives

/// An idempotent producer: takes encoded records with a ticket each, and gives the tickets back with what became of them.
///
/// One owner; calls may come from any thread, one at a time: "The API is completely thread-safe and the calling
/// application may call any of the API functions from any of its own threads at any time" (`rdkafka.h`, "Threads").
@safe
public struct KafkaProducer: ~Copyable, @unchecked Sendable {
  private var clients: ProducerClients
  private var payloads = PayloadSlab()
  private var headerLists = HeaderLists()
  private var gathered = GatheredRecords()
  private var inFlight: InFlightMemory
  /// Nobody has said how much may be in flight. Exactly once a client has all topics, and would send a third as fast.
  private let sharesMemory: Bool
  /// Accepted, and refused when they were handed over after all: to be reported on.
  private var undelivered: [(ticket: UInt, error: KafkaError)] = []

  /// Records are gathered, until as many wait as are worth a request or `handOverGathered` is called.
  public var gathers = false
  /// Number of the client whose events were collected first the last time.
  private var firstServed = 0
  private let reports: UnsafeMutableBufferPointer<UnsafePointer<rd_kafka_message_t>?>
  private var topics: [Topic] = []
  private var topicIndexes: [String: Int] = [:]

  @safe
  struct Topic {
    let handle: OpaquePointer
    let client: OpaquePointer
  }

  var clientCount: Int { clients.all.count }

  /// The only one where there are transactions.
  var client: OpaquePointer { unsafe clients.first.handle }

  /// Readable when events wait to be collected, for `poll` beside other sockets. Ours: neither read nor close it.
  public let eventDescriptor: Int32

  /// - Parameter properties: librdkafka's names (see `ClientProperties` for the Java client's); they replace our
  ///   defaults, but not idempotence, acknowledgement by all replicas and the Java client's partitioner. Without
  ///   `queue.buffering.max.kbytes` 8 MiB may be in flight, and less where thousands of topics take the memory.
  public init(properties: [(name: String, value: String)]) throws(KafkaError) {
    try self.init(properties: properties, topicsPerClient: ProducerClients.topicsEach)
  }

  init(properties: [(name: String, value: String)], topicsPerClient: Int) throws(KafkaError) {
    let isTransactional = ProducerDefaults.isTransactional(properties)
    inFlight = ProducerDefaults.inFlight(properties)
    sharesMemory = !ProducerDefaults.hasBufferLimit(properties) && !isTransactional
    let descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    guard descriptor >= 0 else { throw KafkaError(code: RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }
    do throws(KafkaError) {
      clients = try ProducerClients(
        ProducerDefaults.complete(properties), descriptor: descriptor, isTransactional: isTransactional,
        topicsEach: topicsPerClient)
    } catch {
      close(descriptor)
      throw error
    }
    eventDescriptor = descriptor
    unsafe reports = .allocate(capacity: 1024)
  }

  deinit {
    clients.leaveDescriptor()
    takeAllBack()
    for topic in topics { unsafe rd_kafka_topic_destroy(topic.handle) }
    clients.destroy()
    unsafe reports.deallocate()
    close(eventDescriptor)
  }

  // MARK: Topics

  /// From so many on, values in flight are those of ever other partitions.
  private static let manyTopics = 1_024

  /// The index that `EncodedRecord.topic` holds. The same name gives the same index; once per table, not per record.
  public mutating func topicIndex(_ name: String) throws(KafkaError) -> Int {
    if let index = topicIndexes[name] { return index }
    let index = topics.count
    let client = clients.client(forTopic: index)
    guard let handle = unsafe rd_kafka_topic_new(client.handle, name, nil) else {
      throw KafkaError(code: rd_kafka_last_error(), topic: name)
    }
    topics.append(unsafe Topic(handle: handle, client: client.handle))
    topicIndexes[name] = index
    if index == KafkaProducer.manyTopics { payloads.scatter() }
    if sharesMemory { inFlight.topicAdded(index + 1) }
    return index
  }

  public func topicName(_ index: Int) -> String { unsafe String(cString: rd_kafka_topic_name(topics[index].handle)) }

  func topic(_ index: Int) -> Topic { topics[index] }

  // MARK: Records

  /// Hands the record over and returns at once; the caller keeps its own. The ticket comes back exactly once from
  /// `collectDeliveries` or `drain`, if the record was accepted; not if this throws or the queue was full.
  ///
  /// Throws what librdkafka knows at once: the record is too large, the topic or partition does not exist, the client
  /// has a fatal error.
  public mutating func enqueue(
    _ record: borrowing EncodedRecord, ticket: UInt
  ) throws(KafkaError) -> EnqueueOutcome {
    // The Java client refuses negative timestamps.
    if let milliseconds = record.timestampMilliseconds, milliseconds < 0 {
      throw KafkaError(
        code: RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, text: "a record's timestamp must not be before 1970",
        topic: topicName(record.topic), isRetriable: false)
    }
    if gathers, !gathered.isFull || handOverGathered(), gather(record, ticket: ticket) { return .accepted }
    // In order.
    guard handOverGathered() else { return .queueFull }
    let code = handOver(record, to: topics[record.topic], ticket: ticket)
    switch code {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return .accepted
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return .queueFull
    default: throw KafkaError(code: code, topic: topicName(record.topic), partition: record.partition)
    }
  }

  /// Value and headers stay ours, and are used again, where librdkafka does not take the record.
  private mutating func handOver(
    _ record: borrowing EncodedRecord, to topic: Topic, ticket: UInt
  ) -> rd_kafka_resp_err_t {
    guard inFlight.hasRoom(valueBytes: record.value?.count ?? 0) else { return RD_KAFKA_RESP_ERR__QUEUE_FULL }
    let headers = headerLists.lend(for: record)
    return unsafe record.bytes.bytes.withUnsafeBytes { bytes -> rd_kafka_resp_err_t in
      let value = unsafe record.value.map { unsafe UnsafeRawBufferPointer(rebasing: bytes[$0]) }
      let key = unsafe record.key.map { unsafe UnsafeRawBufferPointer(rebasing: bytes[$0]) }
      let placed = unsafe value.flatMap { unsafe payloads.place($0, mark: headers.mark) }
      let code = unsafe sluice_produce(
        topic.client, topic.handle,
        // -1 is RD_KAFKA_PARTITION_UA: the partitioner chooses.
        record.partition ?? -1, placed == nil ? RD_KAFKA_MSG_F_COPY : 0, timestamp(of: record),
        UnsafeMutableRawPointer(bitPattern: ticket), placed.map { UnsafeRawPointer($0) } ?? address(of: value),
        value?.count ?? 0, address(of: key), key?.count ?? 0, headers.list)
      if code == RD_KAFKA_RESP_ERR_NO_ERROR {
        unsafe inFlight.add(valueBytes: value?.count ?? 0, keyBytes: key?.count ?? 0)
      } else {
        if let placed = unsafe placed { unsafe payloads.takeBack(placed) }
        headerLists.takeBack(headers)
      }
      return code
    }
  }

  /// librdkafka takes 0 for "now": the first millisecond of 1970 is the nearest that can be sent.
  private func timestamp(of record: borrowing EncodedRecord) -> Int64 {
    record.timestampMilliseconds.map { max($0, 1) } ?? 0
  }

  /// Empty is not null, and so needs some address, which is not read.
  private func address(of bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
    unsafe bytes.map { unsafe $0.baseAddress ?? UnsafeRawPointer(reports.baseAddress!) }
  }

  /// Records accepted and not yet reported on, plus events not yet collected.
  public var queuedCount: Int { clients.queuedCount + gathered.count + undelivered.count }

  // MARK: Gathered records

  public var gatheredCount: Int { gathered.count }

  /// `false` for a record that is to be handed over by itself: one that may be refused at once, for its size or partition, or
  /// whose value or key has no place.
  private mutating func gather(_ record: borrowing EncodedRecord, ticket: UInt) -> Bool {
    guard record.partition == nil, (record.value?.count ?? 0) <= PayloadSlab.valueBytesMax,
      (record.key?.count ?? 0) <= GatheredRecords.keyBytesMax
    else { return false }
    return unsafe record.bytes.bytes.withUnsafeBytes { bytes -> Bool in
      let headers = headerLists.lend(for: record)
      var placed: UnsafeMutableRawPointer?
      if let range = record.value {
        unsafe placed = payloads.place(UnsafeRawBufferPointer(rebasing: bytes[range]), mark: headers.mark)
        guard unsafe placed != nil else {
          headerLists.takeBack(headers)
          return false
        }
      }
      unsafe gathered.append(
        GatheredRecords.Record(
          topic: record.topic, ticket: ticket, timestampMilliseconds: timestamp(of: record), value: placed,
          valueBytes: record.value?.count ?? 0,
          key: record.key.map { unsafe gathered.keep(key: UnsafeRawBufferPointer(rebasing: bytes[$0])) },
          headers: headers))
      return true
    }
  }

  /// Hands over what has been gathered, in order. `false`: the queue is full, and some are left. What is refused after all is
  /// reported like a record that could not be delivered.
  @discardableResult
  public mutating func handOverGathered() -> Bool {
    if gathered.next == nil { return true }
    let now = KafkaProducer.nowMilliseconds()
    while let record = gathered.next {
      let code = handOver(record, now: now)
      if code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return false }
      gathered.removeFirst()
      if code == RD_KAFKA_RESP_ERR_NO_ERROR {
        inFlight.add(valueBytes: record.valueBytes, keyBytes: record.keyBytes)
      } else {
        giveUp(record, code)
      }
    }
    return true
  }

  /// What librdkafka would take for each record whose timestamp is left to it.
  private static func nowMilliseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  private func handOver(_ record: GatheredRecords.Record, now: Int64) -> rd_kafka_resp_err_t {
    guard inFlight.hasRoom(valueBytes: record.valueBytes) else { return RD_KAFKA_RESP_ERR__QUEUE_FULL }
    let topic = topics[record.topic]
    return unsafe gathered.keys.withUnsafeBytes { keys -> rd_kafka_resp_err_t in
      let key = unsafe record.key.map { unsafe UnsafeRawBufferPointer(rebasing: keys[$0]) }
      return unsafe sluice_produce(
        topic.client, topic.handle, -1, 0,
        record.timestampMilliseconds == 0 ? now : record.timestampMilliseconds,
        UnsafeMutableRawPointer(bitPattern: record.ticket), record.value, record.valueBytes, address(of: key),
        key?.count ?? 0, record.headers.list)
    }
  }

  private mutating func giveUp(_ record: GatheredRecords.Record, _ code: rd_kafka_resp_err_t) {
    if let value = unsafe record.value { _ = unsafe payloads.release(value) }
    headerLists.takeBack(record.headers)
    var error = KafkaError(code: code, topic: topicName(record.topic))
    error.recordBytes = record.valueBytes + record.keyBytes
    error.isOfOneRecord = true
    undelivered.append((record.ticket, error))
    wakeUp()
  }

  private func wakeUp() {
    var one: UInt64 = 1
    _ = unsafe write(eventDescriptor, &one, MemoryLayout<UInt64>.size)
  }

  // MARK: Reports

  /// Serves up to `maxEvents` events; one event carries many reports. Waits for the first up to
  /// `timeoutMilliseconds`. `body` gets each ticket; the rest comes back, of each client oldest first.
  @discardableResult
  public mutating func collectDeliveries(
    maxEvents: Int = 64, timeoutMilliseconds: Int = 0, _ body: (UInt, DeliveryResult) -> Void
  ) -> [ClientEvent] {
    // The descriptor is cleared before the queue is read, so that an event in between makes it readable again.
    var wakeUps: UInt64 = 0
    _ = unsafe read(eventDescriptor, &wakeUps, MemoryLayout<UInt64>.size)
    for (ticket, error) in undelivered { body(ticket, .failed(error)) }
    let hasReported = !undelivered.isEmpty
    undelivered.removeAll()
    var others = clients.takeTrouble().map { [ClientEvent.error($0)] } ?? []
    var served = serve(maxEvents, &others, body)
    if served == 0, !hasReported, timeoutMilliseconds > 0 {
      var entry = pollfd(fd: eventDescriptor, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&entry, 1, Int32(clamping: timeoutMilliseconds))
      served = serve(maxEvents, &others, body)
    }
    // Events may be left, and librdkafka wakes up once only: do it for it.
    if served == maxEvents { wakeUp() }
    return others
  }

  /// Returns how many events there were, of `maxEvents` at most.
  private mutating func serve(
    _ maxEvents: Int, _ others: inout [ClientEvent], _ body: (UInt, DeliveryResult) -> Void
  ) -> Int {
    var served = 0
    // Each is the first in its turn.
    firstServed = (firstServed + 1) % clients.all.count
    for offset in clients.all.indices {
      let client = clients.all[(firstServed + offset) % clients.all.count]
      while served < maxEvents, let event = unsafe rd_kafka_queue_poll(client.events, 0) {
        served += 1
        if unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR {
          unsafe forEachReport(of: event, body)
        } else if let other = unsafe ClientEvent(event, client: client.handle) {
          others.append(other)
        }
        unsafe rd_kafka_event_destroy(event)
      }
    }
    return served
  }

  private mutating func forEachReport(of event: OpaquePointer, _ body: (UInt, DeliveryResult) -> Void) {
    while true {
      let count = unsafe rd_kafka_event_message_array(event, reports.baseAddress, reports.count)
      if count == 0 { return }
      for index in 0..<count {
        guard let message = unsafe reports[index] else { continue }
        let ticket = unsafe UInt(bitPattern: message.pointee._private)
        let code = unsafe message.pointee.err
        let mark = unsafe message.pointee.payload.flatMap { unsafe payloads.release($0) } ?? 0
        unsafe headerLists.reclaim(from: message, mark: mark)
        let (valueBytes, keyBytes) = unsafe (message.pointee.len, message.pointee.key_len)
        inFlight.remove(valueBytes: valueBytes, keyBytes: keyBytes)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
          unsafe body(ticket, .delivered(partition: message.pointee.partition, offset: message.pointee.offset))
        } else {
          // Not `rd_kafka_message_errstr`, which gives back the payload of a produced message.
          let topic = unsafe String(cString: rd_kafka_topic_name(message.pointee.rkt))
          var error = unsafe KafkaError(code: code, topic: topic, partition: message.pointee.partition)
          error.recordBytes = valueBytes + keyBytes
          body(ticket, .failed(error))
        }
      }
    }
  }

  /// Collects until nothing is queued or the time is over, and returns how many are left.
  ///
  /// Not `rd_kafka_flush`, which does not serve the event queue. A caller with other duties gives short time-outs.
  public mutating func drain(
    timeoutMilliseconds: Int, events: inout [ClientEvent], _ body: (UInt, DeliveryResult) -> Void
  ) -> Int {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    while true {
      handOverGathered()
      let left = queuedCount
      if left == 0 { return 0 }
      let wait = ContinuousClock.now.duration(to: deadline).milliseconds
      if wait <= 0 { return left }
      // Short waits, since the last record may be reported without an event of its own following.
      events += collectDeliveries(maxEvents: 64, timeoutMilliseconds: min(wait, 100), body)
    }
  }

  /// Gives up everything that is queued or in flight. Each record is reported as `purged`; one in flight may be in its
  /// topic all the same.
  public mutating func purge() {
    while let record = gathered.next {
      gathered.removeFirst()
      giveUp(record, RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    }
    clients.purge()
  }

  private static let purgePauseMicroseconds: UInt32 = 10_000

  /// Lists of headers that records share are not the client's to free with them. Purged again and again, since a partition that
  /// is on its way from one broker's thread to another's is missed; these threads are what destroying waits for, too.
  private func takeAllBack() {
    for record in gathered.waiting { unsafe headerLists.destroyUnlessShared(record.headers.list) }
    clients.purge()
    while clients.queuedCount > 0 {
      var hasReported = false
      for client in clients.all {
        while let event = unsafe rd_kafka_queue_poll(client.events, 0) {
          hasReported = true
          while let message = unsafe rd_kafka_event_message_next(event) {
            unsafe headerLists.destroyUnlessShared(HeaderLists.detach(from: message))
          }
          unsafe rd_kafka_event_destroy(event)
        }
      }
      if !hasReported {
        usleep(KafkaProducer.purgePauseMicroseconds)
        clients.purge()
      }
    }
  }

  /// Set once, never cleared: no record will be taken or delivered any more.
  public var fatalError: KafkaError? { clients.fatalError }
}

extension Duration {
  /// Whole milliseconds, rounded up, so that a wait never spins on a fraction.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
