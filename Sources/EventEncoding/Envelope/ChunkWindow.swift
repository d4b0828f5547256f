import EventRouting
import PgOutput
import Primitives

/// Rows of one table as a query saw them, with the table as it was then.
public struct WindowRows: Sendable {
  public let relation: Relation
  public let table: TableDescription
  /// Columns as in `relation`.
  public let rows: RowBatch

  public init(relation: Relation, table: TableDescription, rows: RowBatch) {
    self.relation = relation
    self.table = table
    self.rows = rows
  }
}

/// A chunk of an incremental snapshot that waits until the stream has passed everything its query saw. A change that comes
/// meanwhile takes the row of its key out, so that no key goes back to an older state.
/// Source: DBLog, "A Watermark Based Change-Data-Capture Framework" (2020), and Debezium 3.6,
/// `AbstractIncrementalSnapshotChangeEventSource.deduplicateWindow`.
struct ChunkWindow {
  let plan: RelationPlan
  let rows: RowBatch
  /// Changes count only once the opening watermark has come.
  var isDeduplicating: Bool
  /// The next row to send.
  var next = 0
  /// A change came that cannot be compared with the rows: they must be read again.
  private(set) var isStale = false
  private var isRemoved: [Bool]
  /// Rows by key. Rows of one key, where the key is not unique, are chained through `sameKey`.
  private var byKey: [[UInt8]: Int] = [:]
  private var sameKey: [Int?]
  private let keyNames: [String]
  private var keyBytes: [UInt8] = []

  init(_ rows: RowBatch, plan: RelationPlan, isDeduplicating: Bool) {
    self.plan = plan
    self.rows = rows
    self.isDeduplicating = isDeduplicating
    isRemoved = Array(repeating: false, count: rows.rowCount)
    sameKey = Array(repeating: nil, count: rows.rowCount)
    keyNames = plan.keyColumnNames
    guard plan.hasKey else { return }
    var tuple = TupleLayout()
    for row in 0..<rows.rowCount {
      rows.layout(ofRow: row, into: &tuple)
      var key: [UInt8] = []
      guard ChunkWindow.key(plan, tuple, fallback: nil, rows.span, into: &key) else { continue }
      sameKey[row] = byKey.updateValue(row, forKey: key)
    }
  }

  /// Rows that are still to be sent.
  var hasRow: Bool {
    mutating get {
      while next < rows.rowCount, isRemoved[next] { next += 1 }
      return next < rows.rowCount
    }
  }

  /// A change of a row of the table has come.
  mutating func remove(
    _ changed: RelationPlan, _ tuple: TupleLayout, fallback: TupleLayout?, _ message: RawSpan
  ) {
    guard plan.hasKey else { return }
    guard changed.keyColumnNames == keyNames else {
      isStale = true
      return
    }
    keyBytes.removeAll(keepingCapacity: true)
    guard ChunkWindow.key(changed, tuple, fallback: fallback, message, into: &keyBytes) else {
      isStale = true
      return
    }
    guard var row = byKey.removeValue(forKey: keyBytes) else { return }
    while true {
      isRemoved[row] = true
      guard let other = sameKey[row] else { return }
      row = other
    }
  }

  /// The table was emptied.
  mutating func removeAll() {
    byKey.removeAll()
    next = rows.rowCount
  }

  /// The key's texts, each behind its length. `false` where a value is not at hand.
  private static func key(
    _ plan: RelationPlan, _ tuple: TupleLayout, fallback: TupleLayout?, _ bytes: RawSpan, into key: inout [UInt8]
  ) -> Bool {
    for column in plan.keyColumns {
      var value = tuple[column.tupleIndex]
      if case .unchanged = value, let fallback { value = fallback[column.tupleIndex] }
      switch value {
      case .null: key.append(0xFF)
      case .text(let range), .binary(let range):
        // A field is below 1 GB, so the first byte of a length is never that of NULL.
        for shift in [24, 16, 8, 0] { key.append(UInt8(truncatingIfNeeded: range.count >> shift)) }
        for offset in range { key.append(bytes.byte(at: offset)) }
      case .unchanged: return false
      }
    }
    return true
  }
}
