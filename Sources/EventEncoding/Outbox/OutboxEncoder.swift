import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Writes the event of one outbox row: `io.debezium.transforms.outbox.EventRouter` on bytes. Text columns are copied as
/// they are; only other types, expanded payloads and placements in the value become trees.
/// Source: Debezium 3.6, `EventRouterDelegate.apply`, whose order of steps decides which error comes first.
struct OutboxEncoder {
  let keyConverter: RecordConverter
  let valueConverter: RecordConverter
  let headerConverter: HeaderConverter
  private var routes: [RouteCache] = []
  private var valueSchemas = OutboxValueSchemas()
  /// Per transform of the chain that expands payloads.
  private var expansion: [ExpansionWriter?]
  private let idHeader = Array("id".utf8)

  init(options: PipelineOptions) {
    keyConverter = options.keyConverter
    valueConverter = options.valueConverter
    headerConverter = options.headerConverter
    routes = Array(repeating: RouteCache(), count: options.transforms.count)
    expansion = options.transforms.map { step in
      guard case .eventRouter(let router) = step.kind, router.expandsJSONPayload else { return nil }
      return ExpansionWriter(nullBehavior: router.jsonPayloadNullBehavior)
    }
  }

  /// A class, since an array cannot hold a non-copyable value.
  private final class ExpansionWriter {
    var writer: ExpandedPayloadWriter
    init(nullBehavior: PayloadExpansion.NullBehavior) { writer = ExpandedPayloadWriter(nullBehavior: nullBehavior) }
  }

  /// What the payload is after expansion.
  private enum Payload {
    /// The column's own value.
    case column
    case tree(ConnectValue, ConnectSchema)
    /// The column's text, with no schema.
    case textWithoutSchema
    /// The column's text under a schema that it does not fit.
    case textUnderWrongSchema(PayloadFailure)
  }

  /// Fills the record but for its topic, which is returned. `step` is the transform's place in the chain.
  mutating func write(
    _ step: Int, _ router: EventRouterOptions, _ plan: OutboxPlan, _ relation: RelationPlan, _ tuple: TupleLayout,
    _ message: RawSpan, lsn: LSN, now: Int64, rows: inout RowEncoder, topics: inout TopicTable,
    into record: inout EncodedRecord
  ) throws(TransformFailure) -> Int {
    let row = OutboxRow(relation: relation, tuple: tuple, lsn: lsn)
    record.timestampMilliseconds = try timestamp(plan, row, message, now: now, rows: &rows)
    try writeHeader(idHeader, row, plan.id, message, rows: &rows, into: &record)
    for placement in plan.headers {
      try writeHeader(Array(placement.alias.utf8), row, placement.column, message, rows: &rows, into: &record)
    }
    try writeValue(step, router, plan, row, message, rows: &rows, into: &record)
    if let partition = plan.partition {
      record.partition = try self.partition(row, partition, message, rows: &rows)
    }
    record.key = try writeColumn(row, plan.key, keyConverter, message, rows: &rows, into: &record.bytes)
    return try topic(step, router, plan, row, message, topics: &topics)
  }

  // MARK: Parts

  private func timestamp(
    _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan, now: Int64, rows: inout RowEncoder
  ) throws(TransformFailure) -> Int64? {
    switch plan.timestamp {
    case .envelope: return floorDivide(now, 1_000_000)
    case .failsOnValue(let column, let failure):
      if row.isNull(column) { return floorDivide(now, 1_000_000) }
      throw failure
    case .column(let column, let divisor):
      if row.isNull(column) { return floorDivide(now, 1_000_000) }
      guard case .int64(let value) = try row.value(column, message, rows: &rows) else {
        return floorDivide(now, 1_000_000)
      }
      let milliseconds = value / divisor
      // Kafka takes -1 as "none" and refuses what is below.
      if milliseconds == -1 { return nil }
      guard milliseconds >= 0 else {
        throw TransformFailure("the event timestamp is before 1970, which a Kafka record cannot have")
      }
      return milliseconds
    }
  }

  private func partition(
    _ row: OutboxRow, _ column: Int, _ message: RawSpan, rows: inout RowEncoder
  ) throws(TransformFailure) -> Int32? {
    if row.isNull(column) { return nil }
    guard case .int32(let partition) = try row.value(column, message, rows: &rows) else { return nil }
    guard partition >= 0 else {
      throw TransformFailure("the partition in column '\(row.relation.columns[column].name)' is negative")
    }
    return partition
  }

  private mutating func topic(
    _ step: Int, _ router: EventRouterOptions, _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan,
    topics: inout TopicTable
  ) throws(TransformFailure) -> Int {
    guard case .text(let range) = row.column(plan.route) else {
      throw TransformFailure("column '\(row.relation.columns[plan.route].name)', which route.by.field names, is NULL")
    }
    let value = message.extracting(range)
    if let known = routes[step].topic(for: value) { return known }
    let name: String
    do throws(JavaReplacement.Refusal) {
      name = try router.router.route(row.text(range, message))
    } catch {
      throw TransformFailure("route.topic.replacement: \(error.reason)")
    }
    let topic = topics.index(of: name)
    routes[step].remember(value, topic: topic)
    return topic
  }

  private func writeHeader(
    _ name: [UInt8], _ row: OutboxRow, _ column: Int, _ message: RawSpan, rows: inout RowEncoder,
    into record: inout EncodedRecord
  ) throws(TransformFailure) {
    let plan = row.relation.columns[column]
    if plan.isPlainText, headerConverter.copiesText, case .text(let range) = row.column(column) {
      record.appendHeader(name) { out in
        out.append(message.extracting(range))
        return true
      }
      return
    }
    let value = try row.value(column, message, rows: &rows)
    do throws(ConverterError) {
      try record.appendHeader(name) { out throws(ConverterError) in
        try headerConverter.write(value, plan.schema, into: &out)
      }
    } catch {
      throw TransformFailure("header \(row.relation.columns[column].name): \(error)")
    }
  }

  /// Writes one column as a whole key or value.
  private func writeColumn(
    _ row: OutboxRow, _ column: Int, _ converter: RecordConverter, _ message: RawSpan, rows: inout RowEncoder,
    into out: inout ByteWriter
  ) throws(TransformFailure) -> Range<Int>? {
    let plan = row.relation.columns[column]
    if plan.isPlainText, case .text(let range) = row.column(column) {
      let start = out.count
      switch converter {
      case .string:
        out.append(message.extracting(range))
        return start..<out.count
      case .json(schemasEnabled: false, _):
        JSONText.writeString(message.extracting(range), into: &out)
        return start..<out.count
      default: break
      }
    }
    let value = try row.value(column, message, rows: &rows)
    return try writeTree(value, plan.schema, converter, row, into: &out)
  }

  private func writeTree(
    _ value: ConnectValue, _ schema: ConnectSchema, _ converter: RecordConverter, _ row: OutboxRow,
    into out: inout ByteWriter
  ) throws(TransformFailure) -> Range<Int>? {
    do throws(PipelineError) {
      return try EventEncoding.writeTree(
        value, schema, converter, plan: row.relation, lsn: row.lsn, into: &out)
    } catch {
      throw TransformFailure(error.reason)
    }
  }

  // MARK: Value

  private mutating func writeValue(
    _ step: Int, _ router: EventRouterOptions, _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan,
    rows: inout RowEncoder,
    into record: inout EncodedRecord
  ) throws(TransformFailure) {
    let isEmpty = row.isBlank(plan.payload, message)
    if !plan.hasEnvelope, isEmpty, router.sendsTombstoneOnEmptyPayload {
      record.value = nil
      return
    }
    if !plan.hasEnvelope, case .json(schemasEnabled: false, _) = valueConverter,
      let expansion = expansion[step], case .text(let range) = row.column(plan.payload),
      row.relation.columns[plan.payload].isPlainText
    {
      // The usual outbox: payload bytes to JSON bytes, without a tree.
      let start = record.bytes.count
      if expansion.writer.write(message.extracting(range), into: &record.bytes) == .written {
        record.value = start..<record.bytes.count
        return
      }
      record.bytes.truncate(to: start)
    }
    let payload = expanded(router, plan, row, message)
    if plan.hasEnvelope {
      try writeEnvelope(router, plan, row, payload, isEmpty: isEmpty, message, rows: &rows, into: &record)
      return
    }
    switch payload {
    case .column:
      record.value = try writeColumn(row, plan.payload, valueConverter, message, rows: &rows, into: &record.bytes)
    case .tree(let value, let schema):
      record.value = try writeTree(value, schema, valueConverter, row, into: &record.bytes)
    case .textWithoutSchema:
      let start = record.bytes.count
      try writeTextWithoutSchema(row, plan.payload, message, into: &record.bytes)
      record.value = start..<record.bytes.count
    case .textUnderWrongSchema(let failure):
      // Only StringConverter does not look at the schema.
      guard valueConverter == .string else { throw TransformFailure(failure.converterMessage) }
      record.value = try writeColumn(row, plan.payload, valueConverter, message, rows: &rows, into: &record.bytes)
    }
  }

  /// A text whose schema was lost in expansion: a JSON string under `"schema":null`, or the text itself.
  private func writeTextWithoutSchema(
    _ row: OutboxRow, _ column: Int, _ message: RawSpan, into out: inout ByteWriter
  ) throws(TransformFailure) {
    guard case .text(let range) = row.column(column) else { return }
    guard let json = valueConverter.json else {
      guard valueConverter == .string else {
        throw TransformFailure("the payload [] has no schema after expansion, which the value converter does not take")
      }
      out.append(message.extracting(range))
      return
    }
    if json.schemasEnabled { out.append("{\"schema\":null,\"payload\":") }
    JSONText.writeString(message.extracting(range), into: &out)
    if json.schemasEnabled { out.append(UInt8(ascii: "}")) }
  }

  private func expanded(
    _ router: EventRouterOptions, _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan
  ) -> Payload {
    guard router.expandsJSONPayload, case .string = row.relation.columns[plan.payload].schema.kind,
      case .text(let range) = row.column(plan.payload)
    else { return .column }
    switch PayloadExpansion.expand(
      message.extracting(range), schemaName: router.payloadField, nullBehavior: router.jsonPayloadNullBehavior)
    {
    case .unchanged: return .column
    case .unchangedWithoutSchema: return .textWithoutSchema
    case .expanded(let schema, let value): return .tree(value, schema)
    case .fails(let failure): return .textUnderWrongSchema(failure)
    }
  }

  /// With placements in the envelope the value is a structure: `payload`, then the placed columns.
  private mutating func writeEnvelope(
    _ router: EventRouterOptions, _ plan: OutboxPlan, _ row: OutboxRow, _ payload: Payload, isEmpty: Bool,
    _ message: RawSpan, rows: inout RowEncoder, into record: inout EncodedRecord
  ) throws(TransformFailure) {
    let payloadSchema: ConnectSchema
    var values: [ConnectValue] = []
    switch payload {
    case .column:
      payloadSchema = row.relation.columns[plan.payload].schema
      values.append(try row.value(plan.payload, message, rows: &rows))
    case .tree(let value, let schema):
      payloadSchema = schema
      values.append(value)
    case .textWithoutSchema:
      throw TransformFailure("the payload [] has no schema after expansion, which a placement in the envelope needs")
    case .textUnderWrongSchema(let failure):
      throw TransformFailure(failure.envelopeMessage(field: "payload"))
    }
    var version: Int32??
    if let column = plan.schemaVersion {
      if row.isNull(column) {
        version = .some(nil)
      } else if case .int32(let number) = try row.value(column, message, rows: &rows) {
        version = .some(number)
      }
    }
    guard case .text(let range) = row.column(plan.route) else {
      throw TransformFailure("column '\(row.relation.columns[plan.route].name)', which route.by.field names, is NULL")
    }
    let schema = try valueSchemas.schema(
      payload: payloadSchema, version: version, table: row.relation.outboxTable, placements: plan.envelope,
      route: row.text(range, message))
    for placement in plan.envelope { values.append(try row.value(placement.column, message, rows: &rows)) }
    if isEmpty, router.sendsTombstoneOnEmptyPayload {
      record.value = nil
      return
    }
    record.value = try writeTree(.structure(values), schema.schema, valueConverter, row, into: &record.bytes)
  }
}
