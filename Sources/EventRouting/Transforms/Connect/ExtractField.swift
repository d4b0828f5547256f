import ConnectData

/// Makes one field of the key or value the whole of it. Source: `org.apache.kafka.connect.transforms.ExtractField`.
public struct ExtractField: RecordTransform {
  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    public var field: FieldPath
    public var replacesNullWithDefault: Bool

    public init(part: RecordPart, field: FieldPath, replacesNullWithDefault: Bool = true) {
      self.part = part
      self.field = field
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  /// Where the field stands, and its schema.
  private struct Plan {
    var steps: [(index: Int, schema: ConnectSchema)]
    var schema: SharedSchema
  }

  private let options: Options
  private var plans = SchemaCache<Plan>()

  public init(_ options: Options) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    guard let schema = record.schema(of: part) else {
      try applyWithoutSchema(&record)
      return true
    }
    if record.value(of: part) != .null { _ = try record.structure(of: part, for: "ExtractField") }
    let field = options.field
    let plan = try plans.made(of: schema) { (schema) throws(TransformFailure) in
      try ExtractField.plan(field, schema)
    }
    var value = record.value(of: part)
    for (depth, step) in plan.steps.enumerated() {
      if value == .null { break }
      guard case .structure(let values) = value else {
        throw TransformFailure("ExtractField: a part of \(field.text) is no structure")
      }
      value = values[step.index]
      if depth < plan.steps.count - 1 || options.replacesNullWithDefault { value = value.orDefault(of: step.schema) }
    }
    record.set(part, to: value, plan.schema)
    return true
  }

  private static func plan(_ field: FieldPath, _ schema: ConnectSchema) throws(TransformFailure) -> Plan {
    var steps: [(index: Int, schema: ConnectSchema)] = []
    var current = schema
    for name in field.names {
      guard let index = current.fieldIndex(name) else {
        throw TransformFailure("ExtractField: there is no field \(field.text)")
      }
      current = current.fields[index].schema
      steps.append((index, current))
    }
    return Plan(steps: steps, schema: SharedSchema(current))
  }

  private func applyWithoutSchema(_ record: inout ConnectRecord) throws(TransformFailure) {
    var value = record.value(of: options.part)
    for name in options.field.names {
      if value == .null { break }
      guard case .map(let entries) = value else {
        throw TransformFailure("ExtractField: the \(options.part) has no schema, and a part of it is no map")
      }
      value = entries.value(name)
    }
    record.set(options.part, to: value, nil)
  }
}
