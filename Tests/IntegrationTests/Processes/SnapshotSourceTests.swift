import EmbeddedServers
import Foundation
import PostgresSource
import Testing

@testable import RelayRuntime

extension Integration {
  /// COPY reads a table itself where that gives what a query of it gives, and only there.
  @Suite struct SnapshotSourceTests {
    @Test func copyReadsTheTableItselfOnlyWhereNothingIsMissing() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let connection = try PostgresConnection(postgres.tcpSettings())
        try connection.execute(
          """
          CREATE TABLE "Plain one" (id int PRIMARY KEY, gone int, "a ""b" text);
          ALTER TABLE "Plain one" DROP COLUMN gone;
          INSERT INTO "Plain one" VALUES (1, 'x'), (2, NULL);
          CREATE TABLE parent (id int); CREATE TABLE child () INHERITS (parent);
          INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
          CREATE TABLE computed (id int, twice int GENERATED ALWAYS AS (id * 2) STORED);
          INSERT INTO computed VALUES (1);
          CREATE TABLE secured (id int); ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
          INSERT INTO secured VALUES (1);
          CREATE TABLE divided (id int) PARTITION BY LIST (id);
          CREATE TABLE part PARTITION OF divided DEFAULT;
          INSERT INTO divided VALUES (1);
          CREATE TABLE ruled (id int);
          INSERT INTO ruled VALUES (1), (2);
          """)
        let captured = try TableCatalog.tables(on: connection)
        let tables = try SnapshotTable.read(
          captured, overrides: ["public.ruled": "SELECT * FROM ruled WHERE id = 2"], on: connection)
        let direct = tables.filter { $0.copySource != nil }.map(\.id.name).sorted()
        #expect(direct == ["Plain one", "child", "part"])
        for table in tables {
          let query = "(\(table.select ?? ""))"
          #expect(
            try Self.rows(table.copySource ?? query, connection) == Self.rows(query, connection), "\(table.id)")
        }
        #expect(try Self.rows("(\(tables.first { $0.id.name == "parent" }?.select ?? ""))", connection).count == 2)
      }
    }

    private static func rows(_ source: String, _ connection: borrowing PostgresConnection) throws -> [String] {
      var copy = try CopyOutReader("COPY \(source) TO STDOUT", on: connection)
      var rows: [String] = []
      var isWaiting = false
      while try copy.next(
        timeoutMilliseconds: 10_000, isWaiting: &isWaiting,
        { line in rows.append(unsafe line.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }) })
      {}
      return rows
    }
  }
}
