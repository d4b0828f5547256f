/// A JSON object of texts, numbers and booleans, read strictly: the form of our own state records.
public struct FlatJSONObject: Sendable {
  /// Numbers as they were written; booleans as `true` and `false`.
  public let members: [String: String]

  /// `name` is what errors call the text. Nested values and nulls are refused.
  public init(_ bytes: [UInt8], name: String) throws(ConfigError) {
    let source = ConfigSource(file: name, bytes: bytes)
    let value = try JSONDocument(parsing: source).value(of: source)
    guard case .object(let list) = value else {
      throw ConfigError([ConfigProblem(.error, file: name, message: "is \(value.kind), not an object")])
    }
    var members: [String: String] = [:]
    for member in list {
      switch member.value {
      case .string(let text), .number(let text): members[member.key] = text
      case .boolean(let flag): members[member.key] = flag ? "true" : "false"
      case .object, .array, .null:
        throw ConfigError([
          ConfigProblem(.error, file: name, property: member.key, message: "is \(member.value.kind), not a plain value")
        ])
      }
    }
    self.members = members
  }

  public subscript(name: String) -> String? { members[name] }
}
