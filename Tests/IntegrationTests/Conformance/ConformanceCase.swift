import Foundation

/// One recorded case: `setup.sql`, `changes.sql`, `connector.json` and what Debezium delivered, in `expected.jsonl`; or,
/// where its task failed, in `expected-error.txt` with the error. `case.json` says what is not plain.
struct ConformanceCase: Sendable {
  enum Mode: String, Decodable {
    /// The changes come while the relay streams.
    case live
    /// The changes, with slot and publication, are there before the relay starts.
    case preload
    /// As live; then the relay is stopped, `changes2.sql` runs, and it is started again.
    case restart
  }

  private struct Specification: Decodable {
    var mode: Mode?
    var mask: [String]?
    var ignore_topics: [String]?
    var partitions: Int32?
    var compare: String?
  }

  let name: String
  let directory: String
  let mode: Mode
  /// Of each topic.
  let partitions: Int32
  /// Debezium's task fails in this case.
  let expectsFailure: Bool
  let comparison: @Sendable () -> RecordComparison

  init(directory: String) throws {
    self.directory = directory
    name = URL(fileURLWithPath: directory).lastPathComponent
    let file = directory + "/case.json"
    let text = FileManager.default.contents(atPath: file) ?? Data("{}".utf8)
    let specification = try JSONDecoder().decode(Specification.self, from: text)
    mode = specification.mode ?? .live
    partitions = specification.partitions ?? 1
    expectsFailure = FileManager.default.fileExists(atPath: directory + "/expected-error.txt")
    let order: RecordComparison.Order
    switch specification.compare {
    case nil: order = .topic
    case "--order key": order = .key
    case let option?: throw ProcessFailure("\(file): unknown compare option \(option)")
    }
    // What such a case delivers has the times of its run.
    let masks = expectsFailure ? ["timestamp"] : specification.mask ?? []
    comparison = {
      RecordComparison(
        masks: masks, ignoredTopics: specification.ignore_topics ?? [], order: order)
    }
  }

  /// All cases of a folder, by name.
  static func all(in folder: String) throws -> [ConformanceCase] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/connector.json") }
      .map { try ConformanceCase(directory: "\(folder)/\($0)") }
  }

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: directory + "/" + file, encoding: .utf8)
  }

  func expected() throws -> [RecordedRecord] {
    try RecordedRecord.load(directory + (expectsFailure ? "/expected-error.txt" : "/expected.jsonl"))
  }

  /// The connector file with these properties set.
  func connector(setting properties: [String: String]) throws -> (file: Data, properties: [String: String]) {
    let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/connector.json"))
    guard var object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
      var config = object["config"] as? [String: String]
    else { throw ProcessFailure("\(name): connector.json has no \"config\" of texts") }
    config.merge(properties) { _, new in new }
    object["config"] = config
    return (try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted]), config)
  }
}
