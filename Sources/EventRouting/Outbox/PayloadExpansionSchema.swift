import ConnectData

/// Infers the schema of an expanded payload.
struct PayloadExpansionSchema {
  enum Refusal: Error {
    /// The payload stays a string.
    case notExpandable
    case tooLarge
  }

  /// The name of a structure holds the names of all structures around it, so names can grow with the square of a
  /// payload's depth; together they may take this many bytes.
  private static let nameBytesMax = 64 << 20

  let nullBehavior: PayloadExpansion.NullBehavior
  private var nameBytes = 0

  init(nullBehavior: PayloadExpansion.NullBehavior) { self.nullBehavior = nullBehavior }

  /// `nil` where a value has no schema: its field vanishes.
  mutating func schema(of node: PayloadNode, path: String?) throws(Refusal) -> ConnectSchema? {
    switch node {
    case .text: return ConnectSchema(.string, isOptional: true)
    case .document: return .jsonDocument()
    case .boolean: return ConnectSchema(.boolean, isOptional: true)
    case .int32: return ConnectSchema(.int32, isOptional: true)
    case .int64: return ConnectSchema(.int64, isOptional: true)
    case .bigInteger, .double: return ConnectSchema(.float64, isOptional: true)
    case .null: return nullBehavior == .optionalBytes ? ConnectSchema(.bytes, isOptional: true) : nil
    case .array(let elements):
      if elements.isEmpty { return nil }
      return ConnectSchema(.array(try schema(ofElements: elements, path: path)), isOptional: true)
    case .object(let object):
      var fields: [ConnectField] = []
      for member in object.members {
        let name = String(decoding: member.name, as: UTF8.self)
        guard let schema = try schema(of: member.value, path: joined(path, name, for: member.value)) else { continue }
        if name.isEmpty { throw .notExpandable }
        fields.append(ConnectField(name, schema))
      }
      return ConnectSchema(.structure(fields), isOptional: true, name: path)
    }
  }

  /// The name of a structure below `path`; values that can hold none need no name.
  private mutating func joined(_ path: String?, _ name: String, for node: PayloadNode) throws(Refusal) -> String? {
    guard node.kind == .object || node.kind == .array else { return nil }
    guard let path, path.utf8.contains(where: { $0 > 0x20 }) else { return name }
    nameBytes += path.utf8.count + name.utf8.count + 1
    if nameBytes > Self.nameBytesMax { throw .tooLarge }
    return path + "." + name
  }

  /// One schema for all elements: that of the first that is not null, or for objects all their fields together.
  private mutating func schema(ofElements elements: [PayloadNode], path: String?) throws(Refusal) -> ConnectSchema {
    let first = try firstElement(elements)
    guard case .object = first else {
      // Structures in arrays of arrays have no name, which is how Debezium calls itself here.
      guard let schema = try schema(of: first, path: nil) else { throw .notExpandable }
      return schema
    }
    var merged: MergedFields?
    var common: ConnectSchema?
    for case .object(let object) in elements {
      guard let schema = try schema(of: .object(object), path: path) else { continue }
      guard let known = common else {
        common = schema
        continue
      }
      // Schemas that differ are merged, and the result is no longer optional, which is what Debezium's copy forgets.
      if schema == known { continue }
      if merged == nil { merged = MergedFields(known.fields) }
      merged?.add(schema.fields)
    }
    guard let common else { throw .notExpandable }
    guard let merged else { return common }
    return ConnectSchema(.structure(merged.fields), isOptional: false, name: path)
  }

  /// The first element that is not null, if all of them are of one kind, and numbers of one type.
  private func firstElement(_ elements: [PayloadNode]) throws(Refusal) -> PayloadNode {
    var first: PayloadNode?
    for element in elements where element.kind != .null {
      guard let known = first else {
        first = element
        continue
      }
      guard known.kind == element.kind else { throw .notExpandable }
      if element.kind == .number, Self.numberType(known) != Self.numberType(element) { throw .notExpandable }
    }
    return first ?? .null
  }

  private static func numberType(_ node: PayloadNode) -> Int {
    switch node {
    case .int32: 32
    case .int64: 64
    default: 0
    }
  }

  /// Fields of several structures, in the order of first appearance. Of two schemas the first stays, unless it was only
  /// a null's.
  private struct MergedFields {
    private(set) var fields: [ConnectField] = []
    private var positions: [String: Int] = [:]

    init(_ fields: [ConnectField]) { add(fields) }

    mutating func add(_ others: [ConnectField]) {
      for field in others {
        if let position = positions[field.name] {
          if fields[position].schema.kind == .bytes, field.schema.kind != .bytes { fields[position] = field }
        } else {
          positions[field.name] = fields.count
          fields.append(field)
        }
      }
    }
  }
}
