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
  /// By the transform's place in the chain.
  private let routers: [OutboxRouter?]
  private let idHeader = Array("id".utf8)

  init(options: PipelineOptions) {
    keyConverter = options.keyConverter
    valueConverter = options.valueConverter
    headerConverter = options.headerConverter
    routers = options.transforms.map { step in
      if case .eventRouter(let router) = step.kind { OutboxRouter(router) } else { nil }
    }
  }

  func router(_ step: Int) -> OutboxRouter {
    guard let router = routers[step] else { preconditionFailure("the transform is no event router") }
    return router
  }

  /// What the payload is after expansion.
  enum Payload {
    /// The column's own value.
    case column
    case tree(ConnectValue, ConnectSchema)
    /// The column's text, with no schema.
    case textWithoutSchema
    /// The column's text under a schema that it does not fit.
    case textUnderWrongSchema(PayloadFailure)
  }

  /// Fills the record but for its topic, which is returned.
  func write(
    _ router: OutboxRouter, _ plan: OutboxPlan, _ relation: RelationPlan, _ tuple: TupleLayout,
    old: TupleLayout?, _ message: RawSpan, lsn: LSN, now: Int64, rows: inout RowEncoder, topics: inout TopicTable,
    into record: inout EncodedRecord
  ) throws(TransformFailure) -> Int {
    let row = OutboxRow(relation: relation, tuple: tuple, old: old, lsn: lsn)
    let time = try time(plan, row, message, now: now, rows: &rows)
    record.timestampMilliseconds = time.timestamp
    try writeHeader(idHeader, row, plan.id, message, rows: &rows, into: &record)
    for index in plan.headers.indices {
      try writeHeader(
        plan.headers[index].name, row, plan.headers[index].column, message, rows: &rows, into: &record)
    }
    if let exact = time.exact {
      record.appendHeader(Array(OutboxPlan.timeHeader.utf8)) { out in
        out.append(decimal: exact)
        return true
      }
    }
    try writeValue(router, plan, row, message, rows: &rows, into: &record)
    if let partition = plan.partition {
      record.partition = try self.partition(row, partition, message, rows: &rows)
    }
    record.key = try writeColumn(row, plan.key, keyConverter, message, rows: &rows, into: &record.bytes)
    return try topic(router, plan, row, message, rows: &rows, topics: &topics)
  }

  // MARK: Parts

  private func time(
    _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan, now: Int64, rows: inout RowEncoder
  ) throws(TransformFailure) -> (timestamp: Int64?, exact: Int64?) {
    let processedAt = floorDivide(now, 1_000_000)
    switch plan.timestamp {
    case .envelope: return (processedAt, nil)
    case .failsOnValue(let column, let failure):
      if row.isNull(column) { return (processedAt, nil) }
      throw failure
    case .column(let column, let divisor):
      if row.isNull(column) { return (processedAt, nil) }
      guard case .int64(let value) = try row.value(column, message, rows: &rows) else { return (processedAt, nil) }
      return (try OutboxPlan.recordTimestamp(milliseconds: value / divisor), nil)
    case .exact(let column, let time):
      if row.isNull(column) { return (processedAt, nil) }
      let milliseconds = try OutboxPlan.moment(
        try row.value(column, message, rows: &rows), time, column: row.relation.columns[column].name)
      return milliseconds < 0 ? (processedAt, milliseconds) : (milliseconds, nil)
    }
  }

  private func partition(
    _ row: OutboxRow, _ column: Int, _ message: RawSpan, rows: inout RowEncoder
  ) throws(TransformFailure) -> Int32? {
    if row.isNull(column) { return nil }
    return try OutboxPlan.recordPartition(
      try row.value(column, message, rows: &rows), column: row.relation.columns[column].name)
  }

  private func topic(
    _ router: OutboxRouter, _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan,
    rows: inout RowEncoder, topics: inout TopicTable
  ) throws(TransformFailure) -> Int {
    let column = row.relation.columns[plan.route]
    if column.isPlainText, case .text(let range) = row.column(plan.route) {
      return try topic(router, message.extracting(range), topics: &topics)
    }
    let text = Array(try routeText(plan, row, message, rows: &rows).utf8)
    return unsafe try topic(router, text.span.bytes, topics: &topics)
  }

  private func topic(
    _ router: OutboxRouter, _ value: RawSpan, topics: inout TopicTable
  ) throws(TransformFailure) -> Int {
    if let known = router.routes.topic(for: value) { return known }
    let name: String
    do throws(JavaReplacement.Refusal) {
      name = try router.options.router.route(value.string)
    } catch {
      throw TransformFailure("route.topic.replacement: \(error.reason)")
    }
    let topic = topics.index(of: name)
    router.routes.remember(value, topic: topic)
    return topic
  }

  /// The routing column's value as text. A default does not stand in for NULL here, as in `Struct.getString`.
  func routeText(
    _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan, rows: inout RowEncoder
  ) throws(TransformFailure) -> String {
    guard !row.isNull(plan.route), let text = try row.value(plan.route, message, rows: &rows).routeText else {
      throw TransformFailure("column '\(row.relation.columns[plan.route].name)', which route.by.field names, is NULL")
    }
    return text
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
  func writeColumn(
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

  func writeTree(
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
}
