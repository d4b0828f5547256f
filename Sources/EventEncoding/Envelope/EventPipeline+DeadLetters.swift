import ConnectData
import EventRouting
import PgOutput
import Primitives

/// With `errors.tolerance=all` a record that cannot be made or that Kafka refuses goes to the dead-letter topic instead, as
/// it was before the transforms: key and value in JSON without schemas, and in a header what PostgreSQL sent. It is one
/// more record of its transaction, so that the position waits for its acknowledgement as for any other's.
extension EventPipeline {
  /// Room for the headers of a letter beside its change, in bytes.
  private static let letterHeaderBytesMax = 4_096
  /// A letter topic that takes less is of no use.
  private static let letterBytesMin = 8_192

  /// Most records need no more than this look once they are made.
  @inline(__always)
  func isHarmless(_ record: borrowing EncodedRecord) -> Bool {
    record.byteCount <= refusals.harmlessBytesMax && !refusals.hasOthers && heldKeys?.isEmpty ?? true
  }

  /// The last look at a record that was made. Throws where it must not go out.
  mutating func admit(
    _ slot: borrowing RecordQueue.Slot, _ plan: RelationPlan?, _ tuple: TupleLayout?, _ fallback: TupleLayout?,
    _ message: RawSpan
  ) throws(PipelineError) {
    if isHarmless(slot.record) { return }
    let topic = topics.names[slot.record.topic]
    if topic == options.deadLetter?.topic { return }
    if options.deadLetter?.holdsKeys == true {
      nameOfRefused = slot.record.copy(slot.record.key).map { HeldKeys.recordName(topic: topic, key: $0) }
    }
    if let held = heldPosition(plan, tuple, fallback, message, slot.lsn) {
      throw error(.held(behind: held.lsn), plan, slot.lsn)
    }
    let bytes = (slot.record.key?.count ?? 0) + (slot.record.value?.count ?? 0)
    let partition = slot.record.partition
    if let refusal = refusals.refusal(topic: topic, bytes: bytes, partition: partition, at: slot.recordPlace) {
      throw error(.refused(refusal), plan, slot.lsn)
    }
    nameOfRefused = nil
  }

  private func error(_ cause: PipelineError.Cause, _ plan: RelationPlan?, _ lsn: LSN) -> PipelineError {
    PipelineError(cause, table: plan?.id, keyColumns: plan?.keyColumnNames ?? [], lsn: lsn)
  }

  /// Puts a dead letter in the place of the record that was put back. Throws the error itself where none is
  /// tolerated.
  mutating func bury(
    _ error: PipelineError, _ plan: RelationPlan?, _ topic: Int, _ change: LetteredChange?, keyNames: [[UInt8]],
    _ write: (inout EventPipeline, inout EncodedRecord) throws(PipelineError) -> Void
  ) throws(PipelineError) {
    let recordName = nameOfRefused
    nameOfRefused = nil
    guard let deadLetter = options.deadLetter, error.concernsOneRecord else { throw error }
    let hold = try hold(keyNames + (recordName.map { [$0] } ?? []), error)
    var slot = records.take(plan, at: error.lsn)
    rows.keepsUnconvertedText = true
    defer { rows.keepsUnconvertedText = false }
    do throws(PipelineError) {
      writeLetterHeaders(error, deadLetter, topics.names[topic], hold, into: &slot.record)
      slot.record.topic = topics.index(of: deadLetter.topic)
      try write(&self, &slot.record)
    } catch {
      records.putBack(slot)
      throw error
    }
    try close(slot, plan, change?.encode(), error)
    deadLetters.add(error)
  }

  private func writeLetterHeaders(
    _ error: PipelineError, _ deadLetter: DeadLetterOptions, _ topic: String, _ hold: LetterHold?,
    into record: inout EncodedRecord
  ) {
    var headers = [(DeadLetterHeader.connector, Array(deadLetter.connectorName.utf8))]
    if deadLetter.addsContextHeaders {
      headers += deadLetterHeaders(error, deadLetter, topic).map { ($0.0, Array($0.1.utf8)) }
    }
    if let hold { headers.append((DeadLetterHeader.hold, hold.encode())) }
    for (name, value) in headers { record.append(header: name, value) }
  }

  /// Puts in what PostgreSQL sent, and the letter in its place. What does not fit into one letter goes in several, the first
  /// of them without its value.
  private mutating func close(
    _ slot: consuming RecordQueue.Slot, _ plan: RelationPlan?, _ change: [UInt8]?, _ error: PipelineError
  ) throws(PipelineError) {
    let bytesMax = refusals.bytesMax(topic: topics.names[slot.record.topic])
    let size = slot.record.byteCount + (change?.count ?? 0) + EventPipeline.letterHeaderBytesMax
    if bytesMax >= size {
      if let change { slot.record.append(header: DeadLetterHeader.change, change) }
      records.append(slot)
      return
    }
    let room = bytesMax - (slot.record.key?.count ?? 0) - EventPipeline.letterHeaderBytesMax
    guard let change, bytesMax >= EventPipeline.letterBytesMin, room >= bytesMax / 4 else {
      records.putBack(slot)
      throw error
    }
    let parts = LetterParts(of: slot.record, change, room: room)
    guard parts.count <= 65_536 else {
      records.putBack(slot)
      throw error
    }
    parts.write(0, into: &slot.record)
    records.append(slot)
    for index in 1..<parts.count {
      var part = records.takePart(plan, at: error.lsn)
      parts.write(index, into: &part.record)
      records.append(part)
    }
  }

  // MARK: What PostgreSQL sent

  /// - Parameter part: which of the change's records it is.
  func letter(
    of message: RawSpan, _ plan: RelationPlan?, _ operation: Operation, _ tuple: TupleLayout?, part: Int, _ lsn: LSN
  ) -> LetteredChange? {
    guard options.deadLetter != nil else { return nil }
    var bytes: [UInt8]
    var origin: LetteredChange.Origin
    if let snapshotPlace, let plan, let tuple {
      origin = .snapshot(snapshotPlace.origin, snapshotPlace.marker)
      bytes = InsertMessage.encode(plan.relation.oid, tuple, message)
    } else {
      if let transaction {
        origin = .stream(
          Begin(
            commitLSN: transaction.commitLSN, committedAt: transaction.committedAt, transaction: transaction.id),
          transaction.origin, totalOrder: transaction.totalOrder,
          tableOrder: plan.map { transaction.count(of: $0.id) } ?? 0)
      } else {
        origin = .outsideTransaction
      }
      bytes =
        operation == .truncate
        ? plan.map { TruncateMessage.encode($0.relation.oid) } ?? []
        : Array(message, 0..<min(messageBytes, message.byteCount))
    }
    return LetteredChange(
      origin: origin, part: part, lsn: lsn, lastCommit: snapshotPlace.map { $0.origin.lastCommit } ?? lastCommit,
      relation: plan?.relation, message: bytes)
  }

  // MARK: Keys that wait

  private func position(_ lsn: LSN) -> ChangePosition {
    ChangePosition(commit: transaction?.commitLSN ?? lsn, lsn: lsn)
  }

  /// Remembers the failed record's key; `nil` where keys are not held, or it has none.
  private mutating func hold(_ names: [[UInt8]], _ error: PipelineError) throws(PipelineError) -> LetterHold? {
    guard options.deadLetter?.holdsKeys == true, !names.isEmpty else { return nil }
    let hold = LetterHold(position: position(error.lsn), names: names)
    if heldKeys == nil { heldKeys = HeldKeys() }
    guard heldKeys!.hold(names, since: hold.position) else {
      throw PipelineError(.tooManyHeldKeys, table: error.table, lsn: error.lsn)
    }
    return hold
  }

  private func heldPosition(
    _ plan: RelationPlan?, _ tuple: TupleLayout?, _ fallback: TupleLayout?, _ message: RawSpan, _ lsn: LSN
  ) -> ChangePosition? {
    guard let heldKeys, !heldKeys.isEmpty else { return nil }
    let position = position(lsn)
    if let nameOfRefused, let held = heldKeys.position(of: nameOfRefused, at: position) { return held }
    guard let plan else { return nil }
    if let held = heldKeys.position(of: HeldKeys.tableName(plan.id), at: position) { return held }
    guard let tuple else { return nil }
    for name in keyNames(plan, tuple, fallback, message) {
      if let held = heldKeys.position(of: name, at: position) { return held }
    }
    return nil
  }

  /// The names of the row's key by its table: of an outbox row the event's key. Empty without a key: then no order is owed.
  func keyNames(
    _ plan: RelationPlan, _ tuple: TupleLayout, _ fallback: TupleLayout?, _ message: RawSpan
  ) -> [[UInt8]] {
    guard options.deadLetter?.holdsKeys == true else { return [] }
    var name = HeldKeys.tableName(plan.id)
    let columns: [ColumnPlan]
    if let outbox = plan.outbox.first(where: \.isRouted) {
      guard case .found(let router) = outbox else { return [name] }
      columns = [plan.columns[router.key]]
    } else {
      columns = plan.keyColumns
    }
    if columns.isEmpty { return [] }
    for column in columns {
      var value = tuple[column.tupleIndex]
      if case .unchanged = value, let fallback { value = fallback[column.tupleIndex] }
      switch value {
      case .null:
        // An event without a key has no order to keep.
        if plan.outbox.contains(where: \.isRouted) { return [] }
        name.append(0xFF)
      case .text(let range), .binary(let range):
        for shift in [24, 16, 8, 0] { name.append(UInt8(truncatingIfNeeded: range.count >> shift)) }
        name += Array(message, range)
      case .unchanged: return [HeldKeys.tableName(plan.id)]
      }
    }
    return [name]
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
    case .refused: className = "org.apache.kafka.clients.producer.KafkaProducer"
    case .conversion, .decode, .unexpectedMessage, .reselection, .held, .tooManyHeldKeys: break
    }
    var headers = [
      ("__connect.errors.topic", topic), ("__connect.errors.connector.name", deadLetter.connectorName),
      ("__connect.errors.task.id", options.taskID), ("__connect.errors.stage", error.stage),
      ("__connect.errors.class.name", className),
      ("__connect.errors.exception.class.name", error.exceptionName),
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
    case .primitive(let converter): "org.apache.kafka.connect.converters.\(converter.rawValue)"
    case .binaryData: "io.debezium.converters.BinaryDataConverter"
    }
  }
}
