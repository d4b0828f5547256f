import EventRouting
import Primitives

/// Which tables a signal means.
enum SnapshotSelection {
  static func pattern(_ text: String, ignoringCase: Bool = false) throws(SignalData.Refusal) -> JavaPattern {
    do throws(JavaPattern.Refusal) {
      return try JavaPattern(text, ignoringCase: ignoringCase)
    } catch {
      throw SignalData.Refusal(reason: "the pattern \(error.pattern) \(error.reason)")
    }
  }

  static func compile(
    _ conditions: [SignalData.Condition]
  ) throws(SignalData.Refusal) -> [(pattern: JavaPattern, filter: String)] {
    var compiled: [(pattern: JavaPattern, filter: String)] = []
    for condition in conditions {
      compiled.append((try pattern(condition.pattern, ignoringCase: true), condition.filter))
    }
    return compiled
  }

  /// Names that the patterns match, each once; a pattern that matches none stands for itself, so that a table which is not
  /// known is told of by name. Source: Debezium 3.6, `expandAndDedupeDataCollectionIds`.
  static func expand(_ patterns: [String], known: [TableID]) throws(SignalData.Refusal) -> [String] {
    let known = known.sorted().map(\.description)
    let ordered = JavaHashOrder.concurrentMap(known).map { known[$0] }
    var names: [String] = []
    for text in patterns {
      let pattern = try pattern(text)
      let matched = ordered.filter { pattern.matches($0) }
      for name in matched.isEmpty ? [text] : matched where !names.contains(name) { names.append(name) }
    }
    return names
  }
}

extension TableID {
  /// `schema.table`, each part bare or in double quotes; `nil` for anything else.
  init?(parsing text: String) {
    var parts: [String] = []
    var part = ""
    var isQuoted = false
    for character in text {
      switch character {
      case "\"": isQuoted.toggle()
      case "." where !isQuoted:
        parts.append(part)
        part = ""
      default: part.append(character)
      }
    }
    parts.append(part)
    guard parts.count == 2, !isQuoted, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(schema: parts[0], name: parts[1])
  }
}

extension BlockingSnapshot {
  /// The filter of an additional condition is the whole SELECT here. Source: Debezium 3.6,
  /// `RelationalSnapshotChangeEventSource.getBlockingSnapshottingTask`.
  init(
    _ data: SignalData, _ patterns: [String], at position: (lsn: LSN, lastCommit: LSN?, transactionID: UInt64)
  ) throws(SignalData.Refusal) {
    for text in patterns { _ = try SnapshotSelection.pattern(text, ignoringCase: true) }
    var queries: [TableID: String] = [:]
    for condition in data.conditions {
      guard let table = TableID(parsing: condition.pattern) else {
        throw SignalData.Refusal(reason: "\(condition.pattern) is no name of a table")
      }
      queries[table] = condition.filter
    }
    self.init(
      collections: patterns, queries: queries, lsn: position.lsn, lastCommit: position.lastCommit,
      transactionID: position.transactionID)
  }
}
