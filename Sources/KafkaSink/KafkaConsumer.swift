import CRdkafka
import Glibc

/// Reads topics partition by partition, without a consumer group: no group rights, no committed offsets, no rebalance.
///
/// One owner; calls may come from any thread, one at a time (`rdkafka.h`, "Threads").
@safe
public struct KafkaConsumer: ~Copyable, @unchecked Sendable {
  public enum Start: Sendable, Equatable {
    /// The oldest record that is kept.
    case beginning
    /// What is written after `assign` returns; partitions that appear later are read from their beginning.
    case end
  }

  /// What a call of `poll` met beside records.
  public struct PollResult: Sendable {
    public var recordCount = 0
    /// Partitions read up to their current end, with the offset that comes next.
    public var ends: [(partition: TopicPartition, offset: Int64)] = []
    public var events: [ClientEvent] = []
  }

  @safe
  private struct Handle {
    var pointer: OpaquePointer
    var partitions: Set<Int32>
  }

  private static let retryMilliseconds = 50

  private let client: OpaquePointer
  private let queue: OpaquePointer
  private let mainQueue: OpaquePointer
  private var topics: [String: Handle] = [:]
  private var names: Set<String> = []
  private var patterns: [Regex<AnyRegexOutput>] = []
  private let refreshInterval: Duration
  private var nextRefresh = ContinuousClock.now

  /// - Parameters:
  ///   - properties: librdkafka's names. `isolation.level` is `read_committed` unless given.
  ///   - metadataRefreshMilliseconds: how often `poll` looks for topics and partitions that it does not read yet.
  public init(
    properties: [(name: String, value: String)], metadataRefreshMilliseconds: Int = 2000
  ) throws(KafkaError) {
    let defaults = [
      (name: "isolation.level", value: "read_committed"), (name: "auto.offset.reset", value: "earliest"),
      // A broker answers as soon as there is a byte; the in-process one only when this wait is over.
      (name: "fetch.wait.max.ms", value: "100"), (name: "fetch.error.backoff.ms", value: "100"),
    ]
    let fixed = [
      (name: "enable.partition.eof", value: "true"), (name: "enable.auto.commit", value: "false"),
      (name: "enable.auto.offset.store", value: "false"),
    ]
    unsafe client = try makeClient(
      RD_KAFKA_CONSUMER, defaults + properties + fixed,
      events: RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
    unsafe queue = rd_kafka_queue_new(client)
    unsafe mainQueue = rd_kafka_queue_get_main(client)
    unsafe rd_kafka_queue_forward(mainQueue, queue)
    refreshInterval = .milliseconds(metadataRefreshMilliseconds)
  }

  deinit {
    for (_, handle) in topics {
      for partition in handle.partitions { unsafe rd_kafka_consume_stop(handle.pointer, partition) }
    }
    unsafe rd_kafka_queue_forward(mainQueue, nil)
    unsafe rd_kafka_queue_destroy(mainQueue)
    unsafe rd_kafka_queue_destroy(queue)
    for (_, handle) in topics { unsafe rd_kafka_topic_destroy(handle.pointer) }
    unsafe rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
  }

  // MARK: Choosing topics

  /// Adds topics by name, or by a regular expression where the text starts with `^`. Names that do not exist yet are
  /// picked up when they appear. A pattern passes over topics whose name starts with `__`.
  public mutating func assign(
    _ selection: [String], from start: Start, timeoutMilliseconds: Int = 10_000
  ) throws(KafkaError) {
    for text in selection {
      guard text.hasPrefix("^") else {
        names.insert(text)
        continue
      }
      guard let pattern = try? Regex(text) else {
        throw KafkaError(
          code: RD_KAFKA_RESP_ERR__INVALID_ARG, text: "\(text) is not a regular expression", isRetriable: false)
      }
      patterns.append(pattern)
    }
    let added = try discover(timeoutMilliseconds: timeoutMilliseconds)
    try begin(added, from: start, timeoutMilliseconds: timeoutMilliseconds)
    scheduleRefresh()
  }

  /// Partitions that are being read.
  public var assigned: [TopicPartition] {
    var all: [TopicPartition] = []
    for (topic, handle) in topics {
      for partition in handle.partitions { all.append(TopicPartition(topic: topic, partition: partition)) }
    }
    return all.sorted()
  }

  /// Partitions of the chosen topics that are not read yet.
  private func discover(timeoutMilliseconds: Int) throws(KafkaError) -> [TopicPartition] {
    let names = names
    let patterns = patterns
    let found = unsafe try listPartitions(client: client, timeoutMilliseconds: timeoutMilliseconds) { topic in
      if names.contains(topic) { return true }
      if topic.hasPrefix("__") { return false }
      return patterns.contains { (try? $0.firstMatch(in: topic)) != nil }
    }
    return found.filter { topics[$0.topic]?.partitions.contains($0.partition) != true }
  }

  private mutating func begin(
    _ partitions: [TopicPartition], from start: Start, timeoutMilliseconds: Int
  ) throws(KafkaError) {
    // Absolute offsets, asked for now: a logical end would be looked up some time later and pass over what is written
    // in between, and the look-up waits for half a second where it comes before the partition's leader is known.
    let offsets = try offsets(at: start, of: partitions, timeoutMilliseconds: timeoutMilliseconds)
    for partition in partitions {
      try begin(partition, at: offsets[partition] ?? Int64(RD_KAFKA_OFFSET_BEGINNING))
    }
  }

  private mutating func begin(_ partition: TopicPartition, at offset: Int64) throws(KafkaError) {
    if topics[partition.topic] == nil {
      guard let pointer = unsafe rd_kafka_topic_new(client, partition.topic, nil) else {
        throw KafkaError(code: rd_kafka_last_error(), topic: partition.topic)
      }
      unsafe topics[partition.topic] = Handle(pointer: pointer, partitions: [])
    }
    guard let handle = topics[partition.topic] else { return }
    guard unsafe rd_kafka_consume_start_queue(handle.pointer, partition.partition, offset, queue) == 0 else {
      throw KafkaError(code: rd_kafka_last_error(), topic: partition.topic, partition: partition.partition)
    }
    topics[partition.topic]?.partitions.insert(partition.partition)
  }

  private mutating func scheduleRefresh() {
    // Once every name is found and there is no pattern, only partitions can be added, which is rare.
    let isComplete = patterns.isEmpty && names.allSatisfy { topics[$0] != nil }
    nextRefresh = .now + (isComplete ? max(refreshInterval, .seconds(30)) : refreshInterval)
  }

  // MARK: Reading

  /// Waits up to `timeoutMilliseconds` for something, then lends up to `maxRecords` records that are there.
  ///
  /// Throws a fatal error, or a partition's lasting one (not authorised, topic deleted); the rest comes in `events`.
  public mutating func poll(
    timeoutMilliseconds: Int, maxRecords: Int = 1000, _ body: (borrowing ConsumedRecord) -> Void
  ) throws(KafkaError) -> PollResult {
    if ContinuousClock.now >= nextRefresh {
      // What fails here is tried again at the next turn: the partitions are then still missing.
      if let added = try? discover(timeoutMilliseconds: 1000), !added.isEmpty {
        try? begin(added, from: .beginning, timeoutMilliseconds: 1000)
      }
      scheduleRefresh()
    }
    var result = PollResult()
    var wait = Int32(clamping: timeoutMilliseconds)
    // Every event counts towards the bound, so that a storm of log lines ends as well.
    for _ in 0..<maxRecords {
      guard let event = unsafe rd_kafka_queue_poll(queue, wait) else { break }
      wait = 0
      defer { unsafe rd_kafka_event_destroy(event) }
      if unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH {
        while let message = unsafe rd_kafka_event_message_next(event) {
          result.recordCount += 1
          let record = unsafe ConsumedRecord(message)
          body(record)
        }
        continue
      }
      if unsafe rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
        if try unsafe takeError(event, into: &result) { continue }
      }
      if let other = unsafe ClientEvent(event, client: client) { result.events.append(other) }
    }
    return result
  }

  /// True when the event was an end of a partition.
  private func takeError(_ event: OpaquePointer, into result: inout PollResult) throws(KafkaError) -> Bool {
    let code = unsafe rd_kafka_event_error(event)
    guard let place = unsafe rd_kafka_event_topic_partition(event) else { return false }
    defer { unsafe rd_kafka_topic_partition_destroy(place) }
    let partition = unsafe TopicPartition(
      topic: String(cString: place.pointee.topic), partition: place.pointee.partition)
    if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
      result.ends.append((partition, unsafe place.pointee.offset))
      return true
    }
    let text = unsafe String(cString: rd_kafka_event_error_string(event))
    let error = KafkaError(code: code, text: text, topic: partition.topic, partition: partition.partition)
    if error.kind == .notAuthorized || error.kind == .unknownTopic { throw error }
    result.events.append(.error(error))
    return true
  }

  /// Lends every record of a topic from its beginning to the end it has now, partition by partition in order, between
  /// partitions in any order. Returns how many; a topic that does not exist has none.
  @discardableResult
  public static func readToEnd(
    topic: String, properties: [(name: String, value: String)], timeoutMilliseconds: Int = 30_000,
    _ body: (borrowing ConsumedRecord) -> Void
  ) throws(KafkaError) -> Int {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    var consumer = try KafkaConsumer(properties: properties)
    try consumer.assign([topic], from: .beginning, timeoutMilliseconds: timeoutMilliseconds)
    let offsets = try consumer.endOffsets(
      of: consumer.assigned, timeoutMilliseconds: ContinuousClock.now.duration(to: deadline).milliseconds)
    var ends = ReadingEnds(open: offsets.filter { $0.value > 0 })
    var count = 0
    while !ends.areReached {
      guard ContinuousClock.now < deadline else {
        throw KafkaError(
          code: RD_KAFKA_RESP_ERR__TIMED_OUT, text: "the end was not reached in \(timeoutMilliseconds) ms",
          topic: topic)
      }
      let result = try consumer.poll(timeoutMilliseconds: 100) { record in
        guard ends.takes(record.offset, of: TopicPartition(topic: topic, partition: record.partition)) else { return }
        count += 1
        body(record)
      }
      for (place, offset) in result.ends { ends.partitionEnded(place, at: offset) }
      for case .error(let error) in result.events where error.isFatal || error.kind == .authentication { throw error }
    }
    return count
  }

  /// Where the topic's partitions end, with what is not committed yet.
  static func endOffsets(
    topic: String, properties: [(name: String, value: String)], timeoutMilliseconds: Int
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    let consumer = try KafkaConsumer(properties: properties + [(name: "isolation.level", value: "read_uncommitted")])
    let partitions = try consumer.partitions(timeoutMilliseconds: timeoutMilliseconds) { $0 == topic }
    return try consumer.endOffsets(of: partitions, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Reads topics from their beginning, or the given offsets, up to the given ends. Other partitions are not read. Records of
  /// one partition come in order. Throws when nothing has come for `idleTimeoutMilliseconds` before the ends are reached.
  public static func read(
    from starts: [TopicPartition: Int64] = [:], to ends: [TopicPartition: Int64],
    properties: [(name: String, value: String)], idleTimeoutMilliseconds: Int = 60_000,
    isStopped: () -> Bool = { false }, _ body: (borrowing ConsumedRecord, TopicPartition) -> Void
  ) throws(KafkaError) {
    var ends = ReadingEnds(open: ends.filter { $0.value > starts[$0.key] ?? 0 })
    if ends.areReached { return }
    // What is fetched ahead of a slow reader is memory too.
    var consumer = try KafkaConsumer(
      properties: [(name: "queued.max.messages.kbytes", value: "4096")] + properties)
    for place in ends.open.keys where starts[place] != nil { try consumer.begin(place, at: starts[place] ?? 0) }
    try consumer.begin(
      ends.open.keys.filter { starts[$0] == nil }, from: .beginning,
      timeoutMilliseconds: min(idleTimeoutMilliseconds, 10_000))
    // It looks for no more.
    consumer.nextRefresh = .now + .seconds(1_000_000_000)
    var lastRecordAt = ContinuousClock.now
    while !ends.areReached, !isStopped() {
      let result = try consumer.poll(timeoutMilliseconds: 100) { record in
        let place = TopicPartition(topic: record.topic, partition: record.partition)
        if ends.takes(record.offset, of: place) { body(record, place) }
      }
      for (place, offset) in result.ends { ends.partitionEnded(place, at: offset) }
      for case .error(let error) in result.events where error.isFatal || error.kind == .authentication { throw error }
      if result.recordCount > 0 || !result.ends.isEmpty { lastRecordAt = .now }
      guard ContinuousClock.now - lastRecordAt < .milliseconds(idleTimeoutMilliseconds) else {
        throw KafkaError(
          code: RD_KAFKA_RESP_ERR__TIMED_OUT, text: "nothing has come for \(idleTimeoutMilliseconds) ms",
          topic: ends.open.keys.first?.topic)
      }
    }
  }

  /// All partitions of the topics that `isWanted` takes, read or not.
  public func partitions(
    timeoutMilliseconds: Int, where isWanted: (String) -> Bool
  ) throws(KafkaError) -> [TopicPartition] {
    unsafe try listPartitions(client: client, timeoutMilliseconds: timeoutMilliseconds, where: isWanted)
  }

  /// The offset after the newest readable record of each partition.
  public func endOffsets(
    of partitions: [TopicPartition], timeoutMilliseconds: Int
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    try offsets(at: .end, of: partitions, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// The offset of the oldest record that is kept of each partition.
  public func beginningOffsets(
    of partitions: [TopicPartition], timeoutMilliseconds: Int
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    try offsets(at: .beginning, of: partitions, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// A broker that has not heard yet that it leads a partition says so: for a moment after the topic was created, or the
  /// leader changed. librdkafka 2.0.2 passes that on.
  private func offsets(
    at place: Start, of partitions: [TopicPartition], timeoutMilliseconds: Int
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    while true {
      let left = max(ContinuousClock.now.duration(to: deadline).milliseconds, 1)
      do throws(KafkaError) {
        return try offsetsNow(at: place, of: partitions, timeoutMilliseconds: left)
      } catch {
        guard error.isRetriable, error.kind != .timedOut, left > KafkaConsumer.retryMilliseconds else { throw error }
      }
      usleep(UInt32(KafkaConsumer.retryMilliseconds * 1_000))
      // Asks for the leaders again.
      let topics = Set(partitions.map(\.topic))
      _ = unsafe try listPartitions(client: client, timeoutMilliseconds: left, where: topics.contains)
    }
  }

  private func offsetsNow(
    at place: Start, of partitions: [TopicPartition], timeoutMilliseconds: Int
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    if partitions.isEmpty { return [:] }
    // As "timestamp" these ask for the ends: LATEST and EARLIEST of the ListOffsets request.
    let end = Int64(place == .end ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING)
    let list = OffsetList(partitions.map { ($0, end) })
    let code = unsafe rd_kafka_offsets_for_times(client, list.pointer, Int32(clamping: timeoutMilliseconds))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code: code) }
    return try list.offsets()
  }
}
