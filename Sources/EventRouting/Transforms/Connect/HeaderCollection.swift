import ConnectData

/// A list or map in a header's literal: `[1,2.5]`, `{"a":[true]}`. Source: `Values.ValueParser.parseArray`, `parseMap` and
/// `SchemaMerger`.
struct HeaderCollection {
  enum Failure: Error {
    /// Connect takes the whole literal for a string.
    case malformed
    /// Nothing that all elements have in common.
    case mixed
  }

  typealias Element = (value: ConnectValue, schema: ConnectSchema?)

  private var tokens: ArraySlice<String>
  private var depth = 0
  private static let depthMax = 64

  init(_ tokens: [String]) { self.tokens = tokens[...] }

  /// What follows the closing bracket does not count.
  mutating func parse() throws(Failure) -> (ConnectValue, ConnectSchema?) {
    let element = try element()
    return (element.value, element.schema)
  }

  private mutating func element() throws(Failure) -> Element {
    if takes("\"") { return quoted() }
    if let next = next, let constant = HeaderLiteral.constant(next) {
      _ = takes(next)
      return constant
    }
    guard depth < HeaderCollection.depthMax else { throw .mixed }
    depth += 1
    defer { depth -= 1 }
    if takes("[") { return try list() }
    if takes("{") { return try map() }
    guard let token = tokens.popFirst()?.trimmed(), let start = token.unicodeScalars.first else {
      throw .malformed
    }
    if ("0"..."9").contains(start), let temporal = HeaderLiteral.temporal(token, tokens) {
      tokens = tokens.dropFirst(temporal.taken)
      return temporal.value
    }
    guard let scalar = HeaderLiteral.scalar(token, following: []) else { throw .malformed }
    return scalar
  }

  private mutating func quoted() -> Element {
    var content = ""
    while !tokens.isEmpty, !takes("\"") { content += tokens.removeFirst() }
    return HeaderLiteral.temporal(content) ?? (.text(content), ConnectSchema(.string))
  }

  private mutating func list() throws(Failure) -> Element {
    var elements: [Element] = []
    while !tokens.isEmpty {
      if takes("]") {
        let (values, schema) = try HeaderCollection.aligned(elements)
        return (.array(values), ConnectSchema(.array(schema)))
      }
      if takes(",") { throw .malformed }
      elements.append(try element())
      guard next == "]" || takes(",") else { throw .malformed }
    }
    throw .malformed
  }

  private mutating func map() throws(Failure) -> Element {
    var keys: [Element] = []
    var values: [Element] = []
    while !tokens.isEmpty {
      if takes("}") {
        let (keyValues, keySchema) = try HeaderCollection.aligned(keys)
        let (entryValues, valueSchema) = try HeaderCollection.aligned(values)
        let entries = zip(keyValues, entryValues).map { ConnectMapEntry($0, $1) }
        return (.map(entries), ConnectSchema(.map(key: keySchema, value: valueSchema)))
      }
      if takes(",") { throw .malformed }
      let key = try element()
      guard key.value != .null, takes(":") else { throw .malformed }
      let value = try element()
      _ = takes(",")
      // The last of two equal keys wins, in the place of the first.
      if let index = keys.firstIndex(where: { $0.value == key.value }) {
        values[index] = value
      } else {
        keys.append(key)
        values.append(value)
      }
    }
    throw .malformed
  }

  /// The next token that is not blank; a blank one at the end.
  private var next: String? {
    mutating get {
      while tokens.count > 1, tokens[tokens.startIndex].trimmed().isEmpty { tokens.removeFirst() }
      return tokens.first?.trimmed()
    }
  }

  private mutating func takes(_ token: String) -> Bool {
    guard next == token else { return false }
    tokens.removeFirst()
    return true
  }

  /// The values in the schema that takes them all.
  private static func aligned(_ elements: [Element]) throws(Failure) -> ([ConnectValue], ConnectSchema) {
    var common: ConnectSchema?
    for case let schema? in elements.map(\.schema) {
      guard let previous = common else {
        common = schema
        continue
      }
      guard let merged = merged(previous, schema) else { throw .mixed }
      common = merged
    }
    guard let common else { throw .mixed }
    var values: [ConnectValue] = []
    for element in elements {
      guard element.value != .null else { throw .malformed }
      values.append(widened(element.value, common.kind))
    }
    return (values, common)
  }

  /// Numbers have the wider type; all else must be of one schema.
  private static func merged(_ left: ConnectSchema, _ right: ConnectSchema) -> ConnectSchema? {
    if left == right { return left }
    let order: [ConnectSchema.Kind] = [.int8, .int16, .int32, .int64, .float32, .float64]
    guard left.name == nil, right.name == nil, let first = order.firstIndex(of: left.kind),
      let second = order.firstIndex(of: right.kind)
    else { return nil }
    return first > second ? left : right
  }

  private static func widened(_ value: ConnectValue, _ kind: ConnectSchema.Kind) -> ConnectValue {
    let whole: Int64? =
      switch value {
      case .int8(let number): Int64(number)
      case .int16(let number): Int64(number)
      case .int32(let number): Int64(number)
      case .int64(let number): number
      default: nil
      }
    switch (kind, whole, value) {
    case (.int16, let number?, _): return .int16(Int16(number))
    case (.int32, let number?, _): return .int32(Int32(number))
    case (.int64, let number?, _): return .int64(number)
    case (.float32, let number?, _): return .float32(Float(number))
    case (.float64, let number?, _): return .float64(Double(number))
    case (.float64, _, .float32(let number)): return .float64(Double(number))
    default: return value
    }
  }
}
