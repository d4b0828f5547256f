/// A table as far as its proof needs it.
struct ProofTable: Sendable {
  let name: String
  /// Its rows become events of their own; those have ids.
  var isOutbox = false
  var hasKey = true
  /// `false`: a row that is gone leaves no trace in Kafka.
  var publishesDeletes = true
  /// `false`: `skipped.operations` leaves out changes, so that Kafka need not have a row's state.
  var publishesChanges = true
  /// Names of fields that say when and how a record was made, and nothing of the row.
  var volatile: Set<UInt64> = []
  /// By field: the value that stands for what an update did not send.
  var unavailable: [UInt64: UInt64] = [:]
  /// Columns with a default that rows from before the column's time have.
  var lateColumns: Set<UInt64> = []

  init(name: String) { self.name = name }
}

/// Which rows and records are compared with which.
struct ProofSubject: Sendable {
  var tables: [ProofTable] = []
  /// Table and topic of each line of the report.
  var lines: [(table: Int, topic: Int)] = []
  var topics: [String] = []
  private var topicIndexes: [String: Int] = [:]
  private var lineIndexes: [String: Int] = [:]
  /// The table of a topic, for records without a row.
  var tableOfTopic: [Int: Int] = [:]
  /// An event without a row is a fault: rows are never deleted from the outbox.
  var keepsOutbox = false

  mutating func topic(_ name: String) -> Int {
    if let known = topicIndexes[name] { return known }
    topics.append(name)
    topicIndexes[name] = topics.count - 1
    return topics.count - 1
  }

  func index(ofTopic name: String) -> Int? { topicIndexes[name] }

  mutating func line(_ table: Int, _ topic: Int, aggregate: String?, _ report: inout ProofReport) -> Int {
    let key = "\(table) \(topic) \(aggregate ?? "")"
    if let known = lineIndexes[key] { return known }
    lines.append((table, topic))
    report.lines.append(.init(table: tables[table].name, aggregate: aggregate, topic: topics[topic]))
    lineIndexes[key] = lines.count - 1
    return lines.count - 1
  }

  func table(ofTopic topic: Int) -> ProofTable? { tableOfTopic[topic].map { tables[$0] } }
}
