import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Writes the rows of a relation as keys and as `before` or `after`. Values go from the frame to the record as bytes.
struct RowEncoder {
  let conversionFailureMode: ConversionFailureMode
  let keyConverter: RecordConverter
  /// The key's JSON is written as the value's is.
  let keyIsRowJSON: Bool

  /// A dead letter shows what could not be converted as PostgreSQL's text.
  var keepsUnconvertedText = false
  /// While a key is made. There Debezium converts outside `event.converting.failure.handling.mode`, so its task fails.
  private var isInKey = false

  /// A column that could not be converted and was written as null, for the log.
  private(set) var warning: ConversionWarning?

  init(options: PipelineOptions) {
    conversionFailureMode = options.conversionFailureMode
    keyConverter = options.keyConverter
    keyIsRowJSON = options.keyConverter.json?.options == options.valueConverter.json?.options ?? JSONOptions()
  }

  mutating func takeWarning() -> ConversionWarning? {
    defer { warning = nil }
    return warning
  }

  /// A JSON object of all fields. `old` stands in for unchanged TOAST values where the server sent the whole old row.
  mutating func writeRow(
    _ plan: RelationPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan, lsn: LSN,
    into out: inout ByteWriter
  ) throws(PipelineError) {
    out.append(UInt8(ascii: "{"))
    try writeFields(plan, plan.columns, plan.steps, tuple, old: old, message, lsn: lsn, into: &out)
    out.append(UInt8(ascii: "}"))
  }

  /// `steps` are those of `columns`.
  @inline(__always)
  private mutating func writeFields(
    _ plan: RelationPlan, _ columns: [ColumnPlan], _ steps: [ColumnStep], _ tuple: TupleLayout, old: TupleLayout?,
    _ message: RawSpan, lsn: LSN, into out: inout ByteWriter
  ) throws(PipelineError) {
    let stepBytes = plan.stepBytes
    let texts = unsafe stepBytes.span.bytes
    let steps = steps.span
    for index in steps.indices {
      let step = steps[index]
      out.append(texts, piece: step.name.range)
      switch tuple[Int(step.tupleIndex)] {
      case .text(let range) where step.write(message.extracting(range), into: &out): continue
      case .null: out.append(texts, piece: step.null.range)
      default: try writeColumn(plan, columns[index], tuple, old: old, message, lsn: lsn, into: &out)
      }
    }
  }

  /// The JSON of one field.
  mutating func writeColumn(
    _ plan: RelationPlan, _ columnPlan: ColumnPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan,
    lsn: LSN,
    into out: inout ByteWriter
  ) throws(PipelineError) {
    let tupleIndex = columnPlan.tupleIndex
    var column = tuple[tupleIndex]
    if case .unchanged = column, let old, case .text = old[tupleIndex] { column = old[tupleIndex] }
    switch column {
    case .null: out.append(columnPlan.nullJSON)
    case .unchanged:
      try requireUnavailable(plan, columnPlan, lsn: lsn)
      out.append(columnPlan.unavailableJSON)
    case .binary:
      throw PipelineError(
        .unexpectedMessage("a value in binary format, which was not asked for"), table: plan.id, lsn: lsn)
    case .text(let range):
      let start = out.count
      do throws(ConversionError) {
        if columnPlan.mask == nil {
          try columnPlan.codec.writeJSON(message.extracting(range), into: &out)
        } else {
          let value = try columnPlan.value(message.extracting(range))
          JSONConverter.write(value, columnPlan.schema, columnPlan.codec.options, into: &out)
        }
      } catch {
        out.truncate(to: start)
        if keepsUnconvertedText, columnPlan.mask == nil {
          JSONText.writeString(message.extracting(range), into: &out)
          return
        }
        if !keepsUnconvertedText { try failed(plan, columnPlan, error, lsn: lsn) }
        out.append(columnPlan.nullJSON)
      }
    }
  }

  /// One field as a value, for converters that take no bytes. A null gives the default where there is one, as
  /// `Struct.get` does.
  mutating func value(
    _ plan: RelationPlan, _ column: ColumnPlan, _ tuple: TupleLayout, old: TupleLayout? = nil, _ message: RawSpan,
    lsn: LSN
  ) throws(PipelineError) -> ConnectValue {
    var field = tuple[column.tupleIndex]
    if case .unchanged = field, let old, case .text = old[column.tupleIndex] { field = old[column.tupleIndex] }
    switch field {
    case .null:
      let absent = column.absentValue
      return absent == .null ? column.schema.defaultValue ?? .null : absent
    case .unchanged:
      try requireUnavailable(plan, column, lsn: lsn)
      return column.unavailableValue
    case .binary:
      throw PipelineError(
        .unexpectedMessage("a value in binary format, which was not asked for"), table: plan.id, lsn: lsn)
    case .text(let range):
      do throws(ConversionError) {
        return try column.value(message.extracting(range))
      } catch {
        try failed(plan, column, error, lsn: lsn)
        return column.schema.defaultValue ?? .null
      }
    }
  }

  /// Throws what making the whole row would throw.
  mutating func check(
    _ plan: RelationPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan, lsn: LSN
  ) throws(PipelineError) {
    for column in plan.fallibleColumns { _ = try treeValue(plan, column, tuple, old: old, message, lsn: lsn) }
  }

  /// One field as it stands in a record that is a tree: what `writeColumn` writes, with defaults left to the converter.
  mutating func treeValue(
    _ plan: RelationPlan, _ columnPlan: ColumnPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan,
    lsn: LSN
  ) throws(PipelineError) -> ConnectValue {
    let tupleIndex = columnPlan.tupleIndex
    var column = tuple[tupleIndex]
    if case .unchanged = column, let old, case .text = old[tupleIndex] { column = old[tupleIndex] }
    switch column {
    case .null: return columnPlan.absentValue
    case .unchanged:
      try requireUnavailable(plan, columnPlan, lsn: lsn)
      return columnPlan.unavailableValue
    case .binary:
      throw PipelineError(
        .unexpectedMessage("a value in binary format, which was not asked for"), table: plan.id, lsn: lsn)
    case .text(let range):
      do throws(ConversionError) {
        return try columnPlan.value(message.extracting(range))
      } catch {
        try failed(plan, columnPlan, error, lsn: lsn)
        return columnPlan.absentValue
      }
    }
  }

  /// The row as `before` or `after` of a record that is a tree.
  mutating func treeRow(
    _ plan: RelationPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan, lsn: LSN
  ) throws(PipelineError) -> ConnectValue {
    var values: [ConnectValue] = []
    values.reserveCapacity(plan.columns.count)
    for column in plan.columns {
      values.append(try treeValue(plan, column, tuple, old: old, message, lsn: lsn))
    }
    return .structure(values)
  }

  /// The key of a record that is a tree.
  mutating func treeKey(
    _ plan: RelationPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan, lsn: LSN
  ) throws(PipelineError) -> ConnectValue {
    isInKey = true
    defer { isInKey = false }
    var values: [ConnectValue] = []
    for column in plan.keyColumns {
      values.append(try treeValue(plan, column, tuple, old: old, message, lsn: lsn))
    }
    if let field = plan.keyField { values.append(.text(field.value)) }
    return .structure(values)
  }

  /// Where the type has no placeholder for an unchanged TOAST value (`bytea` as base64), a required column has no value at
  /// all, and Debezium's task fails.
  private func requireUnavailable(
    _ plan: RelationPlan, _ column: ColumnPlan, lsn: LSN
  ) throws(PipelineError) {
    guard column.lacksUnavailable, !column.mayBeNull, !keepsUnconvertedText else { return }
    throw PipelineError(
      .conversion(ConversionError(.requiredValueIsNull, at: 0), column: column.name), table: plan.id,
      keyColumns: plan.keyColumnNames, lsn: lsn)
  }

  private mutating func failed(
    _ plan: RelationPlan, _ column: ColumnPlan, _ error: ConversionError, lsn: LSN
  ) throws(PipelineError) {
    // A record without a required value is none: there Debezium's task fails whatever the mode.
    if conversionFailureMode == .fail || !column.mayBeNull || isInKey && error.kind != .refusedBySchema {
      throw PipelineError(
        .conversion(error, column: column.name), table: plan.id, keyColumns: plan.keyColumnNames, lsn: lsn)
    }
    if conversionFailureMode == .warn {
      warning = ConversionWarning(table: plan.id, column: column.name, error: error, lsn: lsn)
    }
  }

  /// The key as a value, in the key's order.
  mutating func keyValue(
    _ plan: RelationPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan, lsn: LSN
  ) throws(PipelineError) -> ConnectValue {
    isInKey = true
    defer { isInKey = false }
    var values: [ConnectValue] = []
    for column in plan.keyColumns { values.append(try value(plan, column, tuple, old: old, message, lsn: lsn)) }
    if let field = plan.keyField { values.append(.text(field.value)) }
    return .structure(values)
  }

  /// Writes the record's key from the row. A table without a key gives none.
  mutating func writeKey(
    _ plan: RelationPlan, _ tuple: TupleLayout, old: TupleLayout?, _ message: RawSpan, lsn: LSN,
    into record: inout EncodedRecord
  ) throws(PipelineError) {
    guard plan.hasKey else { return }
    let start = record.bytes.count
    guard keyIsRowJSON else {
      let key = try keyValue(plan, tuple, old: old, message, lsn: lsn)
      record.key = try writeTree(key, plan.keySchema, keyConverter, plan: plan, lsn: lsn, into: &record.bytes)
      return
    }
    isInKey = true
    defer { isInKey = false }
    record.bytes.append(plan.keyPrefix)
    record.bytes.append(UInt8(ascii: "{"))
    try writeFields(
      plan, plan.keyColumns, plan.keySteps, tuple, old: old, message, lsn: lsn, into: &record.bytes)
    if let field = plan.keyField { record.bytes.append(field.json) }
    record.bytes.append(UInt8(ascii: "}"))
    if !plan.keyPrefix.isEmpty { record.bytes.append(UInt8(ascii: "}")) }
    record.key = start..<record.bytes.count
  }
}

/// A value that was written as null since it could not be converted.
public struct ConversionWarning: Sendable {
  public let table: TableID
  public let column: String
  public let error: ConversionError
  public let lsn: LSN
}
