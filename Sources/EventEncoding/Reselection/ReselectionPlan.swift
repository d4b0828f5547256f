import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Which columns of one relation are read again, and by what key. Made once per relation.
final class ReselectionPlan {
  private struct Column {
    let name: String
    let tupleIndex: Int
    /// What stands for it tells that the value is not there; a mask may hide that.
    let isUnavailableSeen: Bool
    let isNullSeen: Bool
  }

  private let table: TableID
  private let columns: [Column]
  private let key: [(name: String, type: TypeDescription, tupleIndex: Int)]
  let failsOnError: Bool

  /// `nil` where nothing of the table is ever read again.
  /// - Parameter key: names of the columns that find the row.
  init?(
    _ reselection: RowReselection, _ relation: Relation, _ table: TableDescription, columns: [ColumnPlan], key: [String]
  ) {
    let id = TableID(schema: relation.schema, name: relation.name)
    self.table = id
    failsOnError = reselection.failsOnError
    self.columns = columns.compactMap { plan in
      let name = relation.columns[plan.tupleIndex].name
      guard reselection.includes(name, of: id) else { return nil }
      // A null that a default stands for is none, and a type without placeholder has a null in its place.
      let takesNulls = reselection.takesNulls && plan.absentValue == .null && plan.schema.defaultValue == nil
      let unavailable = plan.unavailableValue
      let takesUnavailable =
        unavailable == .null
        ? takesNulls : reselection.takesUnavailable && unavailable == plan.codec.unavailable
      guard takesNulls || takesUnavailable else { return nil }
      return Column(
        name: name, tupleIndex: plan.tupleIndex, isUnavailableSeen: takesUnavailable, isNullSeen: takesNulls)
    }
    if self.columns.isEmpty { return nil }
    self.key = key.compactMap { name in
      guard let index = relation.columns.firstIndex(where: { $0.name == name }) else { return nil }
      return (name, table.column(for: relation.columns[index]).type, index)
    }
  }

  /// What is missing in the row. `nil`, and nothing is allocated, where it is whole.
  func lookup(
    _ new: TupleLayout, old: TupleLayout?, _ message: RawSpan, in transaction: TransactionID
  ) -> RowLookup? {
    guard columns.contains(where: { isMissing($0, new, old) }) else { return nil }
    return RowLookup(
      table: table, columns: columns.filter { isMissing($0, new, old) }.map(\.name),
      key: key.map { column in
        RowLookup.KeyColumn(
          name: column.name, typeSchema: column.type.schemaName, typeName: column.type.name,
          value: ReselectionPlan.text(new[column.tupleIndex], old?[column.tupleIndex], message))
      }, transaction: transaction)
  }

  /// The row with the answer's values, which stand in `bytes` from now on.
  func completed(
    _ new: TupleLayout, old: TupleLayout?, _ values: [[UInt8]?], bytes: inout [UInt8]
  ) -> TupleLayout {
    var replacements: [Int: TupleColumn] = [:]
    for (column, value) in zip(columns.filter { isMissing($0, new, old) }, values) {
      guard let value else {
        replacements[column.tupleIndex] = .null
        continue
      }
      replacements[column.tupleIndex] = .text(bytes.count..<bytes.count + value.count)
      bytes += value
    }
    var row = TupleLayout()
    for index in 0..<new.count { row.append(replacements[index] ?? new[index]) }
    return row
  }

  private func isMissing(_ column: Column, _ new: TupleLayout, _ old: TupleLayout?) -> Bool {
    switch new[column.tupleIndex] {
    case .null: return column.isNullSeen
    case .unchanged:
      if let old, case .text = old[column.tupleIndex] { return false }
      return column.isUnavailableSeen
    case .text, .binary: return false
    }
  }

  private static func text(_ column: TupleColumn, _ old: TupleColumn?, _ message: RawSpan) -> [UInt8]? {
    switch (column, old) {
    case (.text(let range), _), (.unchanged, .text(let range)): message.extracting(range).array
    default: nil
    }
  }
}
