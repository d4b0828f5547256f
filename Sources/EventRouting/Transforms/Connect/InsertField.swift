import ConnectData

/// Adds fields with what the record says of itself, or a fixed text. Source:
/// `org.apache.kafka.connect.transforms.InsertField`.
public struct InsertField: RecordTransform {
  /// A field's name, and whether its schema is optional: `name!` is required, `name?` and `name` are optional.
  public struct Field: Sendable, Hashable {
    public var name: String
    public var isOptional: Bool

    public init(_ specification: String) {
      let isRequired = specification.hasSuffix("!")
      isOptional = !isRequired
      name = isRequired || specification.hasSuffix("?") ? String(specification.dropLast()) : specification
    }
  }

  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    public var topic: Field?
    public var partition: Field?
    public var timestamp: Field?
    public var fixed: Field?
    /// The text of `fixed`.
    public var fixedText: String
    public var replacesNullWithDefault: Bool

    public init(
      part: RecordPart, topic: Field? = nil, partition: Field? = nil, timestamp: Field? = nil, fixed: Field? = nil,
      fixedText: String = "", replacesNullWithDefault: Bool = true
    ) {
      self.part = part
      self.topic = topic
      self.partition = partition
      self.timestamp = timestamp
      self.fixed = fixed
      self.fixedText = fixedText
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  private let options: Options
  private var schemas = SchemaCache<SharedSchema>()

  public init(_ options: Options) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    if record.value(of: part) == .null { return true }
    guard let schema = record.schema(of: part) else {
      var map = JavaHashMap(copying: try record.map(of: part, for: "InsertField"))
      for (field, value) in inserted(of: record) where value != .null { map.put(field.name, value) }
      record.set(part, to: .map(map.entries), nil)
      return true
    }
    var values = try record.structure(of: part, for: "InsertField")
    let options = options
    let updated = try schemas.made(of: schema) { (schema) throws(TransformFailure) in
      try InsertField.schema(options, schema)
    }
    for (index, field) in schema.schema.fields.enumerated() {
      if options.replacesNullWithDefault { values[index] = values[index].orDefault(of: field.schema) }
      values[index] = try field.checked(values[index], for: "InsertField")
    }
    // What the record does not say stays null, also in a required field, which the converter then refuses.
    for (_, value) in inserted(of: record) { values.append(value) }
    record.set(part, to: .structure(values), updated)
    return true
  }

  /// In the order of the schema's new fields.
  private func inserted(of record: ConnectRecord) -> [(Field, ConnectValue)] {
    var inserted: [(Field, ConnectValue)] = []
    if let field = options.topic { inserted.append((field, .text(record.topic))) }
    if let field = options.partition { inserted.append((field, record.partition.map { .int32($0) } ?? .null)) }
    if let field = options.timestamp {
      inserted.append((field, record.timestampMilliseconds.map { .int64($0) } ?? .null))
    }
    if let field = options.fixed { inserted.append((field, .text(options.fixedText))) }
    return inserted
  }

  private static func schema(_ options: Options, _ schema: ConnectSchema) throws(TransformFailure) -> SharedSchema {
    var fields = schema.fields
    func add(_ field: Field?, _ schema: ConnectSchema) {
      guard let field else { return }
      var schema = schema
      schema.isOptional = field.isOptional
      fields.append(ConnectField(field.name, schema))
    }
    add(options.topic, ConnectSchema(.string))
    add(options.partition, ConnectSchema(.int32))
    add(options.timestamp, LogicalType.timestamp.schema)
    add(options.fixed, ConnectSchema(.string))
    return SharedSchema(schema.basics(try ConnectSchema.structureKind(fields, for: "InsertField")))
  }
}
