extension ConnectSchema {
  /// Place of the field of this name in a structure; `nil` without it, and for every other kind.
  public func fieldIndex(_ name: String) -> Int? { fields.firstIndex { $0.name == name } }

  /// The structure's field as `Struct.get` gives it: the field's default for a null. `nil` where there is no such field.
  public func field(_ name: String, of value: ConnectValue) -> ConnectValue? {
    guard case .structure(let values) = value, let index = fieldIndex(name), index < values.count else { return nil }
    return values[index] == .null ? fields[index].schema.defaultValue ?? .null : values[index]
  }

  /// The same schema, taking a null.
  public var asOptional: ConnectSchema {
    var schema = self
    schema.isOptional = true
    return schema
  }

  /// A schema of this name, version, documentation and parameters: neither optional nor with a default, as Connect's
  /// `SchemaUtil.copySchemaBasics` makes them.
  public func basics(_ kind: Kind) -> ConnectSchema {
    ConnectSchema(kind, name: name, version: version, parameters: parameters, documentation: documentation)
  }

  /// Debezium's rule: the schema's name ends in `.Envelope`.
  public var isEnvelope: Bool { name?.hasSuffix(".Envelope") == true }

  /// The first name that stands twice; Connect's builder refuses such a structure.
  public static func repeatedName(_ fields: [ConnectField]) -> String? {
    var names: Set<String> = []
    return fields.first { !names.insert($0.name).inserted }?.name
  }
}
