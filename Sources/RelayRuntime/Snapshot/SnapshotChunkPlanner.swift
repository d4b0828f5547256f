import EventEncoding
import EventRouting
import PostgresSource

/// Cuts the tables of a snapshot into chunks and puts them in order, as Debezium does: same tables first, same ranges, same
/// order of rows within a range. Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.createChunkedDataEvents`,
/// `ChunkBoundaryCalculator`.
///
/// Large tables are cut by their blocks instead, as many chunks of them: ranges of a key have the server count, look for bounds
/// and then sort, or fetch each row by itself, and the first row of a chunk comes only after that.
struct SnapshotChunkPlanner {
  let plan: SnapshotPlan
  /// `message.key.columns`
  let messageKeys: MessageKeyColumns?
  /// Whether all statements see the same rows. Otherwise an update moves a row to another block between two of them.
  let seesOneState: Bool

  /// 64 MiB, which are sorted in a quarter of a second.
  static let blocksOfLargeTable: Int64 = 8_192

  /// A table, what is counted of it, and how many blocks it has where it is cut by them.
  private struct Measured {
    let table: SnapshotTable
    let rows: Int64
    let blocks: Int64?
  }

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
    var measured: [Measured] = []
    for table in read { measured.append(try measure(table, on: connection)) }
    // Without chunks Debezium's connector for PostgreSQL knows no counts, and the order stays as it was.
    switch plan.rowCountOrder {
    case .disabled: break
    case .ascending: measured = SnapshotChunkPlanner.stablySorted(measured) { $0 < $1 }
    case .descending: measured = SnapshotChunkPlanner.stablySorted(measured) { $0 > $1 }
    }
    var chunks: [SnapshotChunk] = []
    for (place, entry) in measured.enumerated() {
      let selects = try selects(entry, on: connection)
      for (index, select) in selects.enumerated() {
        chunks.append(SnapshotChunk(table: place, index: index, count: selects.count, source: "(\(select))"))
      }
    }
    return (measured.map(\.table), chunks)
  }

  private func measure(
    _ table: SnapshotTable, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Measured {
    var blocks: Int64?
    // A table without a key is in one partition of its topic as it is in the database: in the order of its rows.
    if seesOneState, !table.hasOverride, !table.keyColumns(messageKeys).isEmpty {
      // Locked from here on, as by counting: a table that is rewritten has no rows for a snapshot that is older.
      try connection.execute("SELECT FROM \(table.quotedName) LIMIT 0")
      blocks = try TableCatalog.blockCount(ofTable: table.oid, on: connection)
    }
    if let count = blocks, count < SnapshotChunkPlanner.blocksOfLargeTable { blocks = nil }
    if blocks != nil, plan.rowCountOrder == .disabled { return Measured(table: table, rows: 0, blocks: blocks) }
    let rows = try connection.query("SELECT count(*) FROM \(table.quotedName)").firstValue
    return Measured(table: table, rows: rows.flatMap { Int64($0) } ?? 0, blocks: blocks)
  }

  private static func stablySorted(_ tables: [Measured], by isBefore: (Int64, Int64) -> Bool) -> [Measured] {
    tables.enumerated().sorted { left, right in
      isBefore(left.element.rows, right.element.rows)
        || left.element.rows == right.element.rows && left.offset < right.offset
    }.map(\.element)
  }

  private func selects(
    _ measured: Measured, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [String] {
    let (table, rows) = (measured.table, measured.rows)
    let select = table.select ?? ""
    let multiplier = plan.multiplier(of: table.id.description)
    if let blocks = measured.blocks {
      let count = SnapshotChunkPlanner.chunkCount(rows: blocks, readers: plan.readers, multiplier: multiplier)
      let positions = SnapshotChunkPlanner.boundaryPositions(rows: blocks, chunks: count)
      return SnapshotChunkPlanner.ranges(
        select, ofBlocks: try SnapshotChunkPlanner.withRows(positions, of: table, on: connection))
    }
    let columns = table.keyColumns(messageKeys)
    // Rows with a NULL in the key, which a unique index may have, are on neither side of any bound.
    if columns.isEmpty || table.hasOverride || table.hasNullable(columns) { return [select] }
    let key = columns.map { PostgresConnection.quoted(identifier: $0) }
    guard try SnapshotChunkPlanner.hasOrder(key, of: table, on: connection) else { return [select] }
    let count = SnapshotChunkPlanner.chunkCount(rows: rows, readers: plan.readers, multiplier: multiplier)
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

  /// The bounds without those of empty ranges, which join the one before: by the first and the last chunk's rows is known which
  /// row opens and which closes the table. The server looks for one row of each, no further than the range.
  private static func withRows(
    _ bounds: [Int64], of table: SnapshotTable, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [Int64] {
    var starts: [Int64] = []
    for (start, range) in zip([0] + bounds, ranges("SELECT FROM \(table.quotedName)", ofBlocks: bounds))
    where try !connection.query("\(range) LIMIT 1").rows.isEmpty { starts.append(start) }
    return Array(starts.dropFirst())
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
    return ranges(select, bounds, order: " ORDER BY \(keys)") { sign, bound in
      // Literals without a type take that of the column they are compared with.
      "(\(keys)) \(sign) (\(bound.map { PostgresConnection.quoted(literal: $0) }.joined(separator: ", ")))"
    }
  }

  /// One statement for each range of blocks; the second and later begin with the blocks given. The last has no end: what the
  /// table has grown by since is not seen.
  static func ranges(_ select: String, ofBlocks bounds: [Int64]) -> [String] {
    ranges(select, bounds, order: "") { sign, block in "ctid \(sign) '(\(block),0)'" }
  }

  private static func ranges<Bound>(
    _ select: String, _ bounds: [Bound], order: String, compared: (_ sign: String, _ bound: Bound) -> String
  ) -> [String] {
    (0...bounds.count).map { index in
      var conditions: [String] = []
      if index > 0 { conditions.append(compared(">=", bounds[index - 1])) }
      if index < bounds.count { conditions.append(compared("<", bounds[index])) }
      let range = conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
      return "\(select)\(range)\(order)"
    }
  }
}
