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

/// Which sessions at a slot are the relay's own, of those that the server tells of.
@Suite(.serialized) struct OwnSessionsTests {
  @Test func processNumberGivenAgainIsAnotherSession() {
    let own = OwnSessions()
    own.began(ServerSession(process: 7, startedAtMicroseconds: 1_000))
    own.began(ServerSession(process: 8, startedAtMicroseconds: nil))
    func holder(_ process: Int32, _ start: Int64?) -> OwnSessions.Holder {
      own.holder(among: [ServerSession(process: process, startedAtMicroseconds: start)])
    }
    #expect(own.holder(among: []) == .nobody)
    #expect(holder(7, 1_000) == .own)
    #expect(holder(7, 2_000) == .other)
    // Of another role, since its own are told.
    #expect(holder(7, nil) == .other)
    #expect(holder(9, 1_000) == .other)
    // Whose beginning was never told is known by its number alone.
    #expect(holder(8, 2_000) == .own && holder(8, nil) == .own)
    #expect(
      own.holder(among: [7, 9].map { ServerSession(process: $0, startedAtMicroseconds: 1_000) }) == .other)
  }

  private func session(_ process: Int32) -> ServerSession {
    ServerSession(process: process, startedAtMicroseconds: 5)
  }

  @Test func rightStaysOwnHoweverOftenTheStreamBegins() {
    let own = OwnSessions()
    own.began(session(1), holdsRight: true)
    for process: Int32 in 2...200 { own.began(session(process)) }
    #expect(own.holder(among: [session(1), session(200)]) == .own)
  }

  @Test func sessionThatTheServerTellsOfIsNotForgotten() {
    let own = OwnSessions()
    own.began(session(1))
    for process: Int32 in 2...200 {
      own.began(session(process))
      #expect(own.holder(among: [session(1)]) == .own)
    }
  }

  @Test func oldestSessionsAreForgotten() {
    let own = OwnSessions()
    for process in 1...100 { own.began(ServerSession(process: Int32(process), startedAtMicroseconds: 5)) }
    #expect(own.holder(among: [ServerSession(process: 100, startedAtMicroseconds: 5)]) == .own)
    #expect(own.holder(among: [ServerSession(process: 37, startedAtMicroseconds: 5)]) == .own)
    #expect(own.holder(among: [ServerSession(process: 36, startedAtMicroseconds: 5)]) == .other)
  }

  /// A session may outlive its connection, and is then asked after.
  @Test func lostConnectionKnowsItsSession() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let connection = try ReplicationConnection(postgres.socketSettings())
    let session = connection.session
    #expect(session.process > 0)
    // As the server has it, to the microsecond.
    let told = try PostgresConnection(postgres.socketSettings()).query(
      """
      SELECT 1 FROM pg_stat_activity WHERE pid = $1::int
      AND backend_start = 'epoch'::timestamptz + $2::bigint * interval '1 microsecond'
      """, [String(session.process), session.startedAtMicroseconds.map { String($0) }])
    #expect(told.rows.count == 1)
    #expect(throws: PostgresError.self) {
      try connection.command("SELECT pg_terminate_backend(pg_backend_pid())")
    }
    #expect(connection.session == session)
  }

  /// The lock's key is a hash of the name, negative or not.
  @Test func theLockIsToldOfItsSessionWhateverTheSlotIsCalled() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let asking = try ReplicationConnection(postgres.socketSettings())
    let session = try ReplicationConnection(postgres.socketSettings())
    let own = OwnSessions()
    own.began(session.session)
    own.began(asking.session)
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "it's"] {
      #expect(try own.holder(of: name, on: asking) == .nobody)
      let isLocked = try session.tryLock(slot: name)
      #expect(isLocked)
      #expect(try own.holder(of: name, on: asking) == .own, "slot \(name)")
      // The one that asks does not count.
      #expect(try own.holder(of: name, on: session) == .nobody)
      #expect(try OwnSessions().holder(of: name, on: asking) == .other)
    }
  }

  @Test func streamIsToldOfItsSession() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    try PostgresConnection(postgres.socketSettings()).execute("CREATE PUBLICATION p")
    let asking = try ReplicationConnection(postgres.socketSettings())
    let session = try ReplicationConnection(postgres.socketSettings())
    _ = try session.createSlot("s", exportsSnapshot: false)
    let own = OwnSessions()
    own.began(session.session)
    #expect(try own.holder(of: "s", on: asking) == .nobody)
    try session.startReplication(
      slot: "s", at: .invalid, options: [("proto_version", "1"), ("publication_names", "p")])
    #expect(try own.holder(of: "s", on: asking) == .own)
    #expect(try OwnSessions().holder(of: "s", on: asking) == .other)
  }

  /// A role sees when its own sessions began, and no other's unless it may.
  @Test func roleWithoutFurtherRightsKnowsItsOwnSessions() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    try PostgresConnection(postgres.socketSettings()).execute(
      "CREATE ROLE relay LOGIN REPLICATION; CREATE ROLE other LOGIN REPLICATION")
    func session(_ role: String) throws -> ReplicationConnection {
      var settings = postgres.socketSettings()
      settings["user"] = role
      return try ReplicationConnection(settings)
    }
    let asking = try session("relay")
    let mine = try session("relay")
    let others = try session("other")
    #expect(mine.session.startedAtMicroseconds != nil)
    let own = OwnSessions()
    own.began(mine.session)
    // As a restarted server gives numbers.
    own.began(ServerSession(process: others.session.process, startedAtMicroseconds: 1))
    let areLocked = try [mine.tryLock(slot: "mine"), others.tryLock(slot: "others")]
    #expect(areLocked == [true, true])
    #expect(try own.holder(of: "mine", on: asking) == .own)
    #expect(try own.holder(of: "others", on: asking) == .other)
    #expect(
      try asking.holders(ofSlot: "others") == [
        ServerSession(process: others.session.process, startedAtMicroseconds: nil)
      ])
  }

  // MARK: A relay that does not stand by

  private func plan(_ postgres: EmbeddedPostgres, kafka: String) -> ConnectorPlan {
    var plan = ConnectorPlan(
      name: "c", database: postgres.socketSettings(), databaseName: "postgres", slot: "own_slot",
      publication: "own_publication", publicationMode: .filtered, snapshot: SnapshotPlan(policy: .noData),
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
    plan.waitsForSlot = false
    return plan
  }

  private final class Run: Sendable {
    let status = ConnectorStatus(name: "c")
    let stop: StopSignal
    private let outcome = Mutex<ConnectorFailure.Kind??>(nil)

    init(_ plan: ConnectorPlan, _ sessions: OwnSessions) throws {
      stop = try #require(StopSignal())
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let silent = logger
      RelayThread.start(name: "relay") { [self] in
        var kind: ConnectorFailure.Kind?
        do throws(ConnectorFailure) {
          try ConnectorRunner(plan: plan, status: status, stop: stop, logger: silent, sessions: sessions).run()
        } catch {
          kind = error.kind
        }
        outcome.withLock { $0 = .some(kind) }
      }
    }

    func waits(for state: ConnectorStatus.State) -> Bool {
      let end = ContinuousClock.now + .seconds(15)
      while ContinuousClock.now < end {
        if status.current.state == state { return true }
        usleep(5_000)
      }
      return false
    }

    /// Of its end; `nil` where it was asked to.
    func failure() throws -> ConnectorFailure.Kind? {
      let end = ContinuousClock.now + .seconds(15)
      while ContinuousClock.now < end {
        if let outcome = outcome.withLock({ $0 }) { return outcome }
        usleep(5_000)
      }
      stop.raise(to: .now)
      return try #require(outcome.withLock { $0 }, "it has not ended")
    }
  }

  /// After a restart of the server another's session may have the number of an earlier one of ours.
  @Test func relayStopsAtAnothersSessionWithTheNumberOfItsOwn() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop(.immediate) }
    try PostgresConnection(postgres.socketSettings()).execute("CREATE TABLE t (id int PRIMARY KEY)")
    let other = try ReplicationConnection(postgres.socketSettings())
    let isLocked = try other.tryLock(slot: "own_slot")
    #expect(isLocked)
    let own = OwnSessions()
    own.began(ServerSession(process: other.session.process, startedAtMicroseconds: 1))
    let relay = try Run(plan(postgres, kafka: kafka.bootstrapServers), own)
    #expect(try relay.failure() == .slotBusy)
  }

  @Test func relayOutlastsASessionOfItsEarlierLife() throws {
    let postgres = try EmbeddedPostgres()
    let kafka = try EmbeddedKafka()
    defer { postgres.stop(.immediate) }
    try PostgresConnection(postgres.socketSettings()).execute("CREATE TABLE t (id int PRIMARY KEY)")
    let own = OwnSessions()
    let relay: Run
    do {
      let earlier = try ReplicationConnection(postgres.socketSettings())
      let isLocked = try earlier.tryLock(slot: "own_slot")
      #expect(isLocked)
      own.began(earlier.session)
      relay = try Run(plan(postgres, kafka: kafka.bootstrapServers), own)
      #expect(relay.waits(for: .reconnecting))
      _ = earlier.session
    }
    #expect(relay.waits(for: .running))
    relay.stop.raise(to: .drain)
    #expect(try relay.failure() == nil)
  }
}
