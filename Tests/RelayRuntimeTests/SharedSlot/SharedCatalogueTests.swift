import Foundation
import PostgresSource
import Testing

@testable import RelayRuntime

/// A shared slot whose stream is behind the catalogue: each connector gets what its publication had then.
@Suite(.serialized) struct SharedCatalogueTests {
  enum Change: CaseIterable { case drop, detach }

  /// Rows that wait in the slot while nobody reads, of tables that the catalogue shows otherwise by the time they are read:
  /// each connector gets what its publication had then, as from a slot of its own.
  @Test(arguments: Change.allCases, [true, false])
  func rowsOfTablesThatAreGoneComeAsFromSlotsOfTheirOwn(change: Change, hasAllTables: Bool) throws {
    let rig = try SharedSlotRig()
    try rig.sql(
      """
      CREATE TABLE measure (id int, v text) PARTITION BY RANGE (id);
      CREATE TABLE part_b PARTITION OF measure FOR VALUES FROM (0) TO (100);
      ALTER TABLE part_b REPLICA IDENTITY FULL;
      ALTER PUBLICATION pub_b ADD TABLE measure;
      """)
    if hasAllTables { try rig.sql("DROP PUBLICATION pub_a; CREATE PUBLICATION pub_a FOR ALL TABLES") }
    let pair = SharedSlotPair(rig: rig)
    try pair.run { _ in
      try rig.sql("INSERT INTO only_a VALUES (1, 'before'); INSERT INTO part_b VALUES (1, 'before')")
    }
    switch change {
    case .drop:
      try rig.sql(
        """
        INSERT INTO only_b VALUES (1, 'gone'); UPDATE only_b SET v = 'gone too';
        INSERT INTO nobodys VALUES (1, 'gone'); INSERT INTO common VALUES (1, 'gone');
        """)
      try rig.sql("DROP TABLE only_b, nobodys, common")
    case .detach:
      try rig.sql("INSERT INTO part_b VALUES (2, 'attached')")
      try rig.sql("ALTER TABLE measure DETACH PARTITION part_b")
    }
    try rig.sql("INSERT INTO only_a VALUES (2, 'after'); INSERT INTO part_b VALUES (3, 'after')")
    try pair.run { services in
      try rig.sql("INSERT INTO only_a VALUES (3, 'later')")
      try pair.confirmAll()
      try rig.sql("INSERT INTO only_a VALUES (4, 'together'); INSERT INTO part_b VALUES (4, 'together')")
      #expect(services[1].connectors.allSatisfy { $0.status.current.state == .running })
    }
    try pair.compare()
    switch change {
    case .drop:
      // A table that is gone has no key.
      #expect(try pair.records("shared-1")["public.only_b "]?.count == 2)
      #expect(try pair.records("shared-2")["public.common "]?.count == 1)
    case .detach: #expect(try pair.records("shared-1")["public.part_b "]?.count == 2)
    }
  }

  /// A table whose like is made and dropped all day costs nothing where each connector has all tables.
  @Test func tableThatIsGoneIsEverybodysWhereAllHaveAllTables() throws {
    let rig = try SharedSlotRig()
    for name in SharedSlotRig.publications {
      try rig.sql("DROP PUBLICATION \(name); CREATE PUBLICATION \(name) FOR ALL TABLES")
    }
    let pair = SharedSlotPair(rig: rig)
    try pair.run { _ in try rig.sql("INSERT INTO only_a VALUES (1, 'before')") }
    try rig.sql("INSERT INTO only_b VALUES (1, 'gone'); DROP TABLE only_b; INSERT INTO only_a VALUES (2, 'after')")
    try pair.run { services in
      try pair.confirmAll()
      #expect(services[1].connectors.allSatisfy { $0.status.current.reconnects == 0 })
    }
    try pair.compare()
    for index in 0..<3 { #expect(try pair.records("shared-\(index)")["public.only_b "]?.count == 1) }
  }

  /// Tables leave and join publications while the server's senders stand still: what was written before is whose it was then.
  /// Also of tables that the stream had not told of before.
  @Test(arguments: [true, false])
  func rowsBeforeAPublicationWasAlteredComeAsFromSlotsOfTheirOwn(haveBeenTold: Bool) throws {
    let rig = try SharedSlotRig()
    try rig.sql("DROP PUBLICATION pub_a; CREATE PUBLICATION pub_a FOR ALL TABLES")
    let pair = SharedSlotPair(rig: rig)
    try pair.run { _ in
      if haveBeenTold {
        try rig.sql("INSERT INTO only_b VALUES (1, 'b'); INSERT INTO common VALUES (1, 'c')")
        try rig.sql("INSERT INTO only_a VALUES (1, 'a')")
      }
      try pair.confirmAll()
      let rows = try PostgresConnection(rig.postgres.socketSettings()).query(
        "SELECT active_pid FROM pg_replication_slots WHERE active"
      ).rows
      let senders = rows.compactMap { $0[0].flatMap { pid_t($0) } }
      #expect(senders.count == 4)
      for sender in senders { kill(sender, SIGSTOP) }
      defer { for sender in senders { kill(sender, SIGCONT) } }
      try rig.sql("INSERT INTO only_b VALUES (2, 'b'); INSERT INTO common VALUES (2, 'c')")
      try rig.sql("INSERT INTO only_a VALUES (2, 'a')")
      try rig.sql("ALTER PUBLICATION pub_b DROP TABLE only_b; ALTER PUBLICATION pub_c ADD TABLE only_a")
      try rig.sql("INSERT INTO only_b VALUES (3, 'b'); INSERT INTO only_a VALUES (3, 'a')")
      try rig.sql("ALTER PUBLICATION pub_c SET (publish = 'insert, update')")
      try rig.sql("UPDATE common SET v = 'd'; INSERT INTO common VALUES (3, 'c')")
    }
    try pair.compare()
    #expect(try pair.records("shared-1").keys.filter { $0.hasPrefix("public.only_b") }.count == (haveBeenTold ? 2 : 1))
    #expect(try pair.records("shared-2").keys.filter { $0.hasPrefix("public.only_a") }.count == 1)
  }
}
