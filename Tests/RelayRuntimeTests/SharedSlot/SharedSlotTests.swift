import EmbeddedServers
import EventEncoding
import EventRouting
import Foundation
import PostgresSource
import Testing

@testable import RelayRuntime

/// Three connectors on one slot, against a real server and the embedded broker.
@Suite(.serialized) struct SharedSlotTests {
  /// Rows of each connector's tables alone and together, transactions that hold nothing for one of them, truncations of
  /// several tables, operations that one publication leaves out, messages, and a large transaction with a rolled-back part.
  private static func work(_ rig: SharedSlotRig) throws {
    try rig.sql("INSERT INTO only_a VALUES (1, 'a'), (2, 'a')")
    try rig.sql("INSERT INTO only_b VALUES (1, 'b')")
    try rig.sql("INSERT INTO nobodys VALUES (1, 'n')")
    try rig.sql(
      """
      BEGIN; INSERT INTO common VALUES (1, 'x'), (2, 'x'); UPDATE only_a SET v = 'aa' WHERE id = 1;
      UPDATE common SET v = 'y' WHERE id = 1; DELETE FROM only_b; COMMIT
      """)
    try rig.sql(
      "SELECT pg_logical_emit_message(false, 'p', 'outside'); SELECT pg_logical_emit_message(true, 'p', 'inside')")
    try rig.sql("UPDATE common SET v = 'z'; DELETE FROM common WHERE id = 2")
    try rig.sql("ALTER TABLE common ADD COLUMN more int DEFAULT 7; INSERT INTO common VALUES (3, 'm')")
    try rig.sql(
      """
      BEGIN; INSERT INTO only_a SELECT g, repeat('w', 200) FROM generate_series(100, 1100) g;
      SAVEPOINT s; INSERT INTO common SELECT g, 'gone' FROM generate_series(5000, 6000) g; ROLLBACK TO s;
      INSERT INTO common SELECT g, 'kept' FROM generate_series(100, 1100) g; COMMIT
      """)
    try rig.sql("TRUNCATE only_a, common")
    try rig.sql("BEGIN; INSERT INTO only_a VALUES (9, 'rolled back'); ROLLBACK")
    for round in 0..<30 {
      try rig.sql("INSERT INTO only_b VALUES (\(round + 10), 'l'); INSERT INTO only_a VALUES (\(round + 10), 'l')")
    }
  }

  @Test func theSameRecordsComeAsFromSlotsOfTheirOwn() throws {
    let rig = try SharedSlotRig()
    let alone = try rig.start(rig.plans("alone", isShared: false))
    let shared = try rig.start(rig.plans("shared", isShared: true))
    let services = [alone, shared]
    try rig.wait("all stream") {
      services.allSatisfy { $0.connectors.allSatisfy { $0.status.current.state == .running } }
    }
    try Self.work(rig)
    try rig.waitUntilConfirmed("shared_slot")
    for index in 0..<3 { try rig.waitUntilConfirmed("alone_slot_\(index)") }
    #expect(try rig.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'shared%'") == "1")
    for service in services {
      service.stop()
      #expect(service.waitForAll().allSatisfy { $0.failure == nil })
    }
    for index in 0..<3 {
      let expected = try rig.records("alone-\(index)")
      let found = try rig.records("shared-\(index)")
      #expect(expected.count > 10)
      let different = Set(expected.keys).union(found.keys).filter { expected[$0] != found[$0] }.sorted()
      #expect(different.isEmpty, "connector \(index): \(different.prefix(3).map { ($0, expected[$0], found[$0]) })")
    }
    // The last position was told before the end.
    let end = try rig.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'shared_slot'")
    #expect(end != nil)
  }

  /// First starts, at once and later: rows that were there come once, and everything since follows.
  @Test func eachConnectorsSnapshotMeetsTheSharedStreamWithoutAGap() throws {
    let rig = try SharedSlotRig()
    try rig.sql("INSERT INTO only_a SELECT g, 'before' FROM generate_series(1, 500) g")
    try rig.sql("INSERT INTO only_b SELECT g, 'before' FROM generate_series(1, 500) g")
    let plans = rig.plans("first", isShared: true, policy: .initial)
    let first = try rig.start([plans[0]])
    for round in 0..<20 { try rig.sql("INSERT INTO only_a VALUES (\(1000 + round), 'l')") }
    try rig.wait("the first streams") { first.connectors[0].status.current.state == .running }
    try rig.waitUntilConfirmed("first_slot")
    first.stop()
    #expect(first.waitForAll().allSatisfy { $0.failure == nil })
    // While it is away changes are made; then another joins, which must not move the slot past the first one's.
    try rig.sql("UPDATE only_a SET v = 'away' WHERE id = 1")
    let all = try rig.start(plans)
    for round in 0..<40 {
      try rig.sql("INSERT INTO only_b VALUES (\(1000 + round), 'l'); DELETE FROM only_b WHERE id = \(round + 1)")
    }
    try rig.wait("all stream") { all.connectors.allSatisfy { $0.status.current.state == .running } }
    try rig.sql("INSERT INTO common VALUES (1, 'last')")
    try rig.waitUntilConfirmed("first_slot")
    all.stop()
    #expect(all.waitForAll().allSatisfy { $0.failure == nil })
    let a = try rig.records("first-0")
    #expect(a.keys.filter { $0.hasPrefix("public.only_a") }.count == 520)
    #expect(a[#"public.only_a {"id":1}"#]?.last?.contains("away") == true)
    #expect(a[#"public.only_a {"id":2}"#]?.count == 1)
    let b = try rig.records("first-1")
    #expect(b.keys.filter { $0.hasPrefix("public.only_b") }.count >= 500)
    for id in 1...40 {
      // Deleted before its snapshot, it was never there; else its end is told.
      let last = b["public.only_b {\"id\":\(id)}"]?.last
      #expect(last == nil || last == "null", "row \(id): \(last ?? "")")
    }
    for id in 1000..<1040 { #expect(b["public.only_b {\"id\":\(id)}"] != nil, "row \(id)") }
    #expect(try rig.value("SELECT count(*) FROM pg_replication_slots") == "1")
  }

  /// A broker that one connector cannot reach: it fills its queue and stops reading. The others go on after a while, its log
  /// is kept, and once it can deliver it gets everything.
  @Test func oneThatCannotDeliverDoesNotStopTheOthers() throws {
    let rig = try SharedSlotRig()
    let other = try EmbeddedKafka()
    var plans = rig.plans("stuck", isShared: true, brokers: [nil, other.bootstrapServers, nil])
    for index in plans.indices {
      plans[index].producerProperties.append((name: "queue.buffering.max.messages", value: "50"))
    }
    let service = try rig.start(plans)
    try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    try rig.sql("INSERT INTO only_a VALUES (1, 'a'); INSERT INTO only_b VALUES (1, 'b')")
    try rig.waitUntilConfirmed("stuck_slot")
    try other.takeDown()
    for round in 0..<300 {
      try rig.sql("INSERT INTO common SELECT \(round) * 100 + g, repeat('x', 100) FROM generate_series(1, 20) g")
    }
    try rig.sql("INSERT INTO only_a VALUES (2, 'after')")
    try rig.wait("the others go on", seconds: 40) {
      service.connectors[0].status.current.recordsAcknowledged > 6_000
        && service.connectors[2].status.current.recordsAcknowledged > 6_000
    }
    // What the stuck one needs is kept.
    let kept = try rig.value(
      "SELECT pg_current_wal_lsn() - confirmed_flush_lsn > 100000 FROM pg_replication_slots WHERE slot_name = 'stuck_slot'"
    )
    #expect(kept == "t")
    #expect(service.connectors[1].status.current.recordsAcknowledged < 1_000)
    try other.bringUp()
    try rig.wait("the stuck one catches up", seconds: 60) {
      service.connectors[1].status.current.recordsAcknowledged > 6_000
    }
    try rig.waitUntilConfirmed("stuck_slot")
    service.stop()
    #expect(service.waitForAll().allSatisfy { $0.failure == nil })
  }

  @Test func oneThatFailsLeavesTheOthersGoingAndKeepsItsLog() throws {
    let rig = try SharedSlotRig()
    var plans = rig.plans("failing", isShared: true)
    plans[1].makePipelineOptions = { [make = plans[1].makePipelineOptions] runID in
      var options = try make(runID)
      // The table has not the columns of an outbox.
      let router = EventRouterOptions(
        router: RegexRouter(pattern: try JavaPattern("(.*)"), replacement: try JavaReplacement("$1")))
      options.transforms = [TransformStep(alias: "outbox", kind: .eventRouter(router), predicate: nil)]
      return options
    }
    let service = try rig.start(plans)
    try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    try rig.sql("INSERT INTO only_b VALUES (1, 'fails')")
    try rig.wait("it fails") { service.connectors[1].status.current.state == .failed }
    let before = try rig.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'failing_slot'")
    for round in 0..<50 { try rig.sql("INSERT INTO only_a VALUES (\(round), 'goes on')") }
    try rig.wait("the others go on") { service.connectors[0].status.current.transactions >= 50 }
    usleep(500_000)
    let after = try rig.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'failing_slot'")
    #expect(before == after)
    service.stop()
    #expect(service.waitForAll().filter { $0.failure != nil }.map(\.name) == ["failing-1"])
    // Mended, it goes on where it failed.
    let mended = try rig.start(rig.plans("failing", isShared: true))
    try rig.waitUntilConfirmed("failing_slot")
    mended.stop()
    #expect(mended.waitForAll().allSatisfy { $0.failure == nil })
    #expect(try rig.records("failing-1")[#"public.only_b {"id":1}"#]?.count == 1)
    #expect(try rig.records("failing-0").keys.filter { $0.hasPrefix("public.only_a") }.count == 50)
  }

  @Test func standbyTakesOverTheSharedSlot() throws {
    let rig = try SharedSlotRig()
    let first = try rig.start(rig.plans("two", isShared: true))
    try rig.wait("all stream") { first.connectors.allSatisfy { $0.status.current.state == .running } }
    let second = try rig.start(rig.plans("two", isShared: true))
    try rig.wait("all stand by") { second.connectors.allSatisfy { $0.status.current.state == .standby } }
    try rig.sql("INSERT INTO only_a VALUES (1, 'a')")
    try rig.waitUntilConfirmed("two_slot")
    first.stop()
    #expect(first.waitForAll().allSatisfy { $0.failure == nil })
    try rig.wait("the second streams", seconds: 5) {
      second.connectors.allSatisfy { $0.status.current.state == .running }
    }
    try rig.sql("INSERT INTO only_a VALUES (2, 'a')")
    try rig.waitUntilConfirmed("two_slot")
    second.stop()
    #expect(second.waitForAll().allSatisfy { $0.failure == nil })
    #expect(try rig.records("two-0").keys.filter { $0.hasPrefix("public.only_a") }.count == 2)
  }

  @Test func cutStreamComesBackForAll() throws {
    let rig = try SharedSlotRig()
    let service = try rig.start(rig.plans("cut", isShared: true))
    try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    for round in 0..<5 {
      try rig.sql("INSERT INTO only_a VALUES (\(round), 'a'); INSERT INTO only_b VALUES (\(round), 'b')")
      try rig.waitUntilConfirmed("cut_slot")
      try rig.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
      try rig.sql("INSERT INTO common VALUES (\(round), 'c')")
    }
    try rig.waitUntilConfirmed("cut_slot")
    service.stop()
    #expect(service.waitForAll().allSatisfy { $0.failure == nil })
    for index in 0..<3 {
      #expect(try rig.records("cut-\(index)").keys.filter { $0.hasPrefix("public.common") }.count == 5)
    }
  }

  /// Cut at once from the session that has the right and from the stream, the reader finds both with the server still: they
  /// are its own, so nobody stands by, nor ends where `waitsForSlot` is off.
  @Test(arguments: [
    (["lock"], ["stream"], 3), (["stream"], ["lock"], 3), (["lock", "stream"], [], 3),
    // Longer than the end of an earlier stream is waited for where nobody is known to have it.
    (["stream"], [], 12),
  ])
  func readerDoesNotTakeItsOwnSessionsForAnotherRelays(frozen: [String], cut: [String], seconds: Int) throws {
    let rig = try SharedSlotRig()
    var plans = rig.plans("own", isShared: true)
    for index in plans.indices {
      plans[index].waitsForSlot = false
      plans[index].silenceMaxMilliseconds = 1_500
      plans[index].answerMilliseconds = 300
    }
    let service = try rig.start(plans)
    try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    // All have joined: the stream does not start again.
    try rig.sql("INSERT INTO common VALUES (0, 'c')")
    try rig.waitUntilConfirmed("own_slot")
    let stream = "SELECT active_pid FROM pg_replication_slots WHERE active"
    let lock = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    let processes = try ["lock": lock, "stream": stream].mapValues {
      try #require(try rig.value($0).flatMap { pid_t($0) })
    }
    let stopped = try frozen.map { try #require(processes[$0]) }
    for process in stopped { kill(process, SIGSTOP) }
    defer { for process in stopped { kill(process, SIGCONT) } }
    for name in cut { kill(try #require(processes[name]), SIGTERM) }
    try rig.wait("all have lost it") { service.connectors.allSatisfy { $0.status.current.reconnects > 0 } }
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      let states = service.connectors.map { $0.status.current.state }
      if states.contains(.standby) || states.contains(.failed) {
        Issue.record("\(frozen): \(service.connectors.map { $0.status.current.lastError ?? "" })")
        break
      }
      usleep(10_000)
    }
    for process in stopped { kill(process, SIGCONT) }
    try rig.sql("INSERT INTO common VALUES (1, 'c')")
    try rig.waitUntilConfirmed("own_slot")
    try rig.wait("all stream again") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    service.stop()
    #expect(service.waitForAll().allSatisfy { $0.failure == nil })
    for index in 0..<3 { #expect(try rig.records("own-\(index)")[#"public.common {"id":1}"#]?.count == 1) }
  }

  /// Another relay could have the right then, while this one still reads.
  @Test func readerThatLosesTheRightWhileItReadsTakesItAgain() throws {
    let rig = try SharedSlotRig()
    let service = try rig.start(rig.plans("right", isShared: true))
    try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    try rig.sql("INSERT INTO common VALUES (0, 'c')")
    try rig.waitUntilConfirmed("right_slot")
    let lock = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    let process = try #require(try rig.value(lock).flatMap { pid_t($0) })
    kill(process, SIGTERM)
    try rig.wait("a new session has the right", seconds: 10) {
      try rig.value(lock).flatMap { pid_t($0) }.map { $0 != process } ?? false
    }
    try rig.wait("all stream again") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    for connector in service.connectors { #expect(connector.status.current.reconnects > 0) }
    try rig.sql("INSERT INTO common VALUES (1, 'c')")
    try rig.waitUntilConfirmed("right_slot")
    // It is asked again and again: what stands is left as it is.
    let reconnects = service.connectors.map { $0.status.current.reconnects }
    usleep(2_500_000)
    #expect(service.connectors.map { $0.status.current.reconnects } == reconnects)
    service.stop()
    #expect(service.waitForAll().allSatisfy { $0.failure == nil })
    for index in 0..<3 { #expect(try rig.records("right-\(index)")[#"public.common {"id":1}"#]?.count == 1) }
  }

  /// Publications that come into conflict while they are read: each connector gets what it would have alone, until the later
  /// one is refused.
  @Test(arguments: [
    (
      "ALTER PUBLICATION pub_b SET TABLE only_b, common WHERE (id > 5)",
      "different row filters for table public.common", ["7"]
    ),
    (
      "ALTER PUBLICATION pub_b SET TABLE only_b, common (id)", "different column lists for table public.common",
      ["1", "7"]
    ),
  ])
  func publicationsThatCannotBeReadTogetherAnyMoreAreRefused(sql: String, reason: String, keys: [String]) throws {
    let rig = try SharedSlotRig()
    var plans = rig.plans("later", isShared: true)
    for index in plans.indices { plans[index].reconnectsMax = 0 }
    let service = try rig.start(plans)
    try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
    try rig.sql("INSERT INTO only_b VALUES (1, 'b'); INSERT INTO common VALUES (0, 'before')")
    try rig.waitUntilConfirmed("later_slot")
    try rig.sql(sql)
    try rig.sql("INSERT INTO common VALUES (1, 'c'), (7, 'c'); INSERT INTO only_a VALUES (1, 'a')")
    try rig.wait("it is refused") { service.connectors[1].status.current.state == .failed }
    #expect(service.connectors[1].status.current.lastError?.contains(reason) == true)
    try rig.wait("the others go on") {
      [0, 2].allSatisfy { service.connectors[$0].status.current.state == .running }
    }
    try rig.sql("INSERT INTO common VALUES (2, 'c'), (8, 'c')")
    try rig.wait("the others have all") {
      try [0, 2].allSatisfy { try rig.records("later-\($0)").keys.filter { $0.hasPrefix("public.common") }.count == 5 }
    }
    let found = try rig.records("later-1").filter { $0.key.hasPrefix("public.common") }
    #expect(Set(found.keys) == Set((["0"] + keys).map { "public.common {\"id\":\($0)}" }))
    #expect(found.filter { $0.key.hasSuffix(":7}") }.values.first?.last?.contains("\"v\"") == reason.contains("row"))
    service.stop()
    #expect(service.waitForAll().filter { $0.failure != nil }.map(\.name) == ["later-1"])
    #expect(service.waitForAll().first { $0.name == "later-1" }?.failure?.kind == .configuration)
  }

  /// What pgoutput would mix up is refused, for the connector that comes later in the files.
  @Test(arguments: [
    (
      "ALTER PUBLICATION pub_b SET TABLE only_b, common WHERE (id > 5)",
      "different row filters for table public.common"
    ),
    ("ALTER PUBLICATION pub_b SET TABLE only_b, common (id)", "different column lists for table public.common"),
    ("ALTER PUBLICATION pub_b SET (publish_via_partition_root = true)", "publish_via_partition_root"),
  ])
  func publicationsThatCannotBeReadTogetherAreRefused(sql: String, reason: String) throws {
    let rig = try SharedSlotRig()
    try rig.sql(sql)
    let service = try rig.start(Array(rig.plans("refused", isShared: true)[..<2]))
    try rig.wait("it is refused") { service.connectors[1].status.current.state == .failed }
    #expect(service.connectors[1].status.current.lastError?.contains(reason) == true)
    try rig.wait("the other streams") { service.connectors[0].status.current.state == .running }
    service.stop()
    #expect(service.waitForAll().first { $0.name == "refused-1" }?.failure?.kind == .configuration)
  }
}
