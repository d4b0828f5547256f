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

  /// What is needed to say whose a table is: the catalogue as it is now.
  public struct Standing: Sendable, Equatable {
    /// By publication, of those that publish the table.
    public var published: [String: Published]
    /// `nil`: there is none with that OID.
    public var table: String?
    /// Each of the publications has all tables there are.
    public var areForAllTables: Bool
    /// No partition, but altered since the oldest position that the slot can be read from, and one of the publications has a
    /// partitioned table.
    public var mayBeDetached: Bool
    /// End of the log, and so after every commit that the rest shows.
    public var asOf: LSN
  }

  public static func standing(
    of relation: RelationOID, in publications: [String], slot: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Standing {
    let found = try operations(on: relation, of: publications, on: connection)
    // Asked for behind it: a table that still is there was there before as well.
    let row =
      try connection.query(
        """
        SELECT \(relation.rawValue)::oid::regclass::text, EXISTS (
          SELECT FROM pg_catalog.pg_class WHERE oid = \(relation.rawValue)),
        \(mayBeDetached(relation, publications, slot: slot, serverVersion: connection.serverVersion))
        """
      ).rows.first ?? []
    guard row.count == 3 else {
      throw PostgresError(kind: .unexpectedAnswer, message: "the catalogue gave an unexpected answer")
    }
    return Standing(
      published: found.mapValues(\.what), table: row[1] == "t" ? row[0] : nil,
      areForAllTables: Set(publications) == Set(found.filter(\.value.isForAllTables).keys),
      mayBeDetached: row[2] == "t", asOf: try logEnd(on: connection))
  }

  /// Every table that one of the publications has, by publication.
  public static func published(
    in publications: [String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [RelationOID: [String: Published]] {
    let rows = try connection.query(
      """
      SELECT c.oid, p.pubname, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate
      FROM pg_catalog.pg_publication p
      JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname
      JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
      WHERE p.pubname IN (\(list(publications)))
      """
    ).rows
    var found: [RelationOID: [String: Published]] = [:]
    for row in rows {
      guard row.count == 6, let oid = row[0].flatMap({ UInt32($0) }), let name = row[1] else { continue }
      found[RelationOID(rawValue: oid), default: [:]][name] = Published(
        inserts: row[2] == "t", updates: row[3] == "t", deletes: row[4] == "t", truncates: row[5] == "t")
    }
    return found
  }

  /// The end of the log: what has been seen of the catalogue until now was committed before.
  public static func logEnd(on connection: borrowing PostgresConnection) throws(PostgresError) -> LSN {
    let row =
      try connection.query(
        """
        SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
          ELSE pg_catalog.pg_current_wal_insert_lsn() END,
        pg_catalog.current_setting('wal_block_size'),
        pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))
        """
      ).rows.first ?? []
    guard row.count == 3, let end = row[0].flatMap({ LSN($0) }), let block = row[1].flatMap({ UInt64($0) }),
      let segment = row[2].flatMap({ UInt64($0) }), block > 0, segment > 0
    else { throw PostgresError(kind: .unexpectedAnswer, message: "the server does not tell the end of its log") }
    return recordEnd(end, blockBytes: block, segmentBytes: segment)
  }

  /// The place of the next record stands behind the header of a page that has none yet, where the log's end never comes to
  /// while nothing is written. Source: PostgreSQL source, `src/include/access/xlog_internal.h`, `SizeOfXLogShortPHD`,
  /// `SizeOfXLogLongPHD`.
  static func recordEnd(_ insert: LSN, blockBytes: UInt64, segmentBytes: UInt64) -> LSN {
    if insert.rawValue % segmentBytes == 40 { return LSN(rawValue: insert.rawValue - 40) }
    if insert.rawValue % blockBytes == 24 { return LSN(rawValue: insert.rawValue - 24) }
    return insert
  }

  /// DETACH PARTITION writes the table's row of `pg_class` anew, and leaves that of its row type as CREATE TABLE made it. What
  /// was committed before the slot's `catalog_xmin` every reader of the slot sees.
  private static func mayBeDetached(
    _ relation: RelationOID, _ publications: [String], slot: String, serverVersion: Int
  ) -> String {
    let inSchemas =
      serverVersion < 150_000
      ? ""
      : """
       OR EXISTS (
        SELECT FROM pg_catalog.pg_publication b JOIN pg_catalog.pg_publication_namespace r ON r.pnpubid = b.oid
        JOIN pg_catalog.pg_class p ON p.relnamespace = r.pnnspid
        WHERE b.pubname IN (\(list(publications))) AND p.relkind = 'p')
      """
    return """
      EXISTS (
        SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype,
          pg_catalog.pg_replication_slots s
        WHERE c.oid = \(relation.rawValue) AND c.relkind = 'r' AND NOT c.relispartition
        AND s.slot_name = \(PostgresConnection.quoted(literal: slot))
        AND age(c.xmin) <= age(s.catalog_xmin) AND c.xmin <> t.xmin)
      AND (EXISTS (
        SELECT FROM pg_catalog.pg_publication b JOIN pg_catalog.pg_publication_rel r ON r.prpubid = b.oid
        JOIN pg_catalog.pg_class p ON p.oid = r.prrelid
        WHERE b.pubname IN (\(list(publications))) AND p.relkind = 'p')\(inSchemas))
      """
  }

  private static func operations(
    on relation: RelationOID, of publications: [String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [String: (what: Published, isForAllTables: Bool)] {
    let rows = try connection.query(
      """
      SELECT p.pubname, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.puballtables
      FROM pg_catalog.pg_publication p
      WHERE p.pubname IN (\(list(publications))) AND (p.puballtables OR EXISTS (
        SELECT FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
        WHERE c.oid = \(relation.rawValue) AND t.pubname = p.pubname))
      """
    ).rows
    var found: [String: (what: Published, isForAllTables: Bool)] = [:]
    for row in rows {
      guard row.count == 6, let name = row[0] else { continue }
      let what = Published(
        inserts: row[1] == "t", updates: row[2] == "t", deletes: row[3] == "t", truncates: row[4] == "t")
      found[name] = (what, row[5] == "t")
    }
    return found
  }

  static func list(_ publications: [String]) -> String {
    publications.map { PostgresConnection.quoted(literal: $0) }.joined(separator: ", ")
  }
}
