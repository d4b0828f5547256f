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
  }

  private let options: EventRouterOptions
  private var tables = SchemaCache<Table>()
  private var valueSchemas = OutboxValueSchemas()

  public init(_ options: EventRouterOptions) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    if record.value == .null { return false }
    // Heartbeats and the like are no envelopes.
    guard let envelope = record.valueSchema, envelope.schema.name?.hasSuffix(".Envelope") == true else { return true }
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
      keySchema: SharedSchema(row.fields[plan.key].schema), payloadSchema: SharedSchema(row.fields[plan.payload].schema)
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
    let timestamp = try timestamp(plan, row, processedAt: processedAt)
    record.headers.append(ConnectHeader("id", value(plan.id), fields[plan.id].schema))
    for placement in plan.headers {
      record.headers.append(ConnectHeader(placement.alias, value(placement.column), fields[placement.column].schema))
    }

    var payload = value(plan.payload)
    let isEmpty = EventRouterTransform.isBlank(payload)
    var payloadSchema: SharedSchema? = table.payloadSchema
    var misfit: PayloadFailure?
    if options.expandsJSONPayload, case .text(let text) = payload {
      switch unsafe PayloadExpansion.expand(
        text.span.bytes, schemaName: options.payloadField, nullBehavior: options.jsonPayloadNullBehavior)
      {
      case .unchanged: break
      case .unchangedWithoutSchema: payloadSchema = nil
      case .expanded(let schema, let value):
        payloadSchema = SharedSchema(schema)
        payload = value
      case .fails(let failure):
        misfit = failure
        if case .valueDoesNotFit(let kind) = failure { payloadSchema = SharedSchema(ConnectSchema(kind)) }
      }
    }
    guard case .text(let routed) = row[plan.route] else {
      throw TransformFailure("column '\(fields[plan.route].name)', which route.by.field names, is NULL")
    }
    let routedText = String(decoding: routed, as: UTF8.self)
    if plan.hasEnvelope {
      if let misfit { throw TransformFailure(misfit.envelopeMessage(field: "payload")) }
      guard let own = payloadSchema else {
        throw TransformFailure("the payload [] has no schema after expansion, which a placement in the envelope needs")
      }
      var version: Int32??
      if let column = plan.schemaVersion {
        if case .int32(let number) = row[column] { version = .some(number) } else { version = .some(nil) }
      }
      payloadSchema = try valueSchemas.schema(
        payload: own.schema, version: version, table: table.table, placements: plan.envelope, route: routedText)
      payload = .structure([payload] + plan.envelope.map { value($0.column) })
    } else if case .tooLarge = misfit {
      throw TransformFailure(PayloadFailure.tooLarge.converterMessage)
    }
    if isEmpty, options.sendsTombstoneOnEmptyPayload {
      payload = .null
      payloadSchema = nil
    }
    if let column = plan.partition {
      if case .int32(let partition) = row[column] {
        guard partition >= 0 else {
          throw TransformFailure("the partition in column '\(fields[column].name)' is negative")
        }
        record.partition = partition
      } else {
        record.partition = nil
      }
    } else {
      record.partition = nil
    }
    record.timestampMilliseconds = timestamp
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

  private func timestamp(
    _ plan: OutboxPlan, _ row: [ConnectValue], processedAt: Int64?
  ) throws(TransformFailure) -> Int64? {
    switch plan.timestamp {
    case .envelope: return processedAt
    case .failsOnValue(let column, let failure):
      if row[column] == .null { return processedAt }
      throw failure
    case .column(let column, let divisor):
      guard case .int64(let value) = row[column] else { return processedAt }
      let milliseconds = value / divisor
      // Kafka takes -1 as "none" and refuses what is below.
      if milliseconds == -1 { return nil }
      guard milliseconds >= 0 else {
        throw TransformFailure("the event timestamp is before 1970, which a Kafka record cannot have")
      }
      return milliseconds
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
