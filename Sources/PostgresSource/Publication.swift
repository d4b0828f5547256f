/// A publication as the catalogue shows it, and what a connector may do to it.
public struct Publication: Sendable, Equatable {
  public let name: String
  public let isForAllTables: Bool
  public let viaPartitionRoot: Bool

  public static func find(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Publication? {
    let answer = try connection.query(
      "SELECT pubname, puballtables, pubviaroot FROM pg_catalog.pg_publication WHERE pubname = $1", [name])
    guard let row = answer.rows.first, let found = row[0] else { return nil }
    return Publication(name: found, isForAllTables: row[1] == "t", viaPartitionRoot: row[2] == "t")
  }

  /// Schema and name of every table that the publication publishes.
  public static func tables(
    of name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [(schema: String, name: String)] {
    try connection.query(
      "SELECT schemaname, tablename FROM pg_catalog.pg_publication_tables WHERE pubname = $1 ORDER BY 1, 2", [name]
    ).rows.map { ($0[0] ?? "", $0[1] ?? "") }
  }

  /// Ordinary tables that the publication leaves out. Partitions and partitioned tables are not judged: which of them
  /// count depends on `publish_via_partition_root`.
  public static func unpublishedTables(
    of name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [(schema: String, name: String)] {
    try connection.query(
      """
      SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence = 'p' AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_publication_tables p
        WHERE p.pubname = $1 AND p.schemaname = n.nspname AND p.tablename = c.relname)
      ORDER BY 1, 2
      """, [name]
    ).rows.map { ($0[0] ?? "", $0[1] ?? "") }
  }

  public static func createForAllTables(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.execute("CREATE PUBLICATION \(PostgresConnection.quoted(identifier: name)) FOR ALL TABLES")
  }

  /// An empty list makes a publication without tables.
  public static func create(
    _ name: String, tables: [(schema: String, name: String)], on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    let list = tables.isEmpty ? "" : " FOR TABLE " + qualified(tables)
    try connection.execute("CREATE PUBLICATION \(PostgresConnection.quoted(identifier: name))\(list)")
  }

  public static func setTables(
    _ name: String, tables: [(schema: String, name: String)], on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.execute(
      "ALTER PUBLICATION \(PostgresConnection.quoted(identifier: name)) SET TABLE \(qualified(tables))")
  }

  private static func qualified(_ tables: [(schema: String, name: String)]) -> String {
    tables.map {
      "\(PostgresConnection.quoted(identifier: $0.schema)).\(PostgresConnection.quoted(identifier: $0.name))"
    }.joined(separator: ", ")
  }
}
