import ConnectData
import EventRouting
import PgOutput
import Primitives

/// The event's value: its payload, as it is or expanded, alone or beside placed columns.
extension OutboxEncoder {
  func writeValue(
    _ router: OutboxRouter, _ plan: OutboxPlan, _ row: OutboxRow, _ message: RawSpan,
    rows: inout RowEncoder, into record: inout EncodedRecord
  ) throws(TransformFailure) {
    let column = row.relation.columns[plan.payload]
    if column.isPlainText, case .text(let range) = row.column(plan.payload) {
      return try writeValue(
        router, plan, row, text: message.extracting(range), isNull: false, message, rows: &rows, into: &record)
    }
    // A default stands in for NULL, as in `Struct.get`.
    switch try row.value(plan.payload, message, rows: &rows) {
    case .text(let text):
      unsafe try writeValue(
        router, plan, row, text: text.span.bytes, isNull: false, message, rows: &rows, into: &record)
    case let value:
      try writeValue(
        router, plan, row, text: nil, isNull: value == .null, message, rows: &rows, into: &record)
    }
  }

  /// - Parameter text: the payload, where it is a text.
  private func writeValue(
    _ router: OutboxRouter, _ plan: OutboxPlan, _ row: OutboxRow, text: RawSpan?, isNull: Bool,
    _ message: RawSpan, rows: inout RowEncoder, into record: inout EncodedRecord
  ) throws(TransformFailure) {
    var isBlank = isNull
    if let text { isBlank = OutboxEncoder.isBlank(text) }
    let isTombstone = isBlank && router.options.sendsTombstoneOnEmptyPayload
    if !plan.hasEnvelope, isTombstone {
      record.value = nil
      return
    }
    if !plan.hasEnvelope, let text, writeExpanded(router, text, into: &record) { return }
    let payload = expanded(router.options, row.relation.columns[plan.payload].schema, text)
    if plan.hasEnvelope {
      try writeEnvelope(
        router, plan, row, payload, isTombstone: isTombstone, message, rows: &rows, into: &record)
      return
    }
    switch payload {
    case .column:
      record.value = try writeColumn(row, plan.payload, valueConverter, message, rows: &rows, into: &record.bytes)
    case .tree(let value, let schema):
      record.value = try writeTree(value, schema, valueConverter, row, into: &record.bytes)
    case .textWithoutSchema:
      guard let text else { return }
      let start = record.bytes.count
      try writeTextWithoutSchema(text, into: &record.bytes)
      record.value = start..<record.bytes.count
    case .textUnderWrongSchema(let failure):
      // Only StringConverter does not look at the schema.
      guard valueConverter == .string else { throw TransformFailure(failure.converterMessage) }
      record.value = try writeColumn(row, plan.payload, valueConverter, message, rows: &rows, into: &record.bytes)
    }
  }

  /// The usual outbox: payload bytes to JSON bytes, without a tree. Returns whether that was possible.
  private func writeExpanded(
    _ router: OutboxRouter, _ text: RawSpan, into record: inout EncodedRecord
  ) -> Bool {
    guard router.options.expandsJSONPayload, case .json(schemasEnabled: false, _) = valueConverter else { return false }
    let start = record.bytes.count
    let isWritten =
      if let expansion = router.expansion {
        expansion.writer.write(text, into: &record.bytes) == .written
      } else {
        CompactJSON.writeDocument(text, into: &record.bytes)
      }
    if isWritten {
      record.value = start..<record.bytes.count
    } else {
      record.bytes.truncate(to: start)
    }
    return isWritten
  }

  /// Text of which `String.trim` leaves nothing: Java takes every character up to the space, and such bytes stand for
  /// nothing else in UTF-8.
  private static func isBlank(_ text: RawSpan) -> Bool {
    for offset in 0..<text.byteCount where text.byte(at: offset) > 0x20 { return false }
    return true
  }

  /// A text whose schema was lost in expansion: a JSON string under `"schema":null`, or the text itself.
  private func writeTextWithoutSchema(_ text: RawSpan, into out: inout ByteWriter) throws(TransformFailure) {
    guard let json = valueConverter.json else {
      guard valueConverter == .string || valueConverter == .binaryData(.string) else {
        throw TransformFailure("the payload [] has no schema after expansion, which the value converter does not take")
      }
      out.append(text)
      return
    }
    if json.schemasEnabled { out.append("{\"schema\":null,\"payload\":") }
    JSONText.writeString(text, into: &out)
    if json.schemasEnabled { out.append(UInt8(ascii: "}")) }
  }

  private func expanded(_ router: EventRouterOptions, _ schema: ConnectSchema, _ text: RawSpan?) -> Payload {
    guard router.expandsJSONPayload, let text else { return .column }
    switch PayloadExpansion.expand(
      text, isExact: router.isExact, schemaName: router.payloadField, nullBehavior: router.jsonPayloadNullBehavior)
    {
    case .unchanged: return .column
    case .unchangedWithoutSchema: return .textWithoutSchema
    case .expanded(let schema, let value): return .tree(value, schema)
    case .document(let text): return .tree(.text(text), .jsonDocument(isOptional: schema.isOptional))
    case .fails(let failure): return .textUnderWrongSchema(failure)
    }
  }

  /// With placements in the envelope the value is a structure: `payload`, then the placed columns.
  private func writeEnvelope(
    _ router: OutboxRouter, _ plan: OutboxPlan, _ row: OutboxRow, _ payload: Payload, isTombstone: Bool,
    _ message: RawSpan,
    rows: inout RowEncoder, into record: inout EncodedRecord
  ) throws(TransformFailure) {
    var ownSchema = row.relation.columns[plan.payload].schema
    var payloadSchema: ConnectSchema? = ownSchema
    let value: ConnectValue
    switch payload {
    case .tree(let document, let schema):
      ownSchema = schema
      payloadSchema = schema
      value = document
    case .textUnderWrongSchema(.tooLarge): throw TransformFailure(PayloadFailure.tooLarge.converterMessage)
    case .column, .textWithoutSchema, .textUnderWrongSchema:
      if case .textWithoutSchema = payload { payloadSchema = nil }
      // An earlier event of the same version may have made a schema that takes the text all the same.
      if case .textUnderWrongSchema(.valueDoesNotFit(let schema)) = payload { payloadSchema = schema }
      value = try row.value(plan.payload, message, rows: &rows)
    }
    var version: Int32??
    if let column = plan.schemaVersion {
      version = .some(
        row.isNull(column) ? nil : try OutboxPlan.version(try row.value(column, message, rows: &rows)))
    }
    let route = try routeText(plan, row, message, rows: &rows)
    let schema = try router.valueSchemas.schema(
      payload: payloadSchema, version: version, table: row.relation.outboxTable, placements: plan.envelope, route: route
    )
    var columns: [ConnectValue] = []
    for placement in plan.envelope { columns.append(try row.value(placement.column, message, rows: &rows)) }
    let structure = try OutboxValueSchemas.value(
      schema.schema, payload: value, payloadSchema: ownSchema, row.relation.outboxTable, plan.envelope, columns)
    if isTombstone {
      record.value = nil
      return
    }
    record.value = try writeTree(structure, schema.schema, valueConverter, row, into: &record.bytes)
  }
}
