import ConnectData
import Primitives

/// What the catalogue says of tables and types. Asked at each relation message, as Debezium asks it: what it tells is the
/// table as it is now, which may be ahead of the stream.
public struct TableCatalog: Sendable {
  /// A table by schema and name.
  public struct Table: Sendable {
    public let oid: RelationOID
    public let schema: String
    public let name: String
    /// An estimate, for progress; negative when the table was never analysed.
    public let estimatedRows: Int64
  }

  /// Types stay as they were when they were first asked for, as in Debezium: a label that is added to an enumeration
  /// later is in no schema before the next start.
  private var types: [TypeOID: TypeDescription] = [:]

  public init() {}

  /// Columns in order. Empty where the table does not exist (any more).
  public mutating func columns(
    ofTable oid: RelationOID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [ColumnDescription] {
    let answer = try connection.query(
      """
      SELECT a.attname, a.atttypid, a.atttypmod, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
        pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', pg_catalog.col_description(a.attrelid, a.attnum)
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum
      """, [oid.description])
    var columns: [ColumnDescription] = []
    for row in answer.rows {
      guard let name = row[0], let type = row[1].flatMap({ UInt32($0) }), let modifier = row[2].flatMap({ Int32($0) })
      else { throw PostgresError(kind: .unexpectedAnswer, message: "pg_attribute gave an unexpected row") }
      columns.append(
        ColumnDescription(
          name: name, type: try self.type(TypeOID(rawValue: type), on: connection, depth: 0), typeModifier: modifier,
          isNullable: row[3] != "t", defaultExpression: row[4], isGenerated: row[5] == "t",
          comment: row[6]))
    }
    return columns
  }

  /// Takes all enumerations as they are now, as Debezium does at its start.
  public mutating func readEnumerations(on connection: borrowing PostgresConnection) throws(PostgresError) {
    let answer = try connection.query(
      """
      SELECT t.oid, t.typname, n.nspname, n.nspname = ANY (current_schemas(true)), e.enumlabel
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid ORDER BY t.oid, e.enumsortorder
      """)
    for row in answer.rows {
      guard let oid = row[0].flatMap({ UInt32($0) }).map({ TypeOID(rawValue: $0) }), let name = row[1],
        let schema = row[2], let label = row[4]
      else { continue }
      var labels: [String] = []
      if case .enumeration(let known) = types[oid]?.kind { labels = known }
      types[oid] = TypeDescription(
        oid: oid, name: name, schemaName: schema, isOnSearchPath: row[3] == "t", kind: .enumeration(labels + [label]))
    }
  }

  /// A type by its number, as it was when it was first asked for.
  public mutating func type(
    _ oid: TypeOID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> TypeDescription {
    try type(oid, on: connection, depth: 0)
  }

  /// The table that has the name now.
  public static func table(
    named name: String, inSchema schema: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> RelationOID? {
    try connection.query(
      """
      SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
      """, [schema, name]
    ).firstValue.flatMap { UInt32($0) }.map { RelationOID(rawValue: $0) }
  }

  /// Types nest through domains and arrays; a real catalogue nests a few levels.
  private static let typeDepthMax = 32

  private mutating func type(
    _ oid: TypeOID, on connection: borrowing PostgresConnection, depth: Int
  ) throws(PostgresError) -> TypeDescription {
    if let known = types[oid] { return known }
    let answer = try connection.query(
      """
      SELECT t.typname, n.nspname, t.typtype, t.typelem,
        t.typcategory = 'A' AND t.typelem <> 0 AND t.typlen = -1, t.typbasetype, t.typtypmod,
        n.nspname = ANY (current_schemas(true))
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = $1::oid
      """, [oid.description])
    guard let row = answer.rows.first, let name = row[0], depth < TableCatalog.typeDepthMax else {
      return TypeDescription(oid: oid, name: "oid \(oid)", kind: .unknown)
    }
    var kind: TypeDescription.Kind
    switch row[2] {
    case "b" where row[4] == "t":
      let element = TypeOID(rawValue: row[3].flatMap { UInt32($0) } ?? 0)
      kind = .array(element: try type(element, on: connection, depth: depth + 1))
    case "b": kind = .base
    case "e":
      let labels = try connection.query(
        "SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = $1::oid ORDER BY enumsortorder", [oid.description])
      kind = .enumeration(labels.rows.compactMap { $0[0] })
    case "d":
      let base = TypeOID(rawValue: row[5].flatMap { UInt32($0) } ?? 0)
      kind = .domain(
        try type(base, on: connection, depth: depth + 1), modifier: row[6].flatMap { Int32($0) } ?? -1)
    case "c": kind = .composite
    case "r": kind = .range
    case "m": kind = .multirange
    default: kind = .unknown
    }
    let described = TypeDescription(
      oid: oid, name: name, schemaName: row[1] ?? "pg_catalog", isOnSearchPath: row[7] == "t", kind: kind)
    types[oid] = described
    return described
  }

  /// Names of the key's columns: the primary key in its own order, else the first unique index without expressions, one
  /// that the table is clustered by before others, then by name, with its INCLUDE columns; empty without either. Whether
  /// its columns may be NULL or it holds but a part of the rows does not matter. Source: Debezium 3.6, `JdbcConnection.readTableUniqueIndices`,
  /// and `getIndexInfo` of PostgreSQL's JDBC driver.
  public static func keyColumns(
    ofTable oid: RelationOID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [String] {
    let answer = try connection.query(
      """
      WITH candidate AS (
        SELECT i.indexrelid, i.indkey, CASE WHEN i.indisprimary THEN i.indnkeyatts ELSE i.indnatts END AS count
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = $1::oid AND i.indisunique AND i.indexprs IS NULL
        ORDER BY i.indisprimary DESC, i.indisclustered DESC, c.relname COLLATE "C" LIMIT 1)
      SELECT a.attname
      FROM candidate k, LATERAL unnest(k.indkey) WITH ORDINALITY AS u(attnum, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::oid AND a.attnum = u.attnum
      WHERE u.place <= k.count ORDER BY u.place
      """, [oid.description])
    return answer.rows.compactMap { $0[0] }
  }

  /// All ordinary and partitioned tables, but for the server's own.
  public static func tables(on connection: borrowing PostgresConnection) throws(PostgresError) -> [Table] {
    try connection.query(
      """
      SELECT c.oid, n.nspname, c.relname, c.reltuples::bigint
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
        AND c.relpersistence = 'p'
      """
    ).rows.compactMap { row in
      guard let oid = row[0].flatMap({ UInt32($0) }), let schema = row[1], let name = row[2] else { return nil }
      return Table(
        oid: RelationOID(rawValue: oid), schema: schema, name: name,
        estimatedRows: row[3].flatMap { Int64($0) } ?? -1)
    }
  }

  /// Replica identity letter of `pg_class`.
  public static func replicaIdentity(
    ofTable oid: RelationOID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> UInt8 {
    let answer = try connection.query(
      "SELECT relreplident FROM pg_catalog.pg_class WHERE oid = $1::oid", [oid.description])
    return answer.firstValue?.utf8.first ?? UInt8(ascii: "d")
  }

  /// Whether `COPY table TO` gives the same rows as `SELECT … FROM table`: not of a partitioned table, whose partitions or
  /// children's rows it leaves out, nor under row security, where it is a query all the same.
  public static func isCopiedWhole(
    _ oid: RelationOID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let answer = try connection.query(
      """
      SELECT relkind = 'r' AND NOT relhassubclass AND NOT relrowsecurity FROM pg_catalog.pg_class WHERE oid = $1::oid
      """, [oid.description])
    return answer.firstValue == "t"
  }

  /// Blocks of the table's file, where its rows are in it alone and the server can read a range of them
  /// (`Tid Range Scan`, PostgreSQL 14); `nil` otherwise, and where the role may read columns only, to which `ctid` does not
  /// belong.
  public static func blockCount(
    ofTable oid: RelationOID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Int64? {
    if connection.serverVersion < 140_000 { return nil }
    let answer = try connection.query(
      """
      SELECT pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam
      WHERE c.oid = $1::oid AND c.relkind = 'r' AND NOT c.relhassubclass AND a.amname = 'heap'
        AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
      """, [oid.description])
    return answer.firstValue.flatMap { Int64($0) }
  }
}
