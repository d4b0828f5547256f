import Foundation
import PostgresSource
import Testing

@testable import RelayRuntime

/// Publications that are altered while no relay runs, with rows in the slot from before and after: each connector of a shared
/// slot gets what a slot of its own would give it.
@Suite(.serialized) struct AlteredWhileDownTests {
  struct Alteration: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Before the relays run for the first time.
    var prepare = ""
    /// Between rows of all tables, while none runs.
    let alter: String
    /// Which shared connector has a record with this key that the catalogue of afterwards would not give it, or has none.
    let topic: String
    let connector: Int
    let keys: [Int]
  }

  private static let alterations = [
    Alteration(
      testDescription: "a table joins", alter: "ALTER PUBLICATION pub_b ADD TABLE only_a", topic: "public.only_a",
      connector: 1, keys: [2, 3]),
    Alteration(
      testDescription: "a table leaves", alter: "ALTER PUBLICATION pub_b DROP TABLE common", topic: "public.common",
      connector: 1, keys: [0, 1]),
    Alteration(
      testDescription: "operations change", alter: "ALTER PUBLICATION pub_b SET (publish = 'delete')",
      topic: "public.common", connector: 1, keys: [0, 1]),
    Alteration(
      testDescription: "all tables",
      alter: "DROP PUBLICATION pub_c; CREATE PUBLICATION pub_c FOR ALL TABLES WITH (publish = 'insert')",
      topic: "public.only_a", connector: 2, keys: [2, 3]),
    Alteration(
      testDescription: "a schema joins", alter: "ALTER PUBLICATION pub_c ADD TABLES IN SCHEMA other",
      topic: "other.listed", connector: 2, keys: [2, 3]),
    Alteration(
      testDescription: "a table moves out of a schema", prepare: "ALTER PUBLICATION pub_c ADD TABLES IN SCHEMA other",
      alter: "ALTER TABLE other.listed SET SCHEMA public", topic: "other.listed", connector: 2, keys: [0, 1]),
    Alteration(
      testDescription: "a partition is attached",
      alter: "ALTER TABLE measure ATTACH PARTITION part_b FOR VALUES FROM (0) TO (100)", topic: "public.part_b",
      connector: 0, keys: [2, 3]),
    // Nothing is left of it in the catalogue but the server's counts.
    Alteration(
      testDescription: "a table joins and leaves",
      alter: """
        ALTER PUBLICATION pub_b ADD TABLE only_a; INSERT INTO only_a VALUES (50, 'between');
        ALTER PUBLICATION pub_b DROP TABLE only_a
        """, topic: "public.only_a", connector: 1, keys: [50]),
  ]

  private static func insert(_ rig: SharedSlotRig, _ key: Int, listed: String = "other.listed") throws {
    // Tables that only one publication has, and one that is everybody's: each a transaction of its own.
    for table in ["only_a", "only_b", "common", "part_b", listed] {
      try rig.sql("INSERT INTO \(table) VALUES (\(key), 'v')")
    }
  }

  private static func prepare(_ sql: String = "") throws -> SharedSlotRig {
    let rig = try SharedSlotRig()
    try rig.sql(
      """
      CREATE SCHEMA other; CREATE TABLE other.listed (id int PRIMARY KEY, v text);
      CREATE TABLE measure (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE part_b (id int PRIMARY KEY, v text);
      ALTER PUBLICATION pub_a ADD TABLE measure, other.listed; ALTER PUBLICATION pub_b ADD TABLE part_b;
      \(sql)
      """)
    return rig
  }

  private static let oneAfterAnother = "its connectors read one after another"

  @Test(arguments: alterations)
  func rowsComeAsFromSlotsOfTheirOwn(_ alteration: Alteration) throws {
    let rig = try Self.prepare(alteration.prepare)
    let pair = SharedSlotPair(rig: rig)
    try pair.run { _ in try Self.insert(rig, 0) }
    try Self.insert(rig, 1)
    try rig.sql(alteration.alter)
    let listed = try rig.value("SELECT oid::regclass FROM pg_class WHERE relname = 'listed'") ?? ""
    try Self.insert(rig, 2, listed: listed)
    let log = LogLines()
    try pair.run(log: log) { _ in
      try pair.confirmAll()
      try Self.insert(rig, 3, listed: listed)
    }
    #expect(log.count(Self.oneAfterAnother) == 1)
    try pair.compare()
    let found = try pair.records("shared-\(alteration.connector)").keys.filter { $0.hasPrefix(alteration.topic + " ") }
    #expect(Set(found) == Set(alteration.keys.map { "\(alteration.topic) {\"id\":\($0)}" }))
    // It is known now.
    let later = LogLines()
    try pair.run(log: later) { _ in try rig.sql("INSERT INTO common VALUES (90, 'later')") }
    #expect(later.count(Self.oneAfterAnother) == 0)
    #expect(later.count("is read for 3 connectors") == 1)
    try pair.compare()
  }

  /// It commits when all have been read together for long; also where another start is in between, which finds nothing altered.
  @Test(arguments: [false, true])
  func rowsOfATransactionThatWasOpenMeanwhileComeAsFromSlotsOfTheirOwn(startsTwice: Bool) throws {
    let rig = try Self.prepare()
    let pair = SharedSlotPair(rig: rig)
    try pair.run { _ in try Self.insert(rig, 0) }
    let open = try PostgresConnection(rig.postgres.socketSettings())
    try open.execute("BEGIN; INSERT INTO common VALUES (1, 'open')")
    try rig.sql("ALTER PUBLICATION pub_b DROP TABLE common")
    if startsTwice { try pair.run { _ in try Self.insert(rig, 2) } }
    let log = LogLines()
    try pair.run(log: log) { _ in
      try rig.wait("all are read together") { log.count("is read for 3 connectors") == 1 }
      #expect(log.count(Self.oneAfterAnother) == (startsTwice ? 0 : 1))
      try open.execute("COMMIT")
    }
    try pair.compare()
    #expect(try pair.records("shared-1")[#"public.common {"id":1}"#]?.count == 1)
  }

  /// A first start knows them from before its slot was made.
  @Test func unalteredPublicationsAreReadTogetherAtOnce() throws {
    let rig = try Self.prepare()
    for policy in [SnapshotPolicy.noData, .initial] {
      let name = policy == .initial ? "initial" : "nodata"
      for round in 0..<2 {
        let log = LogLines()
        let service = try rig.start(rig.plans(name, isShared: true, policy: policy), log: log)
        try rig.wait("all stream") { service.connectors.allSatisfy { $0.status.current.state == .running } }
        try rig.sql("INSERT INTO common VALUES (\(policy == .initial ? 10 + round : round), 'c')")
        try rig.waitUntilConfirmed("\(name)_slot")
        service.stop()
        #expect(service.waitForAll().allSatisfy { $0.failure == nil })
        #expect(log.count(Self.oneAfterAnother) == 0, "\(name), start \(round + 1)")
        try rig.sql("INSERT INTO common VALUES (\(policy == .initial ? 30 + round : 20 + round), 'while down')")
      }
    }
  }

  /// What the stream tells of while it runs is stored, so that the next start has nothing to find.
  @Test func publicationAlteredWhileTheRelayRunsIsKnownAtTheNextStart() throws {
    let rig = try Self.prepare()
    let plans = rig.plans("live", isShared: true)
    let first = try rig.start(plans)
    try rig.wait("all stream") { first.connectors.allSatisfy { $0.status.current.state == .running } }
    func stored() throws -> Set<Substring> {
      let records = try plans.indices.map { index in
        try String(contentsOfFile: rig.postgres.directory + "/offsets-live-\(index)", encoding: .utf8)
      }
      return Set(records.compactMap { $0.firstMatch(of: /"publications":"([0-9a-f]+)@/)?.1 })
    }
    try Self.insert(rig, 0)
    try rig.wait("the records say how they stand") { try stored().count == 1 }
    let before = try stored()
    // A new partition is nobody's that was another's before: the stream goes on.
    try rig.sql("CREATE TABLE part_1 PARTITION OF measure FOR VALUES FROM (1000) TO (2000)")
    try rig.sql("INSERT INTO measure VALUES (1001, 'v')")
    try rig.wait("the records follow", seconds: 30) {
      try rig.sql("INSERT INTO common SELECT max(id) + 1 FROM common")
      usleep(500_000)
      let now = try stored()
      return now.count == 1 && now != before
    }
    first.stop()
    #expect(first.waitForAll().allSatisfy { $0.failure == nil })
    try rig.sql("INSERT INTO common VALUES (5000, 'while down')")
    let log = LogLines()
    let second = try rig.start(plans, log: log)
    try rig.wait("all stream") { second.connectors.allSatisfy { $0.status.current.state == .running } }
    try rig.waitUntilConfirmed("live_slot")
    second.stop()
    #expect(second.waitForAll().allSatisfy { $0.failure == nil })
    #expect(log.count(Self.oneAfterAnother) == 0)
  }
}
