import ConnectData

/// Builds the value of an expanded payload under its inferred schema.
enum PayloadExpansionValue {
  /// `nil` where Debezium finds that a value does not fit.
  static func structure(_ object: PayloadObject, _ schema: ConnectSchema) -> ConnectValue? {
    guard case .structure(let fields) = schema.kind else { return nil }
    var values: [ConnectValue] = []
    values.reserveCapacity(fields.count)
    // Fields come in the order of members, but for those that vanished.
    var next = 0
    for field in fields {
      guard let position = object.position(of: Array(field.name.utf8), near: next) else {
        values.append(.null)
        continue
      }
      guard let value = value(object.members[position].value, field.schema) else { return nil }
      values.append(value)
      next = position + 1
    }
    return .structure(values)
  }

  private static func value(_ node: PayloadNode, _ schema: ConnectSchema) -> ConnectValue? {
    switch node {
    case .null: return schema.isOptional ? .null : nil
    case .boolean(let flag): return schema.kind == .boolean ? .boolean(flag) : nil
    case .int32(let number): return schema.kind == .int32 ? .int32(number) : nil
    case .int64(let number): return schema.kind == .int64 ? .int64(number) : nil
    case .double(let number): return schema.kind == .float64 ? .float64(number) : nil
    case .bigInteger: return nil
    case .text(let text), .document(let text): return schema.kind == .string ? .text(text) : nil
    case .array(let elements):
      guard case .array(let element) = schema.kind else { return nil }
      var values: [ConnectValue] = []
      values.reserveCapacity(elements.count)
      for node in elements {
        guard let value = value(node, element) else { return nil }
        values.append(value)
      }
      return .array(values)
    case .object(let object): return structure(object, schema)
    }
  }
}
