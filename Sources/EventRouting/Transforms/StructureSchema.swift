import ConnectData

extension ConnectSchema {
  var isStructure: Bool { if case .structure = kind { true } else { false } }

  /// A structure of these fields. Throws where two have one name, as Connect's `SchemaBuilder` does.
  static func structureKind(_ fields: [ConnectField], for transform: StaticString) throws(TransformFailure) -> Kind {
    var names: Set<String> = []
    for field in fields where !names.insert(field.name).inserted {
      throw TransformFailure("\(transform): there would be two fields named \(field.name)")
    }
    return .structure(fields)
  }
}

extension ConnectField {
  /// The value as a structure takes it: not a null where the field is required, whatever its default. Source:
  /// `org.apache.kafka.connect.data.Struct.put`.
  func checked(_ value: ConnectValue, for transform: StaticString) throws(TransformFailure) -> ConnectValue {
    if value == .null, !schema.isOptional {
      throw TransformFailure("\(transform): the field \(name) is required and would be null")
    }
    return value
  }
}

extension ConnectValue {
  /// The value as `Struct.get` gives it: the default of its field where it is null.
  func orDefault(of schema: ConnectSchema) -> ConnectValue { self == .null ? schema.defaultValue ?? .null : self }
}
