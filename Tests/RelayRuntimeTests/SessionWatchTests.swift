import ConnectData
import EmbeddedServers
import EventEncoding
import EventRouting
import Glibc
import Logging
import PostgresSource
import Primitives
import Synchronization
import Testing

@testable import RelayRuntime

/// An answer that takes long, of a server that takes its time or is not there any more.
@Suite(.serialized) struct SessionWatchTests {
  private func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  @Test func answerOfALivingServerIsWaitedFor() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let settings = postgres.socketSettings()
    let watch = SessionWatch(settings, silenceMaxMilliseconds: 100) { false }
    let connection = try PostgresConnection(settings, watch: watch)
    #expect(try connection.query("SELECT 7 FROM pg_sleep(1)").firstValue == "7")
    // Rows, too, that are long in coming.
    var copy = try CopyOutReader("COPY (SELECT 7 FROM pg_sleep(1)) TO STDOUT", on: connection)
    var (rows, isWaiting) = (0, false)
    while try copy.next(timeoutMilliseconds: 50, isWaiting: &isWaiting, { _ in rows += 1 }) || isWaiting {}
    #expect(rows == 1)
  }

  @Test func statementEndsWhereTheServerHasNotTheSessionAnyMore() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let proxy = try ForsakingProxy(to: postgres.port)
    defer { proxy.stop() }
    let settings = postgres.tcpSettings().merging(["port": String(proxy.port)])
    let connection = try PostgresConnection(
      settings, watch: SessionWatch(settings, silenceMaxMilliseconds: 300) { false })
    let direct = try PostgresConnection(postgres.socketSettings())
    let pid = try #require(try connection.query("SELECT pg_backend_pid()").firstValue)
    proxy.forsake()
    while try !direct.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").rows.isEmpty { usleep(10_000) }
    var failure: PostgresError?
    let took = seconds {
      do throws(PostgresError) { try connection.execute("SELECT pg_sleep(60)") } catch { failure = error }
    }
    #expect(failure?.message.contains("the server has no session \(pid) any more") == true, "\(failure as Any)")
    #expect(failure?.kind == .connection)
    #expect(took < 10)
    #expect(!connection.isConnected || (try? connection.execute("SELECT 1")) == nil, "it is of no use any more")
  }

  @Test func stopDoesNotWaitForAnAnswer() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let connection = try PostgresConnection(
      postgres.socketSettings(), watch: SessionWatch(postgres.socketSettings()) { true })
    var failure: PostgresError?
    let took = seconds {
      do throws(PostgresError) { try connection.execute("SELECT pg_sleep(60)") } catch { failure = error }
    }
    #expect(failure?.message.contains("for the stop") == true, "\(failure as Any)")
    #expect(took < 5)
  }

  // MARK: A relay's first snapshot

  private func plan(_ postgres: EmbeddedPostgres, port: UInt16, kafka: String) -> ConnectorPlan {
    var plan = ConnectorPlan(
      name: "c", database: postgres.tcpSettings().merging(["port": String(port)]), databaseName: "postgres",
      slot: "watched_slot", publication: "watched", publicationMode: .filtered,
      snapshot: SnapshotPlan(policy: .initial), producerProperties: [(name: "bootstrap.servers", value: kafka)],
      clientProperties: [(name: "bootstrap.servers", value: kafka)], storage: .file(postgres.directory + "/offsets"),
      makePipelineOptions: { runID in
        PipelineOptions(
          topics: TopicName(prefix: "p"), database: "postgres", values: ValueOptions(),
          keyConverter: .json(schemasEnabled: false, JSONOptions()),
          valueConverter: .json(schemasEnabled: false, JSONOptions()),
          filter: try TableFilter(tableIncludeList: ["public.t"]), columnFilter: try ColumnFilter(), transforms: [],
          runID: runID)
      })
    plan.snapshot.selectOverrides = ["public.t": "SELECT t.* FROM public.t, pg_advisory_xact_lock_shared(42)"]
    plan.silenceMaxMilliseconds = 500
    plan.reconnectWaitMaxMilliseconds = 200
    return plan
  }

  private func start(_ plan: ConnectorPlan) throws -> RelayService {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = try #require(RelayService(plans: [plan], logger: logger))
    service.start()
    return service
  }

  private func comes(within limit: Duration = .seconds(15), _ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if try condition() { return true }
      usleep(10_000)
    }
    return false
  }

  /// The snapshot's COPY waits for a lock, which `holdLock` has given to another session.
  private func waits(_ connection: borrowing PostgresConnection) throws -> Bool {
    try !connection.query("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'").rows.isEmpty
  }

  private func holdLock(_ owner: borrowing PostgresConnection) throws {
    try owner.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)")
    try owner.execute("SELECT pg_advisory_lock(42)")
  }

  @Test func snapshotBeginsAnewWhereItsSessionHasEndedUnseen() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    let proxy = try ForsakingProxy(to: postgres.port)
    defer { proxy.stop() }
    let reader = try PostgresConnection(postgres.socketSettings())
    let owner = try PostgresConnection(postgres.socketSettings())
    try holdLock(owner)
    let relay = try start(plan(postgres, port: proxy.port, kafka: kafka.bootstrapServers))
    #expect(try comes { try waits(reader) })
    proxy.forsake()
    // Who waits for a lock does not see that its client has gone.
    try owner.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
    #expect(comes { relay.connectors[0].status.current.reconnects > 0 })
    try owner.execute("SELECT pg_advisory_unlock(42)")
    #expect(comes { relay.connectors[0].status.current.state == .running })
    #expect(comes { relay.connectors[0].status.current.recordsAcknowledged >= 10 })
    relay.stop()
    #expect(relay.waitForAll().first?.failure == nil)
  }

  @Test func stopIsQuickWhileASnapshotWaitsForALock() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    let owner = try PostgresConnection(postgres.socketSettings())
    let reader = try PostgresConnection(postgres.socketSettings())
    try holdLock(owner)
    let relay = try start(plan(postgres, port: postgres.port, kafka: kafka.bootstrapServers))
    #expect(try comes { try waits(reader) })
    let (failure, seconds) = stops(relay)
    #expect(failure == nil && seconds < 5)
  }

  private func stops(_ relay: RelayService) -> (failure: ConnectorFailure?, seconds: Double) {
    var failure: ConnectorFailure?
    let took = seconds {
      relay.stop()
      failure = relay.waitForAll().first?.failure
    }
    return (failure, took)
  }

  /// What the stop has to do is done all the same, though a statement of the snapshot was given up for it.
  @Test func stopInsideASnapshotsStatementStillDropsTheSlot() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    let owner = try PostgresConnection(postgres.socketSettings())
    let reader = try PostgresConnection(postgres.socketSettings())
    try owner.execute("CREATE TABLE t (id int PRIMARY KEY)")
    var plan = plan(postgres, port: postgres.port, kafka: kafka.bootstrapServers)
    plan.snapshot.selectOverrides = [:]
    // The table is locked between the slot's making and the first statement that needs it.
    plan.snapshot.delayMilliseconds = 2_000
    plan.dropsSlotOnStop = true
    let relay = try start(plan)
    #expect(try comes { try ReplicationSlot.find("watched_slot", on: reader) != nil })
    try owner.execute("BEGIN")
    try owner.execute("LOCK TABLE t")
    #expect(
      try comes {
        try !reader.query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 't'::regclass").rows.isEmpty
      })
    let (failure, seconds) = stops(relay)
    #expect(failure == nil && seconds < 10)
    #expect(try ReplicationSlot.find("watched_slot", on: reader) == nil)
  }

  /// The server makes a slot only once the transactions that are open have ended.
  @Test func stopWhileTheSlotIsMadeLeavesNone() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    let owner = try PostgresConnection(postgres.socketSettings())
    let reader = try PostgresConnection(postgres.socketSettings())
    try owner.execute("CREATE TABLE t (id int PRIMARY KEY)")
    try owner.execute("BEGIN")
    try owner.execute("SELECT pg_current_xact_id()")
    let relay = try start(plan(postgres, port: postgres.port, kafka: kafka.bootstrapServers))
    #expect(
      try comes {
        try !reader.query("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'").rows.isEmpty
      })
    let (failure, seconds) = stops(relay)
    #expect(failure == nil && seconds < 10)
    try owner.execute("COMMIT")
    #expect(try comes { try ReplicationSlot.find("watched_slot", on: reader) == nil })
  }
}
