import ConnectData
import Primitives

/// `io.debezium.transforms.outbox.EventRouter` on record trees: for chains in which another transform works on its
/// record before or after it. Chains without such a step go by bytes (`OutboxEncoder`), to the same result.
/// Source: Debezium 3.6, `EventRouterDelegate.apply`, whose order of steps decides which error comes first.
public struct EventRouterTransform: RecordTransform {
  /// What depends on the schema of the envelope.
  private struct Table {
    let plan: OutboxPlan
    let table: OutboxValueSchemas.Table
    let keySchema: SharedSchema
    let payloadSchema: SharedSchema
    /// Of payloads in exact mode.
    let documentSchema: SharedSchema
  }

  private let options: EventRouterOptions
  private var tables = SchemaCache<Table>()
  private var valueSchemas: OutboxValueSchemas

  public init(_ options: EventRouterOptions) {
    self.options = options
    valueSchemas = OutboxValueSchemas(isExact: options.isExact)
  }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    if record.value == .null { return false }
    // Heartbeats and the like are no envelopes.
    guard let envelope = record.valueSchema, envelope.schema.isEnvelope else { return true }
    switch envelope.schema.field("op", of: record.value) {
    case .text([UInt8(ascii: "d")]): return false
    case .text([UInt8(ascii: "u")]):
      guard options.invalidOperationBehavior == .fatal else { return false }
      throw TransformFailure("an update of the outbox table, with table.op.invalid.behavior=fatal")
    default: break
    }
    guard case .structure(let row) = envelope.schema.field("after", of: record.value) else {
      throw TransformFailure("a record without a row after the change has no event")
    }
    let options = options
    let table = try tables.made(of: envelope) { schema throws(TransformFailure) in
      try EventRouterTransform.table(options, schema)
    }
    let processedAt: Int64? =
      if case .int64(let milliseconds) = envelope.schema.field("ts_ms", of: record.value) { milliseconds } else { nil }
    try route(&record, row, table, processedAt: processedAt)
    return true
  }

  private static func table(_ options: EventRouterOptions, _ envelope: ConnectSchema) throws(TransformFailure) -> Table
  {
    guard let index = envelope.fieldIndex("after") else {
      throw TransformFailure("the record's schema has no field 'after'")
    }
    let row = envelope.fields[index].schema
    let plan = try OutboxPlan(options, fields: row.fields)
    return Table(
      plan: plan, table: OutboxValueSchemas.Table(fields: row.fields, schemaName: row.name),
      keySchema: SharedSchema(row.fields[plan.key].schema),
      payloadSchema: SharedSchema(row.fields[plan.payload].schema),
      documentSchema: SharedSchema(.jsonDocument(isOptional: row.fields[plan.payload].schema.isOptional))
    )
  }

  private mutating func route(
    _ record: inout ConnectRecord, _ row: [ConnectValue], _ table: Table, processedAt: Int64?
  ) throws(TransformFailure) {
    let plan = table.plan
    let fields = table.table.fields
    func value(_ column: Int) -> ConnectValue {
      row[column] == .null ? fields[column].schema.defaultValue ?? .null : row[column]
    }
    let time = try time(plan, row, table.table, processedAt: processedAt)
    record.headers.append(ConnectHeader("id", value(plan.id), fields[plan.id].schema))
    for placement in plan.headers {
      record.headers.append(ConnectHeader(placement.alias, value(placement.column), fields[placement.column].schema))
    }
    if let exact = time.exact {
      record.headers.append(ConnectHeader(OutboxPlan.timeHeader, .int64(exact), ConnectSchema(.int64)))
    }

    var payload = value(plan.payload)
    let isEmpty = EventRouterTransform.isBlank(payload)
    var payloadSchema: SharedSchema? = table.payloadSchema
    // Of the payload as it stands: a text that was not expanded can come under a schema that it does not fit.
    var payloadOwn = table.payloadSchema.schema
    if options.expandsJSONPayload, case .text(let text) = payload {
      switch unsafe PayloadExpansion.expand(
        text.span.bytes, isExact: options.isExact, schemaName: options.payloadField,
        nullBehavior: options.jsonPayloadNullBehavior)
      {
      case .unchanged: break
      case .unchangedWithoutSchema: payloadSchema = nil
      case .expanded(let schema, let value):
        payloadSchema = SharedSchema(schema)
        payloadOwn = schema
        payload = value
      case .document(let text):
        payloadSchema = table.documentSchema
        payloadOwn = table.documentSchema.schema
        payload = .text(text)
      case .fails(.valueDoesNotFit(let schema)): payloadSchema = SharedSchema(schema)
      case .fails(.tooLarge): throw TransformFailure(PayloadFailure.tooLarge.converterMessage)
      }
    }
    guard let routedText = row[plan.route].routeText else {
      throw TransformFailure("column '\(fields[plan.route].name)', which route.by.field names, is NULL")
    }
    if plan.hasEnvelope {
      var version: Int32??
      if let column = plan.schemaVersion {
        version = .some(try OutboxPlan.version(row[column]))
      }
      let schema = try valueSchemas.schema(
        payload: payloadSchema?.schema, version: version, table: table.table, placements: plan.envelope,
        route: routedText)
      payload = try OutboxValueSchemas.value(
        schema.schema, payload: payload, payloadSchema: payloadOwn, table.table, plan.envelope,
        plan.envelope.map { value($0.column) })
      payloadSchema = schema
    }
    if isEmpty, options.sendsTombstoneOnEmptyPayload {
      payload = .null
      payloadSchema = nil
    }
    record.partition = nil
    if let column = plan.partition {
      record.partition = try OutboxPlan.recordPartition(row[column], column: fields[column].name)
    }
    record.timestampMilliseconds = time.timestamp
    record.keySchema = table.keySchema
    record.key = value(plan.key)
    record.valueSchema = payloadSchema
    record.value = payload
    do throws(JavaReplacement.Refusal) {
      record.topic = try options.router.route(routedText)
    } catch {
      throw TransformFailure("route.topic.replacement: \(error.reason)")
    }
  }

  private func time(
    _ plan: OutboxPlan, _ row: [ConnectValue], _ table: OutboxValueSchemas.Table, processedAt: Int64?
  ) throws(TransformFailure) -> (timestamp: Int64?, exact: Int64?) {
    switch plan.timestamp {
    case .envelope: return (processedAt, nil)
    case .failsOnValue(let column, let failure):
      if row[column] == .null { return (processedAt, nil) }
      throw failure
    case .column(let column, let divisor):
      guard case .int64(let value) = row[column] else { return (processedAt, nil) }
      return (try OutboxPlan.recordTimestamp(milliseconds: value / divisor), nil)
    case .exact(let column, let time):
      if row[column] == .null { return (processedAt, nil) }
      let milliseconds = try OutboxPlan.moment(row[column], time, column: table.fields[column].name)
      return milliseconds < 0 ? (processedAt, milliseconds) : (milliseconds, nil)
    }
  }

  /// NULL, or text of which `String.trim` leaves nothing. Other types are never blank.
  private static func isBlank(_ value: ConnectValue) -> Bool {
    switch value {
    case .null: true
    // Java's trim takes every character up to the space, and such bytes stand for nothing else in UTF-8.
    case .text(let text): text.allSatisfy { $0 <= 0x20 }
    default: false
    }
  }
}
