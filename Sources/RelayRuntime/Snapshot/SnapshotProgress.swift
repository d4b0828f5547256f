import EventRouting
import Primitives

/// How far a snapshot is, and the lines that say so: rows, rows a second and time left, of each table and of all.
struct SnapshotProgress {
  private struct Table {
    let name: TableID
    let estimate: UInt64
    var chunksLeft: Int
    var rows: UInt64 = 0
  }

  private var tables: [Table]
  private var current = 0
  private let beganAtMilliseconds: Int64
  private var lastLineAtMilliseconds: Int64
  private(set) var rows: UInt64 = 0
  /// Rows that the tables have by the server's estimate; 0 when it has none.
  let estimate: UInt64

  private static let intervalMilliseconds: Int64 = 5_000

  init(tables: [SnapshotTable], chunks: [Int], at milliseconds: Int64) {
    self.tables = zip(tables, chunks).map { table, chunks in
      Table(name: table.id, estimate: UInt64(max(0, table.estimatedRows)), chunksLeft: chunks)
    }
    estimate = self.tables.reduce(0) { $0 + $1.estimate }
    beganAtMilliseconds = milliseconds
    lastLineAtMilliseconds = milliseconds
  }

  mutating func add(rows: UInt64, toTable table: Int) {
    self.rows += rows
    tables[table].rows += rows
    current = table
  }

  /// A line, and the rows it tells of, once the table is done.
  mutating func endChunk(ofTable table: Int) -> (text: String, rows: UInt64)? {
    tables[table].chunksLeft -= 1
    guard tables[table].chunksLeft == 0 else { return nil }
    return ("snapshot of \(tables[table].name): \(tables[table].rows) rows", tables[table].rows)
  }

  /// A line every few seconds.
  mutating func line(at milliseconds: Int64) -> String? {
    guard milliseconds - lastLineAtMilliseconds >= SnapshotProgress.intervalMilliseconds else { return nil }
    lastLineAtMilliseconds = milliseconds
    let elapsed = UInt64(max(1, milliseconds - beganAtMilliseconds))
    let rate = rows * 1_000 / elapsed
    let table = tables[current]
    var text = "snapshot: \(rows) rows, \(rate)/s, now \(table.name) at \(table.rows)"
    if table.estimate > 0 { text += " of about \(table.estimate)" }
    if estimate > rows, rate > 0 { text += ", about \((estimate - rows) / rate) s left" }
    return text
  }
}
