import ConnectData
import EventRouting
import PgOutput
import Primitives

/// With `errors.tolerance=all` a record that cannot be made goes to the dead-letter topic instead, as it was before the
/// transforms: key and value in JSON without schemas. It is one more record of its transaction, so that the position
/// waits for its acknowledgement as for any other's.
extension EventPipeline {
  /// Takes back the record that was begun, and puts its dead letter in its place. Throws the error itself where none is
  /// tolerated.
  mutating func bury(
    _ error: PipelineError, _ plan: RelationPlan?, _ topic: Int,
    _ write: (inout EventPipeline, inout EncodedRecord) throws(PipelineError) -> Void
  ) throws(PipelineError) {
    records.cancelLast()
    guard let deadLetter = options.deadLetter, error.concernsOneRecord else { throw error }
    let slot = records.append(plan, at: error.lsn)
    rows.keepsUnconvertedText = true
    defer { rows.keepsUnconvertedText = false }
    do throws(PipelineError) {
      if deadLetter.addsContextHeaders {
        for (name, value) in deadLetterHeaders(error, deadLetter, topics.names[topic]) {
          slot.record.appendHeader(Array(name.utf8)) { out in
            out.append(utf8: value)
            return true
          }
        }
      }
      slot.record.topic = topics.index(of: deadLetter.topic)
      try write(&self, &slot.record)
    } catch {
      records.cancelLast()
      throw error
    }
    deadLetters.add(error)
  }

  /// Connect's context headers, as far as there is something to say, and where the change stands in the log.
  private func deadLetterHeaders(
    _ error: PipelineError, _ deadLetter: DeadLetterOptions, _ topic: String
  ) -> [(String, String)] {
    var className = "io.debezium.connector.postgresql.PostgresConnectorTask"
    switch error.cause {
    case .transform(let alias, _):
      className = chain.steps.first { $0.alias == alias }.map { $0.className } ?? alias
    case .converter: className = options.valueConverter.className
    case .conversion, .decode, .unexpectedMessage, .reselection: break
    }
    var headers = [
      ("__connect.errors.topic", topic), ("__connect.errors.connector.name", deadLetter.connectorName),
      ("__connect.errors.task.id", options.taskID), ("__connect.errors.stage", error.stage),
      ("__connect.errors.class.name", className),
      ("__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"),
      ("__connect.errors.exception.message", error.reason), ("sluice.errors.lsn", "\(error.lsn)"),
    ]
    if let table = error.table { headers.append(("sluice.errors.table", "\(table)")) }
    return headers
  }

  /// Key and envelope of a row's change, without schemas and whatever the converters are.
  mutating func writeDeadRow(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, fallback: TupleLayout?,
    _ message: RawSpan, _ lsn: LSN, _ now: Int64, into record: inout EncodedRecord
  ) throws(PipelineError) {
    if let row = new ?? old { try writeDeadKey(plan, row, fallback, message, lsn, into: &record) }
    try writeEnvelope(
      operation, plan, prefix: [], old: old, new: new, fallback: fallback, message, lsn, now, collectionOrder: 0,
      into: &record)
  }

  mutating func writeDeadKey(
    _ plan: RelationPlan, _ row: TupleLayout, _ fallback: TupleLayout?, _ message: RawSpan, _ lsn: LSN,
    into record: inout EncodedRecord
  ) throws(PipelineError) {
    guard plan.hasKey else { return }
    let start = record.bytes.count
    record.bytes.append(UInt8(ascii: "{"))
    for column in plan.keyColumns {
      record.bytes.append(column.nameJSON)
      try rows.writeColumn(plan, column, row, old: fallback, message, lsn: lsn, into: &record.bytes)
    }
    record.bytes.append(UInt8(ascii: "}"))
    record.key = start..<record.bytes.count
  }

  /// A record that is no change of a table.
  func writeDeadTree(_ tree: ConnectRecord, _ lsn: LSN, into record: inout EncodedRecord) throws(PipelineError) {
    let json = RecordConverter.json(schemasEnabled: false, JSONOptions())
    if let schema = tree.keySchema {
      record.key = try writeTree(tree.key, schema.schema, json, plan: nil, lsn: lsn, into: &record.bytes)
    }
    if let schema = tree.valueSchema {
      record.value = try writeTree(tree.value, schema.schema, json, plan: nil, lsn: lsn, into: &record.bytes)
    }
  }
}

extension RecordConverter {
  /// The Java class that this stands for.
  var className: String {
    switch self {
    case .json: "org.apache.kafka.connect.json.JsonConverter"
    case .string: "org.apache.kafka.connect.storage.StringConverter"
    case .byteArray: "org.apache.kafka.connect.converters.ByteArrayConverter"
    case .binaryData: "io.debezium.converters.BinaryDataConverter"
    }
  }
}
