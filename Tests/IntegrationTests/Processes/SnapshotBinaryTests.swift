import EmbeddedServers
import Foundation
import PgOutput
import PostgresSource
import Primitives
import Testing

@testable import RelayRuntime

extension Integration {
  /// A table is read in binary where that gives the text that the server prints, and only there.
  @Suite struct SnapshotBinaryTests {
    @Test func binaryGivesTheTextThatTheServerPrints() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let connection = try PostgresConnection(reading: postgres.tcpSettings())
        try connection.execute(
          """
          CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy');
          CREATE DOMAIN price AS numeric(12,3) CHECK (VALUE > -1e9);
          CREATE DOMAIN dear AS price;
          CREATE TABLE every_form (
            id int8 PRIMARY KEY, a bool, b int2, c int4, d text, e varchar(20), f char(7), g name, h json, i jsonb, j numeric,
            k numeric(15,2), l uuid, m date, n time, o time(3), p timestamp, q timestamptz, r timestamptz(0), s bytea, t mood,
            u price, v dear, w numeric(8,-3));
          CREATE TABLE with_float (id int PRIMARY KEY, x float8);
          CREATE TABLE with_array (id int PRIMARY KEY, x int[]);
          CREATE TABLE replaced (id int PRIMARY KEY);
          CREATE TABLE empty (id int PRIMARY KEY);
          INSERT INTO every_form (id) VALUES (0);
          INSERT INTO every_form (id, d, e, f, g, h, i, s) VALUES
            (-1, '', '', '', '', '""', '""', ''),
            (-2, E'a\\tb\\n\\\\N', E'\\\\', 'x', 'é', E'{"a":\\n1}', '{"b": [1, "\\t", 1.50]}', '\\x00ff10'),
            (-3, repeat('äöü', 4000), 'e', 'f', 'g', ('"' || repeat('x', 9000) || '"')::json, '[]', decode(repeat('a7', 9001), 'hex'));
          INSERT INTO every_form (id, j) SELECT -100 - row_number() OVER (), v::numeric FROM unnest(ARRAY[
            '0', '0.0', '0.000000', '-0.5', '1e-20', '1e20', '9999.9999', '10000', '99999999', '100000000.00000001', '1e130000',
            '-1e-16000', 'NaN', 'Infinity', '-Infinity', '123456789012345678901234567890.123456789']) v;
          INSERT INTO every_form (id, m, p, q) SELECT -200 - row_number() OVER (), v::date, v::timestamp, (v || '+00')::timestamptz
            FROM unnest(ARRAY['0001-01-01', '9999-12-31', '10000-01-01', '294276-12-31', '2000-02-29', '1970-01-01', '1582-10-10']) v;
          INSERT INTO every_form (id, m, p, q) VALUES
            (-301, 'infinity', 'infinity', 'infinity'), (-302, '-infinity', '-infinity', '-infinity'),
            (-303, '4713-01-01 BC', '4713-01-01 00:00:00.5 BC', '0044-03-15 12:00:00+00 BC'),
            (-304, '5874897-12-31', '0001-12-31 23:59:59.999999 BC', '1999-12-31 23:59:59.999999+00');
          INSERT INTO every_form (id, n, o) VALUES (-401, '24:00:00', '23:59:59.9996'), (-402, '00:00:00.000001', '00:00');
          INSERT INTO every_form (id, w) VALUES (-501, 12345678), (-502, -400);
          SELECT setseed(0.5);
          INSERT INTO every_form
            SELECT n, random() < 0.5, (random() * 65535 - 32768)::int2, (random() * 4294967295 - 2147483648)::int4, md5(n::text),
              left(md5(n::text), n % 20), left(md5(n::text), n % 8), left(md5(n::text), n % 33), to_json(random()), to_jsonb(random()),
              round(((random() - 0.5) * 10 ^ (n % 30))::numeric, n % 12), (random() - 0.5) * 10 ^ (n % 13), md5(n::text)::uuid,
              date '1000-01-01' + (random() * 1e6)::int, time '00:00' + random() * interval '24 hours',
              time '00:00' + random() * interval '24 hours', timestamp '0900-01-01' + random() * interval '3000 years',
              timestamptz '0900-01-01+00' + random() * interval '3000 years', now() + random() * interval '90 days',
              decode(left(md5(n::text), n % 17 * 2), 'hex'), (enum_range(NULL::mood))[n % 3 + 1], random() * 1e8, -random(),
              random() * 1e10
            FROM generate_series(1, 5000) n
          """)
        let tables = try SnapshotTable.read(
          try TableCatalog.tables(on: connection), overrides: ["public.replaced": "SELECT 1 AS id"], on: connection)
        let inBinary = tables.filter { $0.binaryForms != nil }.map(\.id.name).sorted()
        #expect(inBinary == ["empty", "every_form"])
        for table in tables {
          guard let forms = table.binaryForms, let select = table.select else { continue }
          for source in ["(\(select) ORDER BY id)", table.copySource ?? ""] {
            let expected = try Self.rows(source, nil, connection)
            let rows = try Self.rows(source, forms, connection)
            #expect(rows.count == expected.count)
            #expect(expected.count == (table.id.name == "empty" ? 0 : 5035))
            for (row, expected) in zip(rows, expected) where row != expected {
              Issue.record("\(table.id): \(row) instead of \(expected)")
            }
          }
        }
      }
    }

    /// The catalogue is that of the snapshot, COPY's that of the moment.
    @Test func aColumnThatWasMadeAnewSinceIsReadAsText() async throws {
      try await onOwnThread {
        let postgres = try EmbeddedPostgres()
        defer { postgres.stop() }
        let connection = try PostgresConnection(reading: postgres.tcpSettings())
        try connection.execute(
          """
          CREATE DOMAIN amount AS bigint;
          CREATE TABLE changed (id int PRIMARY KEY, at bigint); CREATE TABLE kept (id int PRIMARY KEY, at amount);
          INSERT INTO changed VALUES (1, 2); INSERT INTO kept VALUES (1, 2);
          """)
        let snapshot = try PostgresConnection(reading: postgres.tcpSettings())
        try snapshot.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        let tables = try SnapshotTable.read(try TableCatalog.tables(on: snapshot), overrides: [:], on: snapshot)
        try connection.execute(
          "ALTER TABLE changed DROP COLUMN at; ALTER TABLE changed ADD COLUMN at timestamptz DEFAULT '2024-01-01 00:00+00'"
        )
        #expect(tables.map(\.id.name) == ["changed", "kept"])
        #expect(tables.allSatisfy { $0.binaryForms != nil })
        #expect(try tables[0].formsNow(on: snapshot) == nil)
        #expect(try tables[1].formsNow(on: snapshot) != nil)
        #expect(try Self.rows(tables[0].copySource ?? "", nil, snapshot) == [["1", "2024-01-01 00:00:00+00"]])
      }
    }

    private static func rows(
      _ source: String, _ forms: [BinaryForm]?, _ connection: borrowing PostgresConnection
    ) throws -> [[String?]] {
      let format = forms == nil ? "" : " (FORMAT binary)"
      var copy = try CopyOutReader("COPY \(source) TO STDOUT\(format)", on: connection)
      var rows: [[String?]] = []
      var row = CopyRow()
      var isWaiting = false
      while try copy.next(
        timeoutMilliseconds: 10_000, isWaiting: &isWaiting,
        { message in
          do throws(DecodeError) {
            if let forms {
              guard try row.decode(binary: message, forms.span) else { return }
            } else {
              try row.decode(text: message)
            }
            rows.append(Self.texts(row))
          } catch {
            Issue.record("\(error)")
          }
        })
      {}
      return rows
    }

    private static func texts(_ row: borrowing CopyRow) -> [String?] {
      let bytes = row.bytes.array
      return row.tuple.columns.map { column in
        guard case .text(let range) = column else { return nil }
        return String(decoding: bytes[range], as: UTF8.self)
      }
    }
  }
}
