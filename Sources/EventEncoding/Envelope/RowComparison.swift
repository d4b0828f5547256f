import ConnectData
import PgOutput
import Primitives

/// Whether two rows of one update are alike, as Debezium sees it: it compares what the columns have become, not what the
/// server printed. Equal bytes settle nearly every column; only the others are converted.
enum RowComparison {
  /// Whether the update changes the key.
  static func keyDiffers(_ plan: RelationPlan, _ old: TupleLayout, _ new: TupleLayout, _ message: RawSpan) -> Bool {
    plan.keyColumns.contains { differs($0, old, new, message) }
  }

  /// Whether the update changes any of the columns that records hold (`skip.messages.without.change`).
  static func rowDiffers(_ plan: RelationPlan, _ old: TupleLayout, _ new: TupleLayout, _ message: RawSpan) -> Bool {
    plan.columns.contains { differs($0, old, new, message) }
  }

  private static func differs(
    _ column: ColumnPlan, _ old: TupleLayout, _ new: TupleLayout, _ message: RawSpan
  ) -> Bool {
    let before = old[column.tupleIndex]
    let after = new[column.tupleIndex]
    switch (before, after) {
    // An unchanged TOAST value is taken from the old row, where that has it.
    case (.null, .null), (.unchanged, .unchanged), (.text, .unchanged): return false
    case (.text(let left), .text(let right)) where equal(message.extracting(left), message.extracting(right)):
      return false
    default: return json(column, before, message) != json(column, after, message)
    }
  }

  /// The value without defaults in the place of nulls: to Debezium the two differ.
  private static func json(_ column: ColumnPlan, _ value: TupleColumn, _ message: RawSpan) -> [UInt8] {
    let tree: ConnectValue
    switch value {
    case .null, .binary: tree = column.absentValue
    case .unchanged: tree = column.unavailableValue
    case .text(let range):
      do throws(ConversionError) {
        tree = try column.value(message.extracting(range))
      } catch {
        tree = .null
      }
    }
    var out = ByteWriter()
    JSONConverter.write(tree, column.schema, JSONOptions(replacesNullWithDefault: false), into: &out)
    return out.array
  }

  private static func equal(_ left: RawSpan, _ right: RawSpan) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    for offset in 0..<left.byteCount where left.byte(at: offset) != right.byte(at: offset) { return false }
    return true
  }
}
