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

/// Two relays of one connector at once. A relay that takes its snapshot has a slot that nobody streams from.
@Suite(.serialized) struct FaultStandbyTests {
  /// No broker answers there, so a snapshot that has begun does not end.
  private static let nobody = "127.0.0.1:9"

  private func plan(_ postgres: EmbeddedPostgres, kafka: String, waits: Bool = true) -> ConnectorPlan {
    var plan = ConnectorPlan(
      name: "c", database: postgres.socketSettings(), databaseName: "postgres", slot: "shared_slot",
      publication: "shared_publication", publicationMode: .filtered, snapshot: SnapshotPlan(policy: .initial),
      producerProperties: [(name: "bootstrap.servers", value: kafka)],
      clientProperties: [(name: "bootstrap.servers", value: kafka)], storage: .file(postgres.directory + "/offsets"),
      makePipelineOptions: { runID in
        PipelineOptions(
          topics: TopicName(prefix: "p"), database: "postgres", values: ValueOptions(),
          keyConverter: .json(schemasEnabled: false, JSONOptions()),
          valueConverter: .json(schemasEnabled: false, JSONOptions()),
          filter: try TableFilter(tableIncludeList: ["public.t"]), columnFilter: try ColumnFilter(), transforms: [],
          runID: runID)
      })
    plan.waitsForSlot = waits
    plan.slotPollMilliseconds = 50
    plan.drainMilliseconds = 1_000
    return plan
  }

  private func start(_ plan: ConnectorPlan) throws -> RelayService {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = try #require(RelayService(plans: [plan], logger: logger))
    service.start()
    return service
  }

  private func waits(
    for state: ConnectorStatus.State, of service: RelayService, milliseconds: Int = 15_000
  ) -> Bool {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while ContinuousClock.now < end {
      if service.connectors[0].status.current.state == state { return true }
      usleep(10_000)
    }
    return false
  }

  @Test func slotOfRelayThatTakesItsSnapshotIsNotReplaced() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)")

    let active = try start(plan(postgres, kafka: Self.nobody))
    #expect(waits(for: .snapshot, of: active))
    // Not `snapshot` alone: the slot's position is what a replacement would move.
    let made = try #require(try ReplicationSlot.find("shared_slot", on: connection))
    #expect(made.activePID == nil)
    try connection.execute("INSERT INTO t VALUES (11); SELECT pg_switch_wal()")

    let standby = try start(plan(postgres, kafka: Self.nobody))
    #expect(waits(for: .standby, of: standby))
    usleep(300_000)
    #expect(standby.connectors[0].status.current.state == .standby)
    #expect(active.connectors[0].status.current.state == .snapshot)
    #expect(try ReplicationSlot.find("shared_slot", on: connection) == made)

    // Without waiting it ends by itself and says that the slot is busy.
    let impatient = try start(plan(postgres, kafka: Self.nobody, waits: false))
    #expect(waits(for: .failed, of: impatient))
    impatient.stop(atOnce: true)
    #expect(impatient.waitForAll().first?.failure?.kind == .slotBusy)

    // The other's end, in whatever way, ends its session and with it the lock.
    active.stop(atOnce: true)
    _ = active.waitForAll()
    #expect(waits(for: .snapshot, of: standby, milliseconds: 3_000))
    standby.stop(atOnce: true)
    _ = standby.waitForAll()
  }

  @Test func standbyTakesOverWhenTheActiveSessionsAreCut() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)")
    let first = try start(plan(postgres, kafka: kafka.bootstrapServers))
    #expect(waits(for: .running, of: first))
    // Cut again and again, it comes back by itself each time: its own earlier session never keeps it waiting.
    for number in 1...3 {
      let reconnects = first.connectors[0].status.current.reconnects
      try connection.execute(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'shared_slot'")
      let end = ContinuousClock.now + .seconds(10)
      while first.connectors[0].status.current.reconnects == reconnects, ContinuousClock.now < end { usleep(10_000) }
      #expect(waits(for: .running, of: first), "cut \(number)")
    }
    let second = try start(plan(postgres, kafka: kafka.bootstrapServers))
    #expect(waits(for: .standby, of: second))
    first.stop()
    #expect(first.waitForAll().first?.failure == nil)
    #expect(waits(for: .running, of: second, milliseconds: 5_000))
    second.stop()
    #expect(second.waitForAll().first?.failure == nil)
  }

  /// A stream whose other end is silent and closes nothing: noticed within the time that is set, at both ends.
  @Test func silentServerIsGivenUpWithinTheTimeThatIsSet() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop(.immediate) }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    var plan = plan(postgres, kafka: kafka.bootstrapServers)
    plan.silenceMaxMilliseconds = 1_500
    let relay = try start(plan)
    #expect(waits(for: .running, of: relay))
    let process = try #require(
      try connection.query(
        "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'shared_slot'"
      ).firstValue.flatMap { pid_t($0) })
    kill(process, SIGSTOP)
    let frozenAt = ContinuousClock.now
    #expect(waits(for: .reconnecting, of: relay, milliseconds: 10_000))
    #expect(ContinuousClock.now - frozenAt < .seconds(5))
    kill(process, SIGCONT)
    #expect(waits(for: .running, of: relay))
    relay.stop()
    #expect(relay.waitForAll().first?.failure == nil)
  }

  // MARK: A server that still has the earlier session

  /// Streams, and has given the stream up because the server's process of it hangs. Returns that process.
  private func freezeStream(
    of relay: RelayService, _ connection: borrowing PostgresConnection
  ) throws -> pid_t {
    #expect(waits(for: .running, of: relay))
    let process = try #require(
      try connection.query(
        "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'shared_slot'"
      ).firstValue.flatMap { pid_t($0) })
    kill(process, SIGSTOP)
    let end = ContinuousClock.now + .seconds(10)
    var isBack = false
    while !isBack, ContinuousClock.now < end {
      usleep(10_000)
      isBack =
        try connection.query(
          "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'walsender' AND pid <> $1::int", [String(process)]
        ).rows.count == 1
    }
    #expect(isBack)
    // A standby would say so by now.
    usleep(300_000)
    return process
  }

  /// Its own session is no other relay: what is delivered and not stored yet does not come again.
  @Test(arguments: [false, true])
  func relayWaitsForItsEarlierSessionAndBeginsAnewOnlyWhereAnotherHas(anotherBegins: Bool) throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop(.immediate) }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    var plan = plan(postgres, kafka: kafka.bootstrapServers)
    plan.silenceMaxMilliseconds = 1_500
    let relay = try start(plan)
    let process = try freezeStream(of: relay, connection)
    defer { kill(process, SIGCONT) }
    #expect(relay.connectors[0].status.current.state == .reconnecting)
    var store = FileStateStore(path: postgres.directory + "/offsets")
    if anotherBegins {
      var other = try #require(try store.load(connector: "c"))
      other.relay = RelayTerm(after: other.relay)
      try store.store(other)
    }
    kill(process, SIGCONT)
    #expect(waits(for: .running, of: relay))
    #expect(try store.load(connector: "c")?.relay?.number == (anotherBegins ? 3 : 1))
    relay.stop()
    #expect(relay.waitForAll().first?.failure == nil)
  }

  @Test func stopIsNotKeptWaitingByTheEarlierSession() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop(.immediate) }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    var plan = plan(postgres, kafka: kafka.bootstrapServers)
    plan.silenceMaxMilliseconds = 1_500
    let relay = try start(plan)
    let process = try freezeStream(of: relay, connection)
    defer { kill(process, SIGCONT) }
    let stoppedAt = ContinuousClock.now
    relay.stop()
    #expect(relay.waitForAll().first?.failure == nil)
    #expect(ContinuousClock.now - stoppedAt < .seconds(5))
  }

  @Test func serverGivesUpARelayWithinTheTimeThatIsSet() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    func setting(_ silence: Int?, _ name: String) throws -> String? {
      try ReplicationConnection(postgres.tcpSettings(), silenceMaxMilliseconds: silence).command("SHOW \(name)")
        .firstValue
    }
    #expect(try setting(12_000, "wal_sender_timeout") == "12s")
    #expect(try setting(12_000, "tcp_user_timeout") == "12000")
    #expect(try setting(12_000, "tcp_keepalives_idle") == "6" && setting(12_000, "tcp_keepalives_interval") == "2")
    #expect(try setting(nil, "wal_sender_timeout") == "1min" && setting(nil, "tcp_keepalives_idle") == "10")
    let connection = try PostgresConnection(postgres.socketSettings())
    #expect(try ReplicationSlot.senderTimeoutMilliseconds(on: connection) == 60_000)
    #expect(RelayLimits.silenceMax(senderTimeoutMilliseconds: 60_000) == 45_000)
    #expect(RelayLimits.silenceMax(senderTimeoutMilliseconds: 2_000) == 5_000)
  }

  /// docs/model, rule 11: another relay may have begun, and sent an earlier part again, while this one had no slot.
  @Test func relayDoesNotGoOnFromMemoryAfterAnotherHasBegun() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    let relay = try start(plan(postgres, kafka: kafka.bootstrapServers))
    #expect(waits(for: .running, of: relay))
    var store = FileStateStore(path: postgres.directory + "/offsets")
    let mine = try #require(try store.load(connector: "c")?.relay)
    let process = try connection.query(
      "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'shared_slot' AND pg_terminate_backend(active_pid)"
    ).firstValue
    // What another leaves that began and died before it stored a position.
    var other = try #require(try store.load(connector: "c"))
    other.relay = RelayTerm(after: other.relay)
    try store.store(other)
    let end = ContinuousClock.now + .seconds(10)
    var isActive = false
    while !isActive, ContinuousClock.now < end {
      isActive =
        try connection.query(
          "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'shared_slot' AND active_pid <> $1::int", [process]
        ).rows.count == 1
    }
    // It has begun anew before it streams.
    let now = try #require(try store.load(connector: "c")?.relay)
    #expect(isActive && mine.number == 1 && now.number == 3)
    relay.stop()
    #expect(relay.waitForAll().first?.failure == nil)
  }

  @Test func orderlyStopIsNotedUntilTheNextRelayBegins() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop() }
    try PostgresConnection(postgres.socketSettings()).execute("CREATE TABLE t (id int PRIMARY KEY)")
    var store = FileStateStore(path: postgres.directory + "/offsets")
    for number in 1...2 as ClosedRange<UInt64> {
      let relay = try start(plan(postgres, kafka: kafka.bootstrapServers))
      #expect(waits(for: .running, of: relay))
      let begun = try #require(try store.load(connector: "c"))
      #expect(begun.relay?.number == number && !begun.hasEnded)
      relay.stop()
      #expect(relay.waitForAll().first?.failure == nil)
      #expect(try store.load(connector: "c")?.hasEnded == true)
    }
  }

  /// Found by `make chaos`: a half-open connection, of which the standby's side saw no end, kept it waiting for an answer for
  /// ever. It neither took over nor stopped.
  @Test func standbyWhoseServerProcessHangsConnectsAgainAndTakesOver() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop(.immediate) }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    var plan = plan(postgres, kafka: kafka.bootstrapServers)
    plan.answerMilliseconds = 300
    let active = try start(plan)
    #expect(waits(for: .running, of: active))
    let standby = try start(plan)
    #expect(waits(for: .standby, of: standby))
    let process = try #require(
      try connection.query(
        """
        SELECT pid FROM pg_stat_activity
        WHERE backend_type = 'walsender' AND pid NOT IN (SELECT active_pid FROM pg_replication_slots WHERE active)
        """
      ).firstValue.flatMap { pid_t($0) })
    kill(process, SIGSTOP)
    defer { kill(process, SIGCONT) }
    #expect(waits(for: .reconnecting, of: standby, milliseconds: 5_000))
    #expect(waits(for: .standby, of: standby, milliseconds: 5_000))
    active.stop()
    #expect(active.waitForAll().first?.failure == nil)
    #expect(waits(for: .running, of: standby, milliseconds: 5_000))
    standby.stop()
    #expect(standby.waitForAll().first?.failure == nil)
  }
}
