import EmbeddedServers
import Foundation
import PostgresSource
import Testing

@testable import RelayRuntime

extension Integration {
  /// Large tables are cut by their blocks, and each row is in one chunk.
  @Suite struct SnapshotBlocksTests {
    private static let rowCount = 40_000

    @Test func largeTablesAreCutByBlocksAndEachRowIsReadOnceAsTheSnapshotShowsIt() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let reading = try PostgresConnection(postgres.tcpSettings())
        let writing = try PostgresConnection(postgres.tcpSettings())
        try writing.execute(Self.tables)
        try reading.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let tables = try SnapshotTable.read(
          try TableCatalog.tables(on: reading), overrides: [:], on: reading)

        let large = try #require(try Self.chunks(of: "large", tables, seesOneState: true, on: reading))
        #expect(large.count == 3 && large.allSatisfy { $0.contains("ctid") && !$0.contains("ORDER BY") }, "\(large)")
        var found = try Self.identifiers(large[0], on: reading)
        // Every row goes to another block, and the table grows.
        try writing.execute("UPDATE large SET note = note || '.' WHERE id % 2 = 0; DELETE FROM large WHERE id % 7 = 0")
        for chunk in large.dropFirst() { found += try Self.identifiers(chunk, on: reading) }
        #expect(found.sorted() == Array(1...Self.rowCount))

        // Where each statement sees what is committed by then, such an update would take rows from one chunk to another.
        let moving = try #require(try Self.chunks(of: "large", tables, seesOneState: false, on: reading))
        #expect(moving.count == 3 && moving.allSatisfy { $0.hasSuffix("ORDER BY \"id\")") }, "\(moving)")
        let small = try #require(try Self.chunks(of: "small", tables, seesOneState: true, on: reading))
        #expect(small.count == 3 && small.allSatisfy { $0.hasSuffix("ORDER BY \"id\")") }, "\(small)")
        #expect(try Self.chunks(of: "keyless", tables, seesOneState: true, on: reading)?.count == 1)
        // Those of its child are in another file.
        let parent = try #require(try Self.chunks(of: "parent", tables, seesOneState: true, on: reading))
        #expect(parent.allSatisfy { !$0.contains("ctid") }, "\(parent)")
      }
    }

    @Test func chunksWithoutRowsJoinTheirNeighbours() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let connection = try PostgresConnection(postgres.tcpSettings())
        try connection.execute(Self.tables)
        // The oldest rows, of the first chunk and some more, and the newest.
        try connection.execute("DELETE FROM large WHERE id <= 15000 OR id > 26000")
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let tables = try SnapshotTable.read(
          try TableCatalog.tables(on: connection), overrides: [:], on: connection)
        let chunks = try #require(try Self.chunks(of: "large", tables, seesOneState: true, on: connection))
        #expect(chunks.count == 1, "\(chunks)")
        #expect(try Self.identifiers(chunks[0], on: connection).sorted() == Array(15_001...26_000))
        try connection.execute("COMMIT")
        try connection.execute("DELETE FROM large")
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        #expect(try Self.chunks(of: "large", tables, seesOneState: true, on: connection)?.count == 1)
      }
    }

    @Test func tableIsLockedFromItsPlanningOn() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let reading = try PostgresConnection(postgres.tcpSettings())
        let writing = try PostgresConnection(postgres.tcpSettings())
        try writing.execute(Self.tables)
        try reading.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let tables = try SnapshotTable.read(
          try TableCatalog.tables(on: reading), overrides: [:], on: reading)
        _ = try Self.chunks(of: "large", tables, seesOneState: true, on: reading)
        // What rewrites a table makes it empty for older snapshots.
        #expect(throws: PostgresError.self) {
          try writing.execute("SET lock_timeout = 100; ALTER TABLE large ALTER id TYPE bigint")
        }
      }
    }

    @Test func whoMayReadColumnsOnlyReadsByKey() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let owner = try PostgresConnection(postgres.tcpSettings())
        try owner.execute(Self.tables)
        try owner.execute("CREATE ROLE narrow LOGIN; GRANT SELECT (id, note) ON large TO narrow")
        let reading = try PostgresConnection(postgres.tcpSettings().merging(["user": "narrow"]))
        try reading.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let tables = try SnapshotTable.read(
          try TableCatalog.tables(on: reading), overrides: [:], on: reading)
        let chunks = try #require(try Self.chunks(of: "large", tables, seesOneState: true, on: reading))
        #expect(chunks.count == 3 && chunks.allSatisfy { !$0.contains("ctid") }, "\(chunks)")
        #expect(try Self.identifiers(chunks[0], on: reading).isEmpty == false)
      }
    }

    private static let tables = """
      CREATE TABLE large (id int PRIMARY KEY, note text);
      ALTER TABLE large ALTER note SET STORAGE PLAIN;
      INSERT INTO large SELECT n, repeat('x', 1900) FROM generate_series(1, \(rowCount)) n;
      CREATE TABLE small (id int PRIMARY KEY);
      INSERT INTO small SELECT generate_series(1, 10);
      CREATE TABLE keyless AS SELECT * FROM large;
      CREATE TABLE parent (LIKE large INCLUDING ALL);
      INSERT INTO parent SELECT * FROM large;
      CREATE TABLE child () INHERITS (parent);
      """

    /// What COPY reads for each chunk, with three readers.
    private static func chunks(
      of table: String, _ tables: [SnapshotTable], seesOneState: Bool, on connection: borrowing PostgresConnection
    ) throws -> [String]? {
      var plan = SnapshotPlan(policy: .initial)
      plan.readers = 3
      let planner = SnapshotChunkPlanner(plan: plan, messageKeys: nil, seesOneState: seesOneState)
      guard let table = tables.first(where: { $0.id.name == table }) else { return nil }
      return try planner.chunks(of: [table], on: connection).chunks.map(\.source)
    }

    private static func identifiers(_ source: String, on connection: borrowing PostgresConnection) throws -> [Int] {
      try connection.query("SELECT id FROM \(source) AS chunk").rows.compactMap { $0[0].flatMap { Int($0) } }
    }
  }
}
