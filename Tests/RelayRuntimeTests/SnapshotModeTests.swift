import ConnectData
import EmbeddedServers
import EventEncoding
import EventRouting
import Glibc
import Logging
import PostgresSource
import Primitives
import Testing

@testable import RelayRuntime

/// `snapshot.mode` against a real server and the embedded broker: what a first and a second start read.
@Suite(.serialized) struct SnapshotModeTests {
  private func plan(_ postgres: EmbeddedPostgres, _ kafka: EmbeddedKafka, _ snapshot: SnapshotPlan) -> ConnectorPlan {
    ConnectorPlan(
      name: "c", database: postgres.socketSettings(), databaseName: "postgres", slot: "mode_slot",
      publication: "mode_pub",
      publicationMode: .filtered, snapshot: snapshot,
      producerProperties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)],
      clientProperties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)],
      storage: .file(postgres.directory + "/offsets"),
      makePipelineOptions: { runID in
        PipelineOptions(
          topics: TopicName(prefix: "p"), database: "postgres", values: ValueOptions(),
          keyConverter: .json(schemasEnabled: false, JSONOptions()),
          valueConverter: .json(schemasEnabled: false, JSONOptions()),
          filter: try TableFilter(tableIncludeList: ["public.t", "public.u"]), columnFilter: try ColumnFilter(),
          transforms: [], runID: runID)
      })
  }

  /// Runs until the connector ends by itself, or streams and is stopped then. Returns the rows of its snapshot.
  private func run(
    _ plan: ConnectorPlan, log: RecordedLog = RecordedLog()
  ) throws -> (rows: UInt64, streamed: Bool, failure: ConnectorFailure?) {
    let logger = log.logger
    let service = try #require(RelayService(plans: [plan], logger: logger))
    service.start()
    let status = service.connectors[0].status
    var streamed = false
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      if service.wait(milliseconds: 10) != nil { break }
      if status.current.state == .running {
        streamed = true
        break
      }
    }
    service.stop()
    let failure = service.waitForAll().first?.failure
    return (status.current.snapshotRows, streamed, failure)
  }

  private func slots(_ connection: borrowing PostgresConnection) throws -> [String] {
    try connection.query("SELECT slot_name FROM pg_replication_slots ORDER BY 1").rows.compactMap { $0[0] }
  }

  /// The server may take a moment to see that the relay is gone.
  private func dropSlot(_ connection: borrowing PostgresConnection) throws {
    for _ in 0..<500 {
      if try ReplicationSlot.find("mode_slot", on: connection)?.activePID == nil { break }
      usleep(10_000)
    }
    try ReplicationSlot.drop("mode_slot", on: connection)
  }

  private func withServers(
    slots: Int = 20, _ body: (EmbeddedPostgres, EmbeddedKafka, borrowing PostgresConnection) throws -> Void
  ) throws {
    var options = EmbeddedPostgres.Options()
    options.maxReplicationSlots = slots
    let postgres = try EmbeddedPostgres(options)
    defer { postgres.stop() }
    let kafka = try EmbeddedKafka()
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 1000)")
    try connection.execute("CREATE TABLE u (v text); INSERT INTO u SELECT g::text FROM generate_series(1, 10) g")
    try body(postgres, kafka, connection)
  }

  @Test(arguments: [SnapshotPlan.Isolation.serializable, .readCommitted])
  func initialOnlyEndsByItselfWithoutSlotAndPublication(isolation: SnapshotPlan.Isolation) throws {
    try withServers { postgres, kafka, connection in
      var snapshot = SnapshotPlan(policy: .initialOnly)
      snapshot.isolation = isolation
      snapshot.readers = 3
      snapshot.lockTimeoutMilliseconds = 1_000
      let first = try run(plan(postgres, kafka, snapshot))
      #expect(first.rows == 1_010 && !first.streamed && first.failure == nil)
      #expect(try slots(connection).isEmpty)
      #expect(try connection.query("SELECT 1 FROM pg_publication").rows.isEmpty)
      let second = try run(plan(postgres, kafka, snapshot))
      #expect(second.rows == 0 && !second.streamed && second.failure == nil)
      // To stream now would leave out what came meanwhile.
      let streaming = try run(plan(postgres, kafka, SnapshotPlan(policy: .initial)))
      #expect(streaming.failure?.description.contains("slot mode_slot is gone") == true)
    }
  }

  @Test func alwaysReadsAgainAndLeavesNoSlotBehind() throws {
    try withServers { postgres, kafka, connection in
      let snapshot = SnapshotPlan(policy: .always)
      let first = try run(plan(postgres, kafka, snapshot))
      #expect(first.rows == 1_010 && first.streamed && first.failure == nil)
      let made = try #require(try ReplicationSlot.find("mode_slot", on: connection))
      try connection.execute("INSERT INTO t VALUES (1001)")
      let second = try run(plan(postgres, kafka, snapshot))
      #expect(second.rows == 1_011 && second.streamed && second.failure == nil)
      #expect(try slots(connection) == ["mode_slot"])
      let after = try #require(try ReplicationSlot.find("mode_slot", on: connection)?.confirmedFlush)
      #expect(after > made.confirmedFlush ?? .invalid)
    }
  }

  @Test func alwaysWithoutASecondSlotStillReadsAgain() throws {
    try withServers(slots: 1) { postgres, kafka, connection in
      let snapshot = SnapshotPlan(policy: .always)
      #expect(try run(plan(postgres, kafka, snapshot)).rows == 1_010)
      let second = try run(plan(postgres, kafka, snapshot))
      #expect(second.rows == 1_010 && second.streamed && second.failure == nil)
    }
  }

  @Test func whenNeededReadsAgainOnlyWhereSomethingIsMissing() throws {
    try withServers { postgres, kafka, connection in
      let snapshot = SnapshotPlan(policy: .whenNeeded)
      #expect(try run(plan(postgres, kafka, snapshot)).rows == 1_010)
      let second = try run(plan(postgres, kafka, snapshot))
      #expect(second.rows == 0 && second.streamed && second.failure == nil)
      try dropSlot(connection)
      try connection.execute("INSERT INTO t VALUES (1001)")
      let third = try run(plan(postgres, kafka, snapshot))
      #expect(third.rows == 1_011 && third.streamed && third.failure == nil)
      try dropSlot(connection)
      let initial = try run(plan(postgres, kafka, SnapshotPlan(policy: .initial)))
      #expect(initial.failure?.description.contains("slot mode_slot is gone") == true)
    }
  }

  /// What a signal has asked for is done, also where a new snapshot and a new slot come in between.
  @Test(arguments: [SnapshotPolicy.always, .whenNeeded])
  func anUnfinishedIncrementalSnapshotGoesOnBehindAnotherSnapshot(policy: SnapshotPolicy) throws {
    try withServers { postgres, kafka, connection in
      let plan = plan(postgres, kafka, SnapshotPlan(policy: policy))
      #expect(try run(plan).rows == 1_010)
      var store = FileStateStore(path: postgres.directory + "/offsets")
      var record = try #require(try store.load(connector: "c"))
      record.position.incremental = IncrementalContext(
        collections: [.init(table: TableID(schema: "public", name: "t"))], after: ["500"], maximum: ["1000"],
        correlationID: "asked")
      try store.store(record)
      if policy == .whenNeeded { try dropSlot(connection) }
      let log = RecordedLog()
      let second = try run(plan, log: log)
      #expect(second.rows == 1_010 && second.streamed && second.failure == nil)
      #expect(log.lines.contains("info incremental snapshot goes on with table public.t"))
    }
  }

  @Test func aLockNotHadInTimeAndAnOverrideWithoutAColumnAreErrors() throws {
    try withServers { postgres, kafka, connection in
      try connection.execute("BEGIN; LOCK TABLE u IN ACCESS EXCLUSIVE MODE")
      var snapshot = SnapshotPlan(policy: .initialOnly)
      snapshot.lockTimeoutMilliseconds = 100
      let locked = try run(plan(postgres, kafka, snapshot))
      #expect(locked.failure?.description.contains("lock timeout") == true)
      try connection.execute("ROLLBACK")
      snapshot.selectOverrides = ["public.u": "SELECT 1 AS w"]
      let wrong = try run(plan(postgres, kafka, snapshot))
      #expect(wrong.failure?.description.contains("it lacks v; the table has no w") == true)
      snapshot.selectOverrides = ["public.u": ""]
      #expect(try run(plan(postgres, kafka, snapshot)).rows == 1_000)
    }
  }

  @Test func initialStatementsRunAndDoNotChangeHowValuesAreWritten() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    var settings = postgres.socketSettings()
    settings.initialStatements = ["SET TimeZone = 'Asia/Tokyo'", "SET application_name = 'mine'"]
    let connection = try PostgresConnection(reading: settings)
    #expect(try connection.query("SHOW TimeZone").firstValue == "UTC")
    #expect(try connection.query("SHOW application_name").firstValue == "mine")
    settings.initialStatements = ["SELECT nonsense"]
    #expect(throws: PostgresError.self) { _ = try PostgresConnection(reading: settings) }
  }
}
