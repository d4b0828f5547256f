import EmbeddedServers
import PostgresSource
import Testing

/// What another fingerprint tells of, and what not, against a real server.
@Suite(.serialized) struct PublicationFingerprintTests {
  private static let alterations = [
    "ALTER PUBLICATION a DROP TABLE t", "ALTER PUBLICATION a ADD TABLE t",
    "ALTER PUBLICATION a SET TABLE t WHERE (id > 5), p", "ALTER PUBLICATION a SET TABLE t WHERE (id > 6), p",
    "ALTER PUBLICATION a SET TABLE t (id), p", "ALTER PUBLICATION a SET TABLE t, p",
    "ALTER PUBLICATION a SET (publish = 'insert')", "ALTER PUBLICATION a SET (publish_via_partition_root = true)",
    "ALTER PUBLICATION b ADD TABLES IN SCHEMA s", "CREATE TABLE s.new ()", "ALTER TABLE s.new SET SCHEMA public",
    "ALTER TABLE q ATTACH PARTITION r FOR VALUES FROM (0) TO (9)",
    // The first ANALYZE afterwards notes in the catalogue that the table has no partition any more.
    "ALTER TABLE q DETACH PARTITION r; ANALYZE q", "DROP TABLE t", "DROP PUBLICATION b",
    "CREATE PUBLICATION b FOR ALL TABLES",
    // Without a trace but in the server's counts.
    "ALTER PUBLICATION a ADD TABLE other; ALTER PUBLICATION a DROP TABLE other",
    "ALTER PUBLICATION a ADD TABLES IN SCHEMA s; ALTER PUBLICATION a DROP TABLES IN SCHEMA s",
  ]

  @Test func everyAlterationShowsAndNothingElse() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    // A session tells its counts when it ends at the latest.
    func sql(_ text: String) throws { try PostgresConnection(postgres.socketSettings()).execute(text) }
    try sql(
      """
      CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int PRIMARY KEY);
      CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE q PARTITION OF p FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
      CREATE TABLE r (id int PRIMARY KEY); CREATE SCHEMA s;
      CREATE PUBLICATION a FOR TABLE t, p; CREATE PUBLICATION b FOR TABLE t;
      CREATE ROLE relay LOGIN; GRANT CREATE ON SCHEMA public TO relay;
      """)
    func fingerprint() throws -> String {
      let connection = try PostgresConnection(postgres.socketSettings())
      // Whoever may connect may read it.
      try connection.execute("SET ROLE relay")
      return try Publication.fingerprint(of: ["a", "b"], on: connection)
    }
    var last = try fingerprint()
    #expect(last.count == 32)
    for statement in Self.alterations {
      for nothing in [
        "INSERT INTO other VALUES (1) ON CONFLICT DO NOTHING", "CREATE TABLE x (); DROP TABLE x", "ANALYZE", "VACUUM",
      ] {
        try sql(nothing)
        let now = try fingerprint()
        #expect(now == last, "\(nothing), before \(statement)")
        last = now
      }
      try sql(statement)
      let now = try fingerprint()
      #expect(now != last, "\(statement)")
      last = now
    }
  }
}
