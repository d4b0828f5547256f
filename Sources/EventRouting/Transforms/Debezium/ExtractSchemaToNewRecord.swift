import ConnectData

/// Adds a field `sourceSchema` to a change: the table's name and its columns with the types that they have in the database.
/// Needs `column.propagate.source.type` or `datatype.propagate.source.type` for all columns. Source:
/// `io.debezium.transforms.ExtractSchemaToNewRecord`, and `SchemaFactory` for the schemas.
public struct ExtractSchemaToNewRecord: RecordTransform {
  private struct Made {
    let schema: SharedSchema
    let description: ConnectValue
  }

  private static let fieldName = "sourceSchema"
  /// Made of the first record of each schema, as Debezium makes it.
  private var cache = SchemaCache<Made>()

  public init() {}

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard DebeziumEnvelope.holds(record), let shared = record.valueSchema,
      case .structure(let values) = record.value
    else { return true }
    let value = record.value
    guard let after = shared.schema.member("after", of: value) else { return true }
    let before = shared.schema.member("before", of: value)?.value ?? .null
    // A truncate has neither.
    if after.value == .null, before == .null { return true }
    let made = try cache.made(of: shared) { (schema) throws(TransformFailure) in
      guard let source = schema.member("source", of: value),
        let table = source.schema.member("table", of: source.value)?.value
      else { throw TransformFailure("ExtractSchemaToNewRecord: the source has no table") }
      let fields = schema.fields + [ConnectField(Self.fieldName, Self.schema)]
      let kind = try ConnectSchema.structureKind(fields, for: "ExtractSchemaToNewRecord")
      return Made(
        schema: SharedSchema(schema.basics(kind)),
        description: .structure([table, .structure([.array(try Self.columns(after.schema))])]))
    }
    record.set(.value, to: .structure(values + [made.description]), made.schema)
    return true
  }

  private static let columnSchema = ConnectSchema(
    .structure([
      ConnectField("name", ConnectSchema(.string)), ConnectField("typeName", ConnectSchema(.string)),
      ConnectField("length", ConnectSchema(.int32, isOptional: true)),
      ConnectField("scale", ConnectSchema(.int32, isOptional: true)),
      ConnectField("comment", ConnectSchema(.string, isOptional: true)),
    ]), name: "io.debezium.connector.source.schema.Column", version: 1)

  private static let schema = ConnectSchema(
    .structure([
      ConnectField("id", ConnectSchema(.string)),
      ConnectField(
        "table",
        ConnectSchema(
          .structure([ConnectField("columns", ConnectSchema(.array(columnSchema)))]),
          name: "io.debezium.connector.source.schema.Table", version: 1)),
    ]), name: "io.debezium.connector.source.Schema", version: 1)

  private static func columns(_ row: ConnectSchema) throws(TransformFailure) -> [ConnectValue] {
    var columns: [ConnectValue] = []
    for field in row.fields {
      func parameter(_ name: String) -> String? {
        field.schema.parameters.first { $0.name == "__debezium.source.column.\(name)" }?.value
      }
      func number(_ name: String) -> ConnectValue { parameter(name).flatMap { Int32($0) }.map { .int32($0) } ?? .null }
      guard let name = parameter("name"), let type = parameter("type") else {
        throw TransformFailure(
          "ExtractSchemaToNewRecord: column \(field.name) does not tell its type in the database; set column.propagate.source.type or datatype.propagate.source.type to .*"
        )
      }
      columns.append(
        .structure([
          .text(name), .text(type), number("length"), number("scale"), parameter("comment").map { .text($0) } ?? .null,
        ]))
    }
    return columns
  }
}
