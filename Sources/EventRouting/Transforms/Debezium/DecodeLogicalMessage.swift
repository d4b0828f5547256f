import ConnectData
import Primitives

/// `io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent`: a message of
/// `pg_logical_emit_message` whose content is a JSON object becomes an insert of that object, as of an outbox row.
/// Source: Debezium 3.6, `DecodeLogicalDecodingMessageContent.apply`.
public struct DecodeLogicalMessage: RecordTransform {
  private struct Made {
    let content: ConnectSchema
    let source: SharedSchema
    let schema: SharedSchema
  }

  /// `fields.null.include`
  private let nullBehavior: PayloadExpansion.NullBehavior
  /// `sluice.outbox.json=exact`, before an event router: members keep what they hold.
  public var isExact = false
  private var known: [Made] = []
  private static var knownCountMax: Int { 256 }

  public init(includesNulls: Bool) { nullBehavior = includesNulls ? .optionalBytes : .ignore }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard let source = record.valueSchema else {
      throw TransformFailure("a tombstone has no schema to tell whether it is a logical message")
    }
    guard source.schema.name == "io.debezium.connector.postgresql.MessageValue" else { return true }
    guard case .structure(let values) = record.value, let message = source.schema.fieldIndex("message"),
      case .structure(let parts) = values[message],
      let content = source.schema.fields[message].schema.fieldIndex("content")
    else { throw TransformFailure("the record has no logical message") }
    guard source.schema.fields[message].schema.fields[content].schema.kind == .bytes else {
      throw TransformFailure("the content of the logical message is not binary: binary.handling.mode must be bytes")
    }
    let (contentSchema, row) = try decoded(parts[content])
    let schema = schema(contentSchema, of: source)
    record.key = .null
    record.keySchema = nil
    record.value = .structure(
      source.schema.fields.indices.filter { $0 != message }.map { index in
        let field = source.schema.fields[index]
        if field.name == "op" { return .text("c") }
        return values[index] == .null ? field.schema.defaultValue ?? .null : values[index]
      } + [row])
    record.valueSchema = schema
    return true
  }

  private func decoded(_ content: ConnectValue) throws(TransformFailure) -> (ConnectSchema, ConnectValue) {
    guard case .bytes(let bytes) = content else { throw TransformFailure("the logical message has no content") }
    // Java reads bytes that are no UTF-8 as U+FFFD.
    let text = Array(String(decoding: bytes, as: UTF8.self).utf8)
    if isExact, let (schema, value) = unsafe PayloadExpansion.expandRow(text.span.bytes) { return (schema, value) }
    switch unsafe PayloadExpansion.expand(text.span.bytes, schemaName: nil, nullBehavior: nullBehavior) {
    case .expanded(let schema, let value): return (schema, value)
    case .unchanged, .unchangedWithoutSchema, .document, .fails:
      throw TransformFailure("the content of the logical message is not a JSON object that has a schema")
    }
  }

  /// One schema for messages of one shape, so that what comes after keeps what it makes of it.
  private mutating func schema(_ content: ConnectSchema, of source: SharedSchema) -> SharedSchema {
    if let made = known.last(where: { $0.source === source && $0.content == content }) { return made.schema }
    var fields = source.schema.fields.filter { $0.name != "message" }
    fields.append(ConnectField("after", content))
    let schema = SharedSchema(
      ConnectSchema(.structure(fields), name: "\(source.schema.name ?? "").Envelope"))
    if known.count >= DecodeLogicalMessage.knownCountMax { known.removeFirst() }
    known.append(Made(content: content, source: source, schema: schema))
    return schema
  }
}
