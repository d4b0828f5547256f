import Acknowledgement
import EmbeddedServers
import Glibc
import Logging
import Primitives
import Testing

@testable import RelayRuntime

/// A producer's commit while the brokers are slow to answer.
@Suite struct CommitTests {
  private let kafka: EmbeddedKafka

  init() throws {
    kafka = try EmbeddedKafka()
    try kafka.createTopic("t")
    try kafka.createTopic("states")
  }

  private func producer(timeoutMilliseconds: Int64 = 60_000) throws -> ConnectorProducer {
    var bounds = TransactionBatch.Bounds()
    bounds.timeoutMilliseconds = timeoutMilliseconds
    let producer = try uninitialized(bounds)
    try producer.initialize(timeoutMilliseconds: 30_000) { false }
    return producer
  }

  private func uninitialized(_ bounds: TransactionBatch.Bounds = TransactionBatch.Bounds()) throws -> ConnectorProducer
  {
    try ConnectorProducer(
      properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers), (name: "transactional.id", value: "c")],
      transactions: TransactionPlan(id: "c", stateTopic: "states", bounds: bounds), logger: Logger(label: "test"))
  }

  private func record(_ producer: ConnectorProducer) throws -> EncodedRecord {
    var record = EncodedRecord(minimumCapacity: 16)
    record.topic = try producer.producer.topicIndex("t")
    record.bytes.append([1])
    record.value = 0..<1
    return record
  }

  /// Up to where only EndTxn is left.
  private func beginCommit(_ producer: ConnectorProducer) throws {
    try producer.beginTransaction()
    #expect(try producer.enqueue(record(producer), ticket: 1) == .accepted)
    var state = try record(producer)
    #expect(try producer.beginCommit(&state) == .accepted)
    try waitUntil {
      try producer.collect(waitMilliseconds: 10) { _, _ in }
      return producer.producer.queuedCount == 0
    }
  }

  private func waitUntil(_ isTrue: () throws -> Bool) throws {
    for _ in 0..<3_000 { if try isTrue() { return } }
    Issue.record("not within its time")
  }

  private func commit(_ producer: ConnectorProducer) throws {
    try waitUntil {
      try producer.collect(waitMilliseconds: 0) { _, _ in }
      return try producer.pollCommit(timeoutMilliseconds: 10)
    }
  }

  /// The brokers may take the earlier call after the later one, and the later producer would be fenced.
  @Test func producerWaitsForTheCallThatAStopHasLeftBehind() throws {
    try kafka.takeDown()
    do {
      let stopped = try uninitialized()
      #expect(throws: SinkError.self) { try stopped.initialize(timeoutMilliseconds: 3_000) { true } }
    }
    let next = try uninitialized()
    // A stop ends the wait, and so does the time.
    let stop = #expect(throws: SinkError.self) { try next.initialize(timeoutMilliseconds: 30_000) { true } }
    #expect(stop?.description == "stopped while an earlier producer asked the brokers")
    let end = #expect(throws: SinkError.self) { try next.initialize(timeoutMilliseconds: 100) { false } }
    #expect(end?.description == "an earlier producer has no answer of the brokers yet")
    try kafka.bringUp()
    try next.initialize(timeoutMilliseconds: 30_000) { false }
    try beginCommit(next)
    try commit(next)
    #expect(next.transaction == .none)
  }

  @Test func commitIsWaitedForInTurnsAndTheNextTransactionFollows() throws {
    let producer = try producer()
    for _ in 0..<2 {
      try kafka.setRoundTripTime(milliseconds: 0)
      try beginCommit(producer)
      try kafka.setRoundTripTime(milliseconds: 300)
      #expect(try !producer.pollCommit(timeoutMilliseconds: 1))
      #expect(try !producer.pollCommit(timeoutMilliseconds: 1))
      try commit(producer)
      #expect(producer.transaction == .none)
    }
  }

  @Test func producerThatIsAbandonedInItsCommitKeepsNobodyWaiting() throws {
    weak var abandoned: ConnectorProducer?
    var began: ContinuousClock.Instant?
    do {
      let producer = try producer()
      abandoned = producer
      try beginCommit(producer)
      try kafka.setRoundTripTime(milliseconds: 700)
      #expect(try !producer.pollCommit(timeoutMilliseconds: 20))
      began = .now
      producer.abandon()
    }
    #expect(try ContinuousClock.now - #require(began) < .milliseconds(500))
    try kafka.setRoundTripTime(milliseconds: 0)
    let next = try producer()
    try beginCommit(next)
    try commit(next)
    try waitUntil {
      usleep(10_000)
      return abandoned == nil
    }
  }

  /// The answer that comes late must find a client that still knows what it is about.
  @Test func commitWhoseTimeIsOverIsBegunAnewAndItsAnswerDoesNoHarm() throws {
    weak var late: ConnectorProducer?
    do {
      let producer = try producer(timeoutMilliseconds: 100)
      late = producer
      try beginCommit(producer)
      try kafka.setRoundTripTime(milliseconds: 500)
      let failure = #expect(throws: SinkError.self) { try commit(producer) }
      #expect(failure?.remedy == .startOver)
      #expect(failure?.description.contains("have not answered in time") == true)
      let began = ContinuousClock.now
      producer.abandon()
      #expect(.now - began < .milliseconds(500), "nothing is there to be aborted")
      // Longer than the answer takes.
      usleep(600_000)
    }
    try waitUntil {
      usleep(10_000)
      return late == nil
    }
  }
}
