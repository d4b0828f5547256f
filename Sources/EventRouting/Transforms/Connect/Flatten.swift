import ConnectData

/// Makes one level of structures within structures, names joined by a delimiter. Arrays stay as they are. Source:
/// `org.apache.kafka.connect.transforms.Flatten`.
public struct Flatten: RecordTransform {
  private struct Plan {
    /// For each new field, the indices that lead to it.
    var paths: [[Int]]
    var schema: SharedSchema
  }

  private let part: RecordPart
  private let delimiter: String
  private var plans = SchemaCache<Plan>()

  public init(part: RecordPart, delimiter: String = ".") {
    self.part = part
    self.delimiter = delimiter
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    if record.value(of: part) == .null { return true }
    guard let schema = record.schema(of: part) else {
      var flat: [ConnectMapEntry] = []
      try flatten(try record.map(of: part, for: "Flatten"), prefix: "", into: &flat)
      record.set(part, to: .map(flat), nil)
      return true
    }
    let values = try record.structure(of: part, for: "Flatten")
    let delimiter = delimiter
    let plan = try plans.made(of: schema) { (schema) throws(TransformFailure) in
      try Builder.plan(of: schema, delimiter: delimiter)
    }
    var flat: [ConnectValue] = []
    flat.reserveCapacity(plan.paths.count)
    for (field, path) in zip(plan.schema.schema.fields, plan.paths) {
      flat.append(try Flatten.value(at: path, of: values, schema.schema, as: field))
    }
    record.set(part, to: .structure(flat), plan.schema)
    return true
  }

  /// Of a structure that is null the fields are not set at all, required or not.
  private static func value(
    at path: [Int], of values: [ConnectValue], _ schema: ConnectSchema, as field: ConnectField
  ) throws(TransformFailure) -> ConnectValue {
    var values = values
    var fields = schema.fields
    for index in path.dropLast() {
      guard case .structure(let inner) = values[index] else { return .null }
      values = inner
      fields = fields[index].schema.fields
    }
    let last = path[path.count - 1]
    return try field.checked(values[last].orDefault(of: fields[last].schema), for: "Flatten")
  }

  /// Collects the leaves of a schema.
  private struct Builder {
    let delimiter: String
    var fields: [ConnectField] = []
    var paths: [[Int]] = []

    static func plan(of schema: ConnectSchema, delimiter: String) throws(TransformFailure) -> Plan {
      var builder = Builder(delimiter: delimiter)
      try builder.add(
        schema, prefix: "", path: [], isOptional: schema.isOptional, defaults: schema.defaultValue ?? .null)
      let kind = try ConnectSchema.structureKind(builder.fields, for: "Flatten")
      return Plan(paths: builder.paths, schema: SharedSchema(schema.basics(kind)))
    }

    /// `isOptional` and `defaults` are those of the structure above, by which its fields go too.
    private mutating func add(
      _ schema: ConnectSchema, prefix: String, path: [Int], isOptional: Bool, defaults: ConnectValue
    ) throws(TransformFailure) {
      for (index, field) in schema.fields.enumerated() {
        let name = prefix.isEmpty ? field.name : prefix + delimiter + field.name
        let isOptional = isOptional || field.schema.isOptional
        var defaultValue = field.schema.defaultValue ?? .null
        if defaultValue == .null, case .structure(let values) = defaults { defaultValue = values[index] }
        switch field.schema.kind {
        case .structure:
          try add(field.schema, prefix: name, path: path + [index], isOptional: isOptional, defaults: defaultValue)
        case .map: throw TransformFailure("Flatten: \(name) is a map")
        default:
          var leaf = field.schema.basics(field.schema.kind)
          leaf.isOptional = isOptional
          if defaultValue != .null { leaf.defaultValue = defaultValue }
          fields.append(ConnectField(name, leaf))
          paths.append(path + [index])
        }
      }
    }
  }

  private func flatten(
    _ entries: [ConnectMapEntry], prefix: String, into flat: inout [ConnectMapEntry]
  ) throws(TransformFailure) {
    for entry in entries {
      guard case .text(let text) = entry.key else { continue }
      let key = String(decoding: text, as: UTF8.self)
      let name = prefix.isEmpty ? key : prefix + delimiter + key
      switch entry.value {
      case .map(let inner): try flatten(inner, prefix: name, into: &flat)
      case .structure: throw TransformFailure("Flatten: \(name) is a structure in a map without a schema")
      default:
        if let index = flat.firstIndex(where: { $0.key == .text(name) }) {
          flat[index].value = entry.value
        } else {
          flat.append(ConnectMapEntry(.text(name), entry.value))
        }
      }
    }
  }
}
