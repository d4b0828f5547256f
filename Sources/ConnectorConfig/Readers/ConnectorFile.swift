/// Reader of a connector file in any of Kafka Connect's forms: what one posts to `/connectors`
/// (`{"name": …, "config": {…}}`), a bare JSON map, or Java properties.
enum ConnectorFile {
  static func read(_ source: ConfigSource) throws(ConfigError) -> RawProperties {
    let text = try source.utf8()
    let first = text.first { !" \t\r\n".utf8.contains($0) }
    guard first == UInt8(ascii: "{") || source.file.hasSuffix(".json") else { return try JavaProperties.read(source) }
    let document = try JSONDocument(parsing: source)
    guard case .object(let members) = try document.value(of: source) else {
      throw source.error(1, "a connector file holds a JSON object", "Write {\"name\": …, \"config\": {…}}")
    }
    guard let config = members.first(where: { $0.key == "config" }) else { return try properties(members, source) }
    guard case .object(let inner) = config.value else {
      throw source.error(config.line, "config: must be an object of properties, not \(config.value.kind)")
    }
    var properties = try properties(inner, source)
    var problems: [ConfigProblem] = []
    for member in members where member.key != "config" {
      if let problem = take(member, into: &properties) { problems.append(problem) }
    }
    guard problems.isEmpty else { throw ConfigError(problems) }
    return properties
  }

  /// What may stand beside `config`: the name, and what Kafka Connect's own answers carry.
  private static func take(_ member: JSONValue.Member, into properties: inout RawProperties) -> ConfigProblem? {
    func problem(_ message: String, _ remedy: String? = nil) -> ConfigProblem {
      ConfigProblem(
        .error, file: properties.file, line: member.line, property: member.key, message: message, remedy: remedy)
    }
    switch (member.key, member.value) {
    case ("name", .string(let name)):
      if let inner = properties.entries.first(where: { $0.name == "name" }) {
        return inner.value == name
          ? nil : problem("is \"\(name)\", but in config it is \"\(inner.value)\"", "Name the connector once")
      }
      properties.entries.insert(RawProperties.Entry(name: "name", value: name, line: member.line), at: 0)
      return nil
    case ("name", _): return problem("must be a text, not \(member.value.kind)")
    case ("initial_state", .string("RUNNING")), ("tasks", .array), ("type", .string("source")): return nil
    case ("initial_state", _): return problem("not supported by this version", "Only RUNNING is; leave it out")
    default:
      return problem("does not belong beside \"config\"", "Connector properties go into \"config\"")
    }
  }

  /// Texts, numbers and booleans become texts, as Kafka Connect makes of them.
  private static func properties(
    _ members: [JSONValue.Member], _ source: ConfigSource
  ) throws(ConfigError) -> RawProperties {
    var properties = RawProperties(file: source.file, entries: [])
    var problems: [ConfigProblem] = []
    for member in members {
      let text: String
      switch member.value {
      case .string(let value), .number(let value): text = value
      case .boolean(let value): text = value ? "true" : "false"
      case .null, .array, .object:
        problems.append(
          ConfigProblem(
            .error, file: source.file, line: member.line, property: member.key,
            message: "must be a text, a number or a boolean, not \(member.value.kind)",
            remedy: { if case .null = member.value { "Leave it out to have its default" } else { nil } }()))
        continue
      }
      properties.entries.append(RawProperties.Entry(name: member.key, value: text, line: member.line))
    }
    guard problems.isEmpty else { throw ConfigError(problems) }
    return properties
  }
}
