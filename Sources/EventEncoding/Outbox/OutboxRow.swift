import ConnectData
import EventRouting
import PgOutput
import Primitives

/// One outbox row and its table, as the encoder asks for its columns by field.
struct OutboxRow {
  let relation: RelationPlan
  let tuple: TupleLayout
  let lsn: LSN

  func column(_ field: Int) -> TupleColumn { tuple[relation.columns[field].tupleIndex] }

  /// The SQL value is NULL; a default of the schema does not count here, as in `Struct.getInt64` and its like.
  func isNull(_ field: Int) -> Bool { column(field) == .null }

  /// The column's value; a null gives the default where there is one, as in `Struct.get`.
  func value(_ field: Int, _ message: RawSpan, rows: inout RowEncoder) throws(TransformFailure) -> ConnectValue {
    do throws(PipelineError) {
      return try rows.value(relation, relation.columns[field], tuple, message, lsn: lsn)
    } catch {
      throw TransformFailure(error.reason)
    }
  }

  func text(_ range: Range<Int>, _ message: RawSpan) -> String {
    let bytes = message.extracting(range)
    return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// NULL, or text of which `String.trim` leaves nothing. Other types are never blank.
  func isBlank(_ field: Int, _ message: RawSpan) -> Bool {
    switch column(field) {
    case .null: return relation.columns[field].schema.defaultValue == nil
    case .text(let range):
      guard case .string = relation.columns[field].schema.kind else { return false }
      // Java's trim takes every character up to the space, and such bytes stand for nothing else in UTF-8.
      for offset in range where message.byte(at: offset) > 0x20 { return false }
      return true
    case .unchanged, .binary: return false
    }
  }
}

extension PipelineError {
  /// The cause alone, for an error that names the place itself.
  var reason: String {
    switch cause {
    case .decode(let error): "\(error)"
    case .conversion(let error, let column): "column \(column) cannot be converted: \(error)"
    case .transform(_, let failure): "\(failure)"
    case .converter(let reason), .unexpectedMessage(let reason): reason
    }
  }
}
