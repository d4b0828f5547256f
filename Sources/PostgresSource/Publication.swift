import Primitives

/// A publication as the catalogue shows it, and what a connector may do to it.
public struct Publication: Sendable, Equatable {
  public let name: String
  public let isForAllTables: Bool
  public let viaPartitionRoot: Bool
  /// `insert`, `update`, `delete`, `truncate`: those that it publishes.
  public let operations: [String]

  /// All that a publication can publish, as `publish` calls them.
  public static let allOperations = ["insert", "update", "delete", "truncate"]

  /// What a publication is made with. `publish` is the list of operations; nil leaves all.
  public struct Options: Sendable, Equatable {
    public var viaPartitionRoot: Bool
    public var publish: [String]?

    public init(viaPartitionRoot: Bool = false, publish: [String]? = nil) {
      self.viaPartitionRoot = viaPartitionRoot
      self.publish = publish
    }

    /// The WITH clause, with a blank before it.
    public var clause: String {
      var parts: [String] = []
      if viaPartitionRoot { parts.append("publish_via_partition_root = true") }
      if let publish { parts.append("publish = '\(publish.joined(separator: ", "))'") }
      return parts.isEmpty ? "" : " WITH (\(parts.joined(separator: ", ")))"
    }
  }

  public static func find(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Publication? {
    let answer = try connection.query(
      """
      SELECT pubname, puballtables, pubviaroot, pubinsert, pubupdate, pubdelete, pubtruncate
      FROM pg_catalog.pg_publication WHERE pubname = $1
      """, [name])
    guard let row = answer.rows.first, let found = row[0] else { return nil }
    let operations = allOperations.indices.filter { row[3 + $0] == "t" }.map { allOperations[$0] }
    return Publication(
      name: found, isForAllTables: row[1] == "t", viaPartitionRoot: row[2] == "t", operations: operations)
  }

  /// Schema and name of every table that the publication publishes.
  public static func tables(
    of name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [(schema: String, name: String)] {
    try connection.query(
      "SELECT schemaname, tablename FROM pg_catalog.pg_publication_tables WHERE pubname = $1 ORDER BY 1, 2", [name]
    ).rows.map { ($0[0] ?? "", $0[1] ?? "") }
  }

  public static func setPublish(
    _ name: String, _ operations: [String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.execute(publishStatement(name, operations))
  }

  public static func publishStatement(_ name: String, _ operations: [String]) -> String {
    "ALTER PUBLICATION \(PostgresConnection.quoted(identifier: name)) SET (publish = '\(operations.joined(separator: ", "))')"
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
    _ name: String, _ options: Options = Options(), on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.execute(
      "CREATE PUBLICATION \(PostgresConnection.quoted(identifier: name)) FOR ALL TABLES\(options.clause)")
  }

  /// An empty list makes a publication without tables.
  public static func create(
    _ name: String, tables: [(schema: String, name: String)], _ options: Options = Options(),
    on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    let list = tables.isEmpty ? "" : " FOR TABLE " + qualified(tables)
    try connection.execute(
      "CREATE PUBLICATION \(PostgresConnection.quoted(identifier: name))\(list)\(options.clause)")
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

extension Publication {
  /// What a publication publishes of a table.
  public struct Published: Sendable, Equatable {
    public let inserts: Bool
    public let updates: Bool
    public let deletes: Bool
    public let truncates: Bool
  }

  /// By publication, of those that publish the table; what is dropped by now is in none.
  public static func operations(
    on relation: RelationOID, of publications: [String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [String: Published] {
    let rows = try connection.query(
      """
      SELECT p.pubname, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate
      FROM pg_catalog.pg_publication p
      WHERE p.pubname IN (\(list(publications))) AND (p.puballtables OR EXISTS (
        SELECT FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
        WHERE c.oid = \(relation.rawValue) AND t.pubname = p.pubname))
      """
    ).rows
    var found: [String: Published] = [:]
    for row in rows {
      guard row.count == 5, let name = row[0] else { continue }
      found[name] = Published(
        inserts: row[1] == "t", updates: row[2] == "t", deletes: row[3] == "t", truncates: row[4] == "t")
    }
    return found
  }

  static func list(_ publications: [String]) -> String {
    publications.map { PostgresConnection.quoted(literal: $0) }.joined(separator: ", ")
  }
}
