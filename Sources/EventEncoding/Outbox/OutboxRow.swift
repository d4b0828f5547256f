import ConnectData
import EventRouting
import PgOutput
import Primitives

/// One outbox row and its table, as the encoder asks for its columns by field.
struct OutboxRow {
  let relation: RelationPlan
  let tuple: TupleLayout
  /// The whole old row, where the server sent it: it has what an update left unchanged and out.
  let old: TupleLayout?
  let lsn: LSN

  func column(_ field: Int) -> TupleColumn {
    let index = relation.columns[field].tupleIndex
    if let old, case .unchanged = tuple[index], case .text = old[index] { return old[index] }
    return tuple[index]
  }

  /// The SQL value is NULL; a default of the schema does not count here, as in `Struct.getInt64` and its like.
  func isNull(_ field: Int) -> Bool { column(field) == .null }

  /// The column's value; a null gives the default where there is one, as in `Struct.get`.
  func value(_ field: Int, _ message: RawSpan, rows: inout RowEncoder) throws(TransformFailure) -> ConnectValue {
    do throws(PipelineError) {
      return try rows.value(relation, relation.columns[field], tuple, old: old, message, lsn: lsn)
    } catch {
      throw TransformFailure(error.reason)
    }
  }
}

extension PipelineError {
  /// The cause alone, for an error that names the place itself.
  var reason: String {
    switch cause {
    case .decode(let error): "\(error)"
    case .conversion(let error, let column): "column \(column) cannot be converted: \(error)"
    case .refused(let refusal): "Kafka does not take the record: \(refusal)"
    case .held(let lsn): "its key waits behind the dead letter of LSN \(lsn)"
    case .tooManyHeldKeys:
      "more than \(HeldKeys.countMax) keys wait behind dead letters: mend what fails, then run sluice replay"
    case .reselection(let columns, let reason): "re-selecting \(columns.joined(separator: ", ")): \(reason)"
    case .transform(_, let failure): "\(failure)"
    case .converter(let reason), .unexpectedMessage(let reason): reason
    }
  }
}
