import Primitives

/// pgoutput reads several publications as one: row filters are OR-ed, column lists must agree, and a partition comes under
/// the name of an ancestor that any of them publishes. Source: PostgreSQL source, `src/backend/replication/pgoutput/pgoutput.c`,
/// `get_rel_sync_entry`, `pgoutput_row_filter_init`, `pgoutput_column_list_init`.
public enum PublicationConflict {
  /// Why a reader of all of them would see something else of one than a reader of that one alone, and what mends it; `nil`
  /// where none would. Operations need not agree: they can be told apart by publication.
  /// - Parameter relation: what becomes of its changes is asked for only.
  public static func find(
    _ publications: [String], about relation: RelationOID? = nil, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String? {
    let list = Publication.list(publications)
    if let conflict = try differentRoots(list, on: connection) { return conflict }
    if let conflict = try hiddenPartition(list, relation, on: connection) { return conflict }
    // Row filters and column lists came with PostgreSQL 15.
    return connection.serverVersion < 150_000 ? nil : try differentRows(list, relation, on: connection)
  }

  private static func differentRoots(
    _ list: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String? {
    let rows = try connection.query(
      "SELECT pubname, pubviaroot FROM pg_catalog.pg_publication WHERE pubname IN (\(list)) ORDER BY pubviaroot, pubname"
    ).rows
    guard let first = rows.first, let last = rows.last, first[1] != last[1] else { return nil }
    return
      "publication \(last[0] ?? "") has publish_via_partition_root and \(first[0] ?? "") has not. Set it alike: ALTER PUBLICATION … SET (publish_via_partition_root = …)"
  }

  /// With publish_via_partition_root, changes of a partition come under its topmost ancestor that any publication has.
  private static func hiddenPartition(
    _ list: String, _ relation: RelationOID?, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String? {
    let condition = relation.map { "AND \($0.rawValue) IN (a.oid, b.oid)" } ?? ""
    let rows = try connection.query(
      """
      WITH published AS (
        SELECT t.pubname, c.oid, c.oid::regclass::text AS name, c.relispartition, p.pubviaroot
        FROM pg_catalog.pg_publication p
        JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname
        JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
        WHERE p.pubname IN (\(list)))
      SELECT b.name, b.pubname, a.name, a.pubname
      FROM published b CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(b.oid) AS up(relid)
      JOIN published a ON a.oid = up.relid
      WHERE b.pubviaroot AND b.relispartition AND a.oid <> b.oid AND a.pubname <> b.pubname \(condition)
      ORDER BY 1, 2 LIMIT 1
      """
    ).rows
    guard let row = rows.first, row.count == 4 else { return nil }
    return
      "publication \(row[1] ?? "") has the partition \(row[0] ?? ""), whose changes would come as those of \(row[2] ?? "") in publication \(row[3] ?? ""). Publish the same of them in both, or without publish_via_partition_root"
  }

  private static func differentRows(
    _ list: String, _ relation: RelationOID?, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String? {
    let condition =
      relation.map {
        """
        AND (schemaname, tablename) IN (
          SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = \($0.rawValue))
        """
      } ?? ""
    let rows = try connection.query(
      """
      SELECT schemaname, tablename, string_agg(pubname, ', ' ORDER BY pubname), count(DISTINCT attnames::text) > 1
      FROM pg_catalog.pg_publication_tables WHERE pubname IN (\(list)) \(condition)
      GROUP BY 1, 2 HAVING count(DISTINCT attnames::text) > 1 OR count(DISTINCT coalesce(rowfilter, '')) > 1
      ORDER BY 1, 2 LIMIT 1
      """
    ).rows
    guard let row = rows.first, row.count == 4 else { return nil }
    let what = row[3] == "t" ? "column lists" : "row filters"
    return
      "the publications \(row[2] ?? "") have different \(what) for table \(row[0] ?? "").\(row[1] ?? ""). Make them alike, or give one of the connectors a slot of its own"
  }
}
