/// Reads `topic.naming.strategy` with what belongs to it.
enum TopicNamingBuilder {
  private static let companions = [
    "topic.regex", "topic.replacement", "topic.key.enforce.uniqueness", "topic.key.field.name", "topic.key.field.regex",
    "topic.key.field.replacement",
  ]

  static func read(_ set: PropertySet, _ options: inout ConnectorOptions, _ problems: inout ProblemCollector) {
    let strategy =
      TopicNamingStrategy(rawValue: simpleClassName(set.text("topic.naming.strategy"))) ?? TopicNamingStrategy.schema
    options.topicNamingStrategy = strategy
    guard strategy.isRegex else {
      for name in companions {
        guard let entry = set.entry(name) else { continue }
        problems.add(.notice, line: entry.line, name, "has no effect: topic.naming.strategy is \(strategy.rawValue)")
      }
      return
    }
    for (regex, replacement) in [
      ("topic.regex", "topic.replacement"), ("topic.key.field.regex", "topic.key.field.replacement"),
    ] where set.nonEmptyText(regex) != nil && set.nonEmptyText(replacement) == nil {
      problems.add(.error, line: set.entry(regex)?.line, replacement, "is missing", "Set it beside \(regex)")
    }
    guard let regex = set.nonEmptyText("topic.regex") else {
      problems.add(.error, "topic.regex", "is missing", "\(strategy.rawValue) needs it")
      return
    }
    options.topicMerging = TopicMergingOptions(
      regex: regex, replacement: set.text("topic.replacement"),
      keyFieldName: set.boolean("topic.key.enforce.uniqueness") ? set.text("topic.key.field.name") : nil,
      keyFieldRegex: set.nonEmptyText("topic.key.field.regex"),
      keyFieldReplacement: set.text("topic.key.field.replacement"))
  }
}
