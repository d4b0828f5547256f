import EventEncoding
import EventRouting
import PostgresSource

/// Cuts the tables of a snapshot into chunks and puts them in order, as Debezium does: same tables first, same ranges, same
/// order of rows within a range. Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.createChunkedDataEvents`,
/// `ChunkBoundaryCalculator`.
struct SnapshotChunkPlanner {
  let plan: SnapshotPlan
  /// `message.key.columns`
  let messageKeys: MessageKeyColumns?

  /// Returns the tables in the order in which they are read, those without a statement left out, and their chunks.
  func chunks(
    of tables: [SnapshotTable], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> (tables: [SnapshotTable], chunks: [SnapshotChunk]) {
    let read = tables.filter { $0.select != nil }
    guard plan.readsInChunks else {
      return (
        read,
        read.enumerated().map {
          SnapshotChunk(table: $0, index: 0, count: 1, source: $1.copySource ?? "(\($1.select ?? ""))")
        }
      )
    }
    var counted: [(table: SnapshotTable, rows: Int64)] = []
    for table in read {
      let answer = try connection.query("SELECT count(*) FROM \(table.quotedName)").firstValue
      counted.append((table, answer.flatMap { Int64($0) } ?? 0))
    }
    // Without chunks Debezium's connector for PostgreSQL knows no counts, and the order stays as it was.
    switch plan.rowCountOrder {
    case .disabled: break
    case .ascending: counted = SnapshotChunkPlanner.stablySorted(counted) { $0 < $1 }
    case .descending: counted = SnapshotChunkPlanner.stablySorted(counted) { $0 > $1 }
    }
    var chunks: [SnapshotChunk] = []
    for (place, entry) in counted.enumerated() {
      let selects = try selects(entry.table, rows: entry.rows, on: connection)
      for (index, select) in selects.enumerated() {
        chunks.append(SnapshotChunk(table: place, index: index, count: selects.count, source: "(\(select))"))
      }
    }
    return (counted.map(\.table), chunks)
  }

  private static func stablySorted(
    _ tables: [(table: SnapshotTable, rows: Int64)], by isBefore: (Int64, Int64) -> Bool
  ) -> [(table: SnapshotTable, rows: Int64)] {
    tables.enumerated().sorted { left, right in
      isBefore(left.element.rows, right.element.rows)
        || left.element.rows == right.element.rows && left.offset < right.offset
    }.map(\.element)
  }

  private func selects(
    _ table: SnapshotTable, rows: Int64, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [String] {
    let select = table.select ?? ""
    let columns = table.keyColumns(messageKeys)
    // Rows with a NULL in the key, which a unique index may have, are on neither side of any bound.
    if columns.isEmpty || table.hasOverride || table.hasNullable(columns) { return [select] }
    let key = columns.map { PostgresConnection.quoted(identifier: $0) }
    guard try SnapshotChunkPlanner.hasOrder(key, of: table, on: connection) else { return [select] }
    let count = SnapshotChunkPlanner.chunkCount(
      rows: rows, readers: plan.readers, multiplier: plan.multiplier(of: table.id.description))
    var bounds: [[String]] = []
    let positions = SnapshotChunkPlanner.boundaryPositions(rows: rows, chunks: count)
    if !positions.isEmpty {
      // One pass over the key's index instead of one for each boundary.
      let keys = key.joined(separator: ", ")
      let answer = try connection.query(
        """
        SELECT \(keys) FROM (
          SELECT \(keys), row_number() OVER (ORDER BY \(keys)) AS sluice_row FROM \(table.quotedName)) AS sluice_keys
        WHERE sluice_row IN (\(positions.map { String($0 + 1) }.joined(separator: ", "))) ORDER BY sluice_row
        """)
      // None is NULL: a table with a nullable key is read whole.
      bounds = answer.rows.map { $0.compactMap { $0 } }
    }
    return SnapshotChunkPlanner.ranges(select, key: key, bounds: bounds)
  }

  /// A key that `message.key.columns` makes may be of types without one, such as json: then Debezium's snapshot fails.
  private static func hasOrder(
    _ key: [String], of table: SnapshotTable, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let keys = key.joined(separator: ", ")
    try connection.execute("SAVEPOINT sluice_key")
    do throws(PostgresError) {
      _ = try connection.query("SELECT \(keys) FROM \(table.quotedName) ORDER BY \(keys) LIMIT 0")
      try connection.execute("RELEASE SAVEPOINT sluice_key")
      return true
    } catch {
      guard error.sqlState == "42883" else { throw error }
      try connection.execute("ROLLBACK TO SAVEPOINT sluice_key")
      return false
    }
  }

  /// How many chunks a table of so many rows is cut into. Source: Debezium 3.6, `calculateChunkCount`.
  static func chunkCount(rows: Int64, readers: Int, multiplier: Int) -> Int {
    if rows <= 0 { return 1 }
    let (wanted, overflow) = Int64(readers).multipliedReportingOverflow(by: Int64(multiplier))
    if overflow { return Int(clamping: rows) }
    let rowsPerChunk = max(1, rows / wanted)
    return Int(min(wanted, max(1, rows / rowsPerChunk)))
  }

  /// Rows, counted from 0 in the key's order, at which the second and later chunks begin.
  static func boundaryPositions(rows: Int64, chunks: Int) -> [Int64] {
    let size = rows / Int64(chunks)
    if chunks <= 1 || size == 0 { return [] }
    return (1..<Int64(chunks)).map { $0 * size }
  }

  /// One statement for each range between the bounds, rows in the key's order.
  static func ranges(_ select: String, key: [String], bounds: [[String]]) -> [String] {
    let keys = key.joined(separator: ", ")
    func compared(_ sign: String, _ bound: [String]) -> String {
      // Literals without a type take that of the column they are compared with.
      "(\(keys)) \(sign) (\(bound.map { PostgresConnection.quoted(literal: $0) }.joined(separator: ", ")))"
    }
    return (0...bounds.count).map { index in
      var conditions: [String] = []
      if index > 0 { conditions.append(compared(">=", bounds[index - 1])) }
      if index < bounds.count { conditions.append(compared("<", bounds[index])) }
      let range = conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
      return "\(select)\(range) ORDER BY \(keys)"
    }
  }
}
