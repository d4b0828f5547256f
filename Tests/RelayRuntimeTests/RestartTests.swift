import ConnectData
import EmbeddedServers
import EventEncoding
import EventRouting
import Glibc
import PostgresSource
import Primitives
import Testing

@testable import RelayRuntime

/// The reference can lose changes on a restart: it leaves out what is at or below the LSN of the last row it sent, and a
/// commit's end may be the LSN of the next transaction's first row. Here interleaved transactions are streamed from a real
/// server, and the relay dies after each of their records in turn.
@Suite(.serialized) struct RestartTests {
  /// What reached Kafka over all lives, by key.
  private final class Topic {
    var ids: [Int] = []
  }

  /// Acknowledges at once, and takes no more than so many records.
  private struct CuttingSink: EventSink, ~Copyable {
    let topic: Topic
    var left: Int
    private var acknowledged: [UInt64] = []

    init(_ topic: Topic, taking count: Int) {
      self.topic = topic
      left = count
    }

    mutating func addTopic(_ name: String) throws(SinkError) -> Int { 0 }

    mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued {
      if left == 0 { return .queueFull }
      left -= 1
      var id = 0
      for index in record.key ?? 0..<0 {
        let byte = record.bytes.bytes.byte(at: index)
        if (0x30...0x39).contains(byte) { id = id * 10 + Int(byte) - 0x30 }
      }
      topic.ids.append(id)
      acknowledged.append(ticket)
      return .accepted
    }

    mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
      for ticket in acknowledged { body(ticket, .acknowledged) }
      acknowledged.removeAll()
    }
  }

  /// Written at once, and outlives the relay.
  private final class Record {
    var position: StreamPosition
    init(_ position: StreamPosition) { self.position = position }
  }

  private struct RecordStore: PositionStore, ~Copyable {
    let record: Record
    private var isWritten = false

    init(_ record: Record) { self.record = record }

    mutating func begin(_ position: StreamPosition) {
      record.position = position
      isWritten = true
    }

    mutating func poll() -> PositionStoreOutcome {
      defer { isWritten = false }
      return isWritten ? .stored : .pending
    }
  }

  /// One life: streams from the record's position until so many records were taken and what they allow is confirmed, or
  /// until nothing has come for a while. Then it is gone without a word.
  private func live(
    _ postgres: EmbeddedPostgres, slot: String, _ record: Record, _ topic: Topic, taking count: Int
  ) throws {
    let settings = postgres.socketSettings()
    var source = PostgresReplicationSource(
      try ReplicationConnection(settings), catalog: try PostgresConnection(reading: settings))
    // The server may take a moment to see that the last life is over.
    for attempt in 0... {
      do {
        try source.start(
          slot: slot, at: record.position.acknowledged,
          options: [(name: "proto_version", value: "1"), (name: "publication_names", value: "p")])
        break
      } catch {
        if attempt == 200 { throw error }
        usleep(10_000)
      }
    }
    let options = PipelineOptions(
      topics: TopicName(prefix: "p"), database: "postgres", values: ValueOptions(),
      keyConverter: .json(schemasEnabled: false, JSONOptions()),
      valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
      columnFilter: try ColumnFilter(), transforms: [], runID: "r")
    var limits = RelayLimits()
    limits.storeIntervalMilliseconds = 0
    limits.idleAdvanceIntervalMilliseconds = 0
    limits.statusIntervalMilliseconds = 1
    var loop = RelayLoop(
      source: source, sink: CuttingSink(topic, taking: count), store: RecordStore(record),
      pipeline: EventPipeline(options, lastCommit: record.position.lastCommit), position: record.position,
      limits: limits)
    var seen = topic.ids.count
    var quiet = 0
    while quiet < (loop.sink.left == 0 ? 100 : 250) {
      _ = try loop.turn(RelayClock.now())
      usleep(1_000)
      quiet = topic.ids.count == seen ? quiet + 1 : 0
      seen = topic.ids.count
    }
  }

  /// Ids in the order of their commits.
  private func writeInterleaved(_ postgres: EmbeddedPostgres) throws -> [Int] {
    let a = try PostgresConnection(postgres.socketSettings())
    let b = try PostgresConnection(postgres.socketSettings())
    let c = try PostgresConnection(postgres.socketSettings())
    try a.execute("BEGIN")
    try a.execute("INSERT INTO t VALUES (1)")
    try b.execute("BEGIN")
    try b.execute("INSERT INTO t VALUES (2)")
    try a.execute("INSERT INTO t VALUES (3)")
    try a.execute("COMMIT")
    try c.execute("INSERT INTO t VALUES (4)")
    try b.execute("INSERT INTO t VALUES (5)")
    try a.execute("BEGIN")
    try a.execute("INSERT INTO t VALUES (6)")
    try b.execute("COMMIT")
    try a.execute("COMMIT")
    for id in 7...9 { try c.execute("INSERT INTO t VALUES (\(id))") }
    return [1, 3, 4, 2, 5, 6, 7, 8, 9]
  }

  @Test func nothingIsLostWhicheverRecordIsTheLastBeforeARestart() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    try connection.execute("CREATE PUBLICATION p FOR TABLE t")
    try connection.execute("SELECT pg_create_logical_replication_slot('base', 'pgoutput')")
    let committed = try writeInterleaved(postgres)
    for cut in 1...committed.count {
      let slot = "cut_\(cut)"
      try connection.execute("SELECT pg_copy_logical_replication_slot('base', '\(slot)')")
      let found = try #require(try ReplicationSlot.find(slot, on: connection)?.confirmedFlush)
      let record = Record(StreamPosition(acknowledged: found, lastCommit: nil))
      let topic = Topic()
      try live(postgres, slot: slot, record, topic, taking: cut)
      #expect(topic.ids == Array(committed.prefix(cut)))
      // Whole transactions only: what the first life had sent of an open one comes again.
      let before = topic.ids.count
      try live(postgres, slot: slot, record, topic, taking: .max)
      let again = topic.ids[before...]
      #expect(Set(topic.ids) == Set(committed), "cut after \(cut): \(topic.ids)")
      #expect(Array(again) == Array(committed.suffix(again.count)), "cut after \(cut): \(topic.ids)")
    }
  }

  @Test func nothingIsLostByRestartsWithoutEnd() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    try connection.execute("CREATE PUBLICATION p FOR TABLE t")
    try connection.execute("SELECT pg_create_logical_replication_slot('base', 'pgoutput')")
    let found = try #require(try ReplicationSlot.find("base", on: connection)?.confirmedFlush)
    let committed = try writeInterleaved(postgres)
    let record = Record(StreamPosition(acknowledged: found, lastCommit: nil))
    let topic = Topic()
    // Two records are the largest transaction: each life brings one to its end.
    for _ in 0..<committed.count { try live(postgres, slot: "base", record, topic, taking: 2) }
    #expect(Set(topic.ids) == Set(committed), "\(topic.ids)")
  }
}
