/// One entry of `include.list` or `exclude.list` of `TimezoneConverter`: `source:table`, `source:table:field`,
/// `topic:name`, `topic:name:field`, `name:field`, and, but for the first, `name`.
public struct ZoneRule: Sendable, Hashable {
  enum Place: Sendable {
    case source, topic
    /// One of both words in capitals, which Debezium takes for a place and then does not know.
    case unknown
  }

  var place: Place?
  var name: String
  var field: String?

  /// Of all entries; `nil` where Debezium refuses the list: its `LIST_PATTERN` takes a field behind a place and a name
  /// in the first entry only.
  public static func rules(of entries: [String]) -> [ZoneRule]? {
    var rules: [ZoneRule] = []
    for (index, entry) in entries.enumerated() {
      let parts = entry.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let isTaken = parts.allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { byte in isWord(byte) || byte == 0x20 || byte == 0x22 || byte == 0x2E }
      }
      guard isTaken, (index == 0 ? 2...3 : 1...2).contains(parts.count) else { return nil }
      rules.append(ZoneRule(parts))
    }
    return rules
  }

  private init(_ parts: [String]) {
    guard parts.count > 1, ["source", "topic"].contains(parts[0].lowercased()) else {
      name = parts[0]
      field = parts.count > 1 ? parts[1] : nil
      return
    }
    place = parts[0] == "source" ? .source : parts[0] == "topic" ? .topic : .unknown
    name = parts[1]
    field = parts.count > 2 ? parts[2] : nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
  }
}

/// The entries of a list, by what they match.
struct ZoneRuleTable {
  private var topics: [String: Set<String>] = [:]
  private var tables: [String: Set<String>] = [:]
  private var either: [String: Set<String>] = [:]

  init(_ rules: [ZoneRule]) {
    // An entry without a place has that of the last one that had one.
    var place: ZoneRule.Place?
    for rule in rules {
      place = rule.place ?? place
      let fields = rule.field.map { [$0] } ?? []
      switch place {
      case .topic: topics[rule.name, default: []].formUnion(fields)
      case .source: tables[rule.name, default: []].formUnion(fields)
      case .unknown, nil: either[rule.name, default: []].formUnion(fields)
      }
    }
  }

  /// What the first match names; empty where it names no fields, `nil` without a match.
  func fields(topic: String, table: String?) -> Set<String>? {
    topics[topic] ?? table.flatMap { tables[$0] } ?? either[topic] ?? table.flatMap { either[$0] }
  }
}
