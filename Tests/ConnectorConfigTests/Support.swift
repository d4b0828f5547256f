import ConnectorConfig
import Foundation

/// What the tests of this target share.
enum Support {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let worker = "bootstrap.servers=localhost:9092\n"

  /// A connector file that loads, in the flat form.
  static let minimal = [
    "name": "c", "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "topic.prefix": "fin",
    "database.hostname": "localhost", "database.user": "u", "database.dbname": "bank",
  ]

  static func properties(_ map: [String: String]) -> String {
    map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.replacing("\\", with: "\\\\"))\n" }.joined()
  }

  /// Loads the minimal connector with changes; nil removes a property.
  static func load(
    _ changes: [String: String?] = [:], worker: String = worker, environment: [String: String] = [:]
  ) throws(ConfigError) -> LoadedConfig {
    var map = minimal
    for (name, value) in changes { map[name] = value }
    return try load(text: properties(map), worker: worker, environment: environment)
  }

  static func load(
    text: String, file: String = "c.properties", worker: String = worker, environment: [String: String] = [:]
  ) throws(ConfigError) -> LoadedConfig {
    try ConfigLoader.load(
      worker: ConfigSource(file: "worker.properties", text: worker),
      connectors: [ConfigSource(file: file, text: text)], environment: environment)
  }

  static func options(
    _ changes: [String: String?] = [:], worker: String = worker, environment: [String: String] = [:]
  ) throws -> ConnectorOptions {
    try load(changes, worker: worker, environment: environment).connectors[0]
  }

  /// The errors of a connector that must not load.
  static func problems(
    _ changes: [String: String?] = [:], worker: String = worker, environment: [String: String] = [:]
  ) -> [ConfigProblem] {
    do throws(ConfigError) {
      _ = try load(changes, worker: worker, environment: environment)
      return []
    } catch { return error.problems.filter { $0.severity == .error } }
  }

  /// Everything that any form of printing shows.
  static func printed(_ value: Any) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    return "\(value) \(String(reflecting: value)) \(dumped)"
  }
}
