import ConnectData

/// Gives the schema of the key or value another name or version. Source:
/// `org.apache.kafka.connect.transforms.SetSchemaMetadata`.
public struct SetSchemaMetadata: RecordTransform {
  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    /// `nil` leaves what there is.
    public var name: String?
    public var version: Int32?
    public var replacesNullWithDefault: Bool

    public init(part: RecordPart, name: String?, version: Int32?, replacesNullWithDefault: Bool = true) {
      self.part = part
      self.name = name
      self.version = version
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  private let options: Options
  private var schemas = SchemaCache<SharedSchema>()

  public init(_ options: Options) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    let value = record.value(of: part)
    guard let schema = record.schema(of: part) else {
      if value == .null { return true }
      throw TransformFailure("SetSchemaMetadata: the \(part) has no schema")
    }
    guard schema.schema.isStructure else {
      throw TransformFailure("SetSchemaMetadata: the schema of the \(part) is no structure, and only those are taken")
    }
    let options = options
    let updated = schemas.made(of: schema) { schema in
      var schema = schema
      schema.name = options.name ?? schema.name
      schema.version = options.version ?? schema.version
      return SharedSchema(schema)
    }
    guard case .structure(var values) = value else {
      record.set(part, to: value, updated)
      return true
    }
    for (index, field) in updated.schema.fields.enumerated() {
      if options.replacesNullWithDefault { values[index] = values[index].orDefault(of: field.schema) }
      values[index] = try field.checked(values[index], for: "SetSchemaMetadata")
    }
    record.set(part, to: .structure(values), updated)
    return true
  }
}
