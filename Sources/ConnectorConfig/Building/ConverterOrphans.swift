/// Options of a converter that is not named beside them.
enum ConverterOrphans {
  /// They have no effect, as in Kafka Connect, and a line in the log says so.
  static func report(_ entries: [ResolvedEntry], where reason: String, problems: inout ProblemCollector) {
    for name in ["key.converter", "value.converter", "header.converter"]
    where !entries.contains(where: { $0.fullName == name }) {
      for entry in ResolvedEntry.within(name + ".", of: entries) {
        problems.add(
          .notice, line: entry.line, entry.fullName, "has no effect: \(reason)", "Set \(name) beside it")
      }
    }
  }
}
