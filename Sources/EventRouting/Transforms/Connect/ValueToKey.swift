import ConnectData

/// Makes the key of fields of the value. Source: `org.apache.kafka.connect.transforms.ValueToKey`.
public struct ValueToKey: RecordTransform {
  private let fields: [String]
  private let replacesNullWithDefault: Bool

  private struct Plan {
    var sources: [Int]
    var schema: SharedSchema
  }
  private var plans = SchemaCache<Plan>()

  public init(fields: [String], replacesNullWithDefault: Bool = true) {
    self.fields = fields
    self.replacesNullWithDefault = replacesNullWithDefault
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard let schema = record.valueSchema else {
      let entries = try record.map(of: .value, for: "ValueToKey")
      var key = JavaHashMap(capacity: fields.count)
      for field in fields { key.put(field, entries.value(field)) }
      record.set(.key, to: .map(key.entries), nil)
      return true
    }
    let values = try record.structure(of: .value, for: "ValueToKey")
    let names = fields
    let plan = try plans.made(of: schema) { (schema) throws(TransformFailure) in
      try ValueToKey.plan(names, schema)
    }
    var key: [ConnectValue] = []
    for (field, source) in zip(plan.schema.schema.fields, plan.sources) {
      let value = replacesNullWithDefault ? values[source].orDefault(of: field.schema) : values[source]
      key.append(try field.checked(value, for: "ValueToKey"))
    }
    record.set(.key, to: .structure(key), plan.schema)
    return true
  }

  private static func plan(_ names: [String], _ schema: ConnectSchema) throws(TransformFailure) -> Plan {
    var fields: [ConnectField] = []
    var sources: [Int] = []
    for name in names {
      guard let index = schema.fieldIndex(name) else {
        throw TransformFailure("ValueToKey: the value has no field \(name)")
      }
      fields.append(schema.fields[index])
      sources.append(index)
    }
    let kind = try ConnectSchema.structureKind(fields, for: "ValueToKey")
    return Plan(sources: sources, schema: SharedSchema(ConnectSchema(kind)))
  }
}
