/// Compares what was recorded with what was delivered, group by group, in order within each group.
struct RecordComparison {
  enum Order: String {
    case topic
    case key
  }

  /// Also hidden: `timestamp`, or `header:NAME`.
  var masks: [String] = []
  /// Topics that do not count, as whole regular expressions of which a part suffices.
  var ignoredTopics: [String] = []
  var order = Order.topic

  struct Difference: CustomStringConvertible {
    /// Topic, and key where the order is that of keys.
    var group: String
    /// From 1, within the group.
    var record: Int
    var what: String

    var description: String { "record \(record) of \(group): \(what)" }
  }

  struct Result {
    var passed = 0
    var differences: [Difference] = []
  }

  private struct Group: Hashable {
    var topic: String
    var key: [UInt8]?
  }

  func compare(expected: [RecordedRecord], actual: [RecordedRecord]) -> Result {
    let wanted = grouped(expected)
    let found = grouped(actual)
    var result = Result()
    for group in wanted.order + found.order.filter({ wanted.records[$0] == nil }) {
      compare(masked(wanted.records[group] ?? []), masked(found.records[group] ?? []), label(group), &result)
    }
    return result
  }

  private func compare(
    _ expected: [RecordedRecord], _ actual: [RecordedRecord], _ label: String, _ result: inout Result
  ) {
    for index in 0..<max(expected.count, actual.count) {
      let problem: String?
      if index >= expected.count {
        problem = "unexpected: key \(Self.excerpt(actual[index].key)), value \(Self.excerpt(actual[index].value))"
      } else if index >= actual.count {
        problem = "missing: key \(Self.excerpt(expected[index].key)), value \(Self.excerpt(expected[index].value))"
      } else {
        problem = Self.difference(expected[index], actual[index])
      }
      if let problem {
        result.differences.append(Difference(group: label, record: index + 1, what: problem))
      } else {
        result.passed += 1
      }
    }
  }

  // MARK: Groups

  private func grouped(_ records: [RecordedRecord]) -> (order: [Group], records: [Group: [RecordedRecord]]) {
    let ignored = ignoredTopics.compactMap { try? Regex($0) }
    var order: [Group] = []
    var groups: [Group: [RecordedRecord]] = [:]
    for record in records where !ignored.contains(where: { record.topic.firstMatch(of: $0) != nil }) {
      let group = Group(topic: record.topic, key: self.order == .key ? record.key.map(Self.stable) : nil)
      // How many heartbeats there are is a matter of timing.
      if record.topic.hasPrefix("__debezium-heartbeat"), groups[group] != nil { continue }
      if groups[group] == nil { order.append(group) }
      groups[group, default: []].append(record)
    }
    return (order, groups)
  }

  /// A key without what looks like a transaction's id, which no second run can repeat.
  private static func stable(_ key: [UInt8]) -> [UInt8] {
    Array(String(decoding: key, as: UTF8.self).replacing(/[0-9]+:[0-9]+/, with: "").utf8)
  }

  private func label(_ group: Group) -> String {
    order == .key ? "\(group.topic), key \(Self.excerpt(group.key))" : group.topic
  }

  private func masked(_ records: [RecordedRecord]) -> [RecordedRecord] {
    var mask = RecordMask()
    let hidden = Set(masks.filter { $0.hasPrefix("header:") }.map { String($0.dropFirst("header:".count)) })
    return records.map { record in
      var record = record
      record.key = mask.mask(record.key)
      record.value = mask.mask(record.value)
      record.headers = record.headers.map { mask.mask($0, hides: hidden) }
      // Present it must be, so a time that the producer gave would do as well.
      if masks.contains("timestamp"), record.timestamp != nil { record.timestamp = 0 }
      return record
    }
  }

  // MARK: One record

  private static func difference(_ expected: RecordedRecord, _ actual: RecordedRecord) -> String? {
    if let text = difference("key", expected.key, actual.key) { return text }
    if let text = difference("value", expected.value, actual.value) { return text }
    for index in 0..<min(expected.headers.count, actual.headers.count) {
      let (want, have) = (expected.headers[index], actual.headers[index])
      if want.name != have.name { return "header \(index + 1) is \(have.name), expected \(want.name)" }
      if let text = difference("header \(want.name)", want.value, have.value) { return text }
    }
    if expected.headers.count != actual.headers.count {
      let names = [expected, actual].map { $0.headers.map(\.name).joined(separator: ", ") }
      return "\(actual.headers.count) headers (\(names[1])), expected \(expected.headers.count) (\(names[0]))"
    }
    if let partition = expected.partition, partition != actual.partition {
      return "partition \(actual.partition.map(String.init) ?? "none"), expected \(partition)"
    }
    if let timestamp = expected.timestamp, timestamp != actual.timestamp {
      return "timestamp \(actual.timestamp.map(String.init) ?? "none"), expected \(timestamp)"
    }
    return nil
  }

  private static func difference(_ what: String, _ expected: [UInt8]?, _ actual: [UInt8]?) -> String? {
    if expected == actual { return nil }
    guard let expected, let actual else {
      return "\(what) is \(excerpt(actual)), expected \(excerpt(expected))"
    }
    let byte = zip(expected, actual).enumerated().first { $1.0 != $1.1 }?.offset ?? min(expected.count, actual.count)
    return """
      \(what) differs at byte \(byte) (masked)
            expected: \(excerpt(expected, around: byte))
            actual:   \(excerpt(actual, around: byte))
      """
  }

  private static func excerpt(_ bytes: [UInt8]?, around byte: Int = 0, width: Int = 120) -> String {
    guard let bytes else { return "null" }
    let start = min(max(0, byte - width / 2), bytes.count)
    let end = min(start + width, bytes.count)
    return (start > 0 ? "…" : "") + String(decoding: bytes[start..<end], as: UTF8.self) + (end < bytes.count ? "…" : "")
  }
}
