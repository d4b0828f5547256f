import ConnectData

/// Wraps the key or value into a structure of one field, or a map of one entry where it has no schema, null or not.
/// Source: `org.apache.kafka.connect.transforms.HoistField`.
public struct HoistField: RecordTransform {
  private let part: RecordPart
  private let field: String
  private var schemas = SchemaCache<SharedSchema>()

  public init(part: RecordPart, field: String) {
    self.part = part
    self.field = field
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let value = record.value(of: part)
    guard let schema = record.schema(of: part) else {
      record.set(part, to: .map([ConnectMapEntry(.text(field), value)]), nil)
      return true
    }
    let name = field
    let hoisted = schemas.made(of: schema) { SharedSchema(ConnectSchema(.structure([ConnectField(name, $0)]))) }
    let checked = try ConnectField(field, schema.schema).checked(value, for: "HoistField")
    record.set(part, to: .structure([checked]), hoisted)
    return true
  }
}
