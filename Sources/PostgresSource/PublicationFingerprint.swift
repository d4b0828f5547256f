extension Publication {
  /// Text that is another one once anything has changed which decides what these publications have of any table: their own
  /// rows, those of their tables and schemas (with row filters and column lists), the tables themselves and their partitions.
  /// Each with the transaction that wrote it, so that what is altered and altered back shows. A table or schema that joined
  /// and left is gone without a trace, but for the server's counts of what was written to the catalogue's tables.
  ///
  /// Reads the catalogue's tables only: `pg_partition_tree` would wait for whoever alters a table. A publication of all tables
  /// has no list. 5,000 tables take about 60 ms of the server.
  public static func fingerprint(
    of publications: [String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String {
    let hasSchemas = connection.serverVersion >= 150_000
    let tablesOfSchemas =
      hasSchemas
      ? """
      UNION
      SELECT c.oid FROM pg_catalog.pg_publication_namespace n JOIN publication p ON p.oid = n.pnpubid
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.pnnspid AND c.relkind IN ('r', 'p')
      """ : ""
    let schemas =
      hasSchemas
      ? """
      UNION ALL
      SELECT pg_catalog.concat_ws(' ', 'schema', n.xmin, n::text)
      FROM pg_catalog.pg_publication_namespace n JOIN publication p ON p.oid = n.pnpubid
      """ : ""
    let found = try connection.query(
      """
      WITH RECURSIVE publication AS (
        SELECT b.oid, b.xmin, b::text AS line FROM pg_catalog.pg_publication b WHERE b.pubname IN (\(list(publications)))
      ), listed AS (
        SELECT r.prrelid AS oid FROM pg_catalog.pg_publication_rel r JOIN publication p ON p.oid = r.prpubid
        \(tablesOfSchemas)
      ), tree AS (
        SELECT oid FROM listed
        UNION
        SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'p'
        JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid
      ), line AS (
        SELECT pg_catalog.concat_ws(' ', 'publication', xmin, line) AS line FROM publication
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'table', r.xmin, r::text)
        FROM pg_catalog.pg_publication_rel r JOIN publication p ON p.oid = r.prpubid
        \(schemas)
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'relation', c.oid, c.xmin, i.inhparent)
        FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
        LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'written', oid, pg_catalog.pg_stat_get_tuples_inserted(oid),
          pg_catalog.pg_stat_get_tuples_updated(oid), pg_catalog.pg_stat_get_tuples_deleted(oid))
        FROM pg_catalog.pg_class WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace
        AND relname IN ('pg_publication', 'pg_publication_rel', 'pg_publication_namespace')
      )
      SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
        pg_catalog.string_agg(line, E'\\n' ORDER BY line COLLATE "C"), pg_catalog.getdatabaseencoding())), 'hex') FROM line
      """
    ).firstValue
    guard let found else {
      throw PostgresError(kind: .unexpectedAnswer, message: "the catalogue gave an unexpected answer")
    }
    return String(found.prefix(32))
  }
}
