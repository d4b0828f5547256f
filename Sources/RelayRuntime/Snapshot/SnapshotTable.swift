import EventEncoding
import EventRouting
import PgOutput
import PostgresSource
import Primitives

/// A table that a snapshot reads, as the snapshot shows it, and the statement that gives its rows.
struct SnapshotTable {
  let oid: RelationOID
  let id: TableID
  /// The server's estimate; negative where there is none.
  let estimatedRows: Int64
  /// Of the relation message that stands for the stream's.
  let relation: Relation
  let description: TableDescription
  /// Columns in the table's order. Nil: `snapshot.select.statement.overrides` has an empty statement for it.
  let select: String?
  let hasOverride: Bool
  /// The same rows for COPY, which reads a table itself faster than a query of it; nil where it cannot.
  let copySource: String?
  /// The columns in binary, in which the server writes them faster; nil where one of them is read as text only, or the
  /// statement is not ours.
  let binaryForms: [BinaryForm]?

  var quotedName: String {
    "\(PostgresConnection.quoted(identifier: id.schema)).\(PostgresConnection.quoted(identifier: id.name))"
  }

  /// The columns by which the table is cut: those of its records' key.
  func keyColumns(_ messageKeys: MessageKeyColumns?) -> [String] {
    let ruled = messageKeys?.key(of: id, columns: description.columns.map(\.name)) ?? []
    return ruled.isEmpty ? description.keyColumns : ruled
  }

  /// `binaryForms`, where the columns still are of the types that the snapshot shows: COPY reads those that they have now, and a
  /// column may have been dropped and made anew since. Asking locks the table against that until the transaction ends.
  func formsNow(on connection: borrowing PostgresConnection) throws(PostgresError) -> [BinaryForm]? {
    guard let binaryForms, let select else { return nil }
    let types = try connection.query("SELECT * FROM (\(select)) AS sluice_rows LIMIT 0").columnTypes
    return types == description.columns.map(\.type.root.oid) ? binaryForms : nil
  }

  func hasNullable(_ columns: [String]) -> Bool {
    description.columns.contains { $0.isNullable && columns.contains($0.name) }
  }
}

extension SnapshotTable {
  /// `captured` as they are in the snapshot that `connection` has open, in the order given.
  static func read(
    _ captured: [TableCatalog.Table], overrides: [String: String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [SnapshotTable] {
    var catalog = TableCatalog()
    var tables: [SnapshotTable] = []
    for table in captured {
      let id = TableID(schema: table.schema, name: table.name)
      let (relation, description) = try describe(table.oid, id, &catalog, on: connection)
      let override = overrides[id.description]
      let columns = description.columns.map(\.name)
      let select: String? =
        if let override {
          override.isEmpty ? nil : try selectColumns(columns, from: override, of: id, on: connection)
        } else {
          "SELECT \(list(columns)) FROM \(list([id.schema])).\(list([id.name]))"
        }
      // COPY of a table leaves generated columns out.
      let isCopiedWhole =
        override == nil && !columns.isEmpty && !description.columns.contains { $0.isGenerated }
        ? try TableCatalog.isCopiedWhole(table.oid, on: connection) : false
      tables.append(
        SnapshotTable(
          oid: table.oid, id: id, estimatedRows: table.estimatedRows, relation: relation, description: description,
          select: select, hasOverride: override != nil,
          copySource: isCopiedWhole ? "\(list([id.schema])).\(list([id.name])) (\(list(columns)))" : nil,
          binaryForms: override == nil ? binaryForms(description) : nil))
    }
    return tables
  }

  private static func binaryForms(_ description: TableDescription) -> [BinaryForm]? {
    var forms: [BinaryForm] = []
    for column in description.columns {
      // A domain is sent as the type below it.
      let type = column.type.root
      if case .enumeration = type.kind {
        forms.append(.text)
      } else if case .base = type.kind, let form = BinaryForm(type.oid) {
        forms.append(form)
      } else {
        return nil
      }
    }
    return forms
  }

  /// A table as the catalogue shows it, with the relation message that the stream would send of it.
  static func describe(
    _ oid: RelationOID, _ id: TableID, _ catalog: inout TableCatalog, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> (relation: Relation, description: TableDescription) {
    let description = try PostgresReplicationSource.describe(oid, id, &catalog, on: connection)
    let identity = try TableCatalog.replicaIdentity(ofTable: oid, on: connection)
    let relation = Relation(
      oid: oid, schema: id.schema, name: id.name,
      replicaIdentity: Relation.ReplicaIdentity(rawValue: identity) ?? .default,
      columns: description.columns.map {
        Relation.Column(
          isKey: description.keyColumns.contains($0.name), name: $0.name, type: $0.typeOID,
          typeModifier: $0.typeModifier)
      })
    return (relation, description)
  }

  /// The statement's rows with their columns in the table's order. It must have each of the table's columns and no other,
  /// as with Debezium, whose snapshot fails otherwise.
  private static func selectColumns(
    _ columns: [String], from override: String, of table: TableID, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String {
    var statement = override[...]
    while let last = statement.last, last == ";" || last.isWhitespace { statement.removeLast() }
    let probe = "SELECT * FROM (\(statement)) AS sluice_rows LIMIT 0"
    // The extended protocol takes one statement: what closes our parenthesis and begins another is refused here.
    _ = try connection.rows(probe)
    let found = try connection.query(probe).columnNames
    if found == columns { return String(statement) }
    guard found.count == columns.count, Set(found) == Set(columns) else {
      let missing = columns.filter { !found.contains($0) }
      let unknown = found.filter { !columns.contains($0) }
      throw PostgresError(
        kind: .unexpectedAnswer, sqlState: "42P10",
        message:
          "snapshot.select.statement.overrides.\(table) must give each column of the table once"
          + (missing.isEmpty ? "" : "; it lacks \(missing.joined(separator: ", "))")
          + (unknown.isEmpty ? "" : "; the table has no \(unknown.joined(separator: ", "))"))
    }
    return "SELECT \(list(columns)) FROM (\(statement)) AS sluice_rows"
  }

  private static func list(_ names: [String]) -> String {
    names.map { PostgresConnection.quoted(identifier: $0) }.joined(separator: ", ")
  }
}
