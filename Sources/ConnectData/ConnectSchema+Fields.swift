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
}
