/// Reads `topic.creation.*` of a connector. Source: `SourceConnectorConfig` and `TopicCreationConfig`, Kafka 4.3.
enum TopicCreationBuilder {
  private static let prefix = "topic.creation."
  private static let defaultGroup = "default"

  /// Nil when nothing of it is set.
  static func build(_ entries: [ResolvedEntry], problems: inout ProblemCollector) -> TopicCreationOptions? {
    let own = ResolvedEntry.within(prefix, of: entries)
    guard !own.isEmpty else { return nil }
    let list = own.first { $0.name == "groups" }
    var names: [String] = []
    for name in list?.value.splitList() ?? [] where name != defaultGroup {
      if names.contains(name) {
        problems.add(
          .error, line: list?.line, prefix + "groups", "\"\(name)\" is listed twice", "Every group stands once")
      } else {
        names.append(name)
      }
    }
    for entry in own where entry.name != "groups" {
      if !(names + [defaultGroup]).contains(where: { entry.name.hasPrefix($0 + ".") }) {
        let group = String(entry.name.prefix { $0 != "." })
        problems.add(
          .error, line: entry.line, entry.fullName, "\"\(group)\" is not in topic.creation.groups",
          "Add it there, or drop it")
      }
    }
    let fallback = group(defaultGroup, entries, inheriting: nil, problems: &problems)
    return TopicCreationOptions(
      groups: names.map { group($0, entries, inheriting: fallback, problems: &problems) }, defaultGroup: fallback)
  }

  private static func group(
    _ name: String, _ entries: [ResolvedEntry], inheriting fallback: TopicCreationOptions.Group?,
    problems: inout ProblemCollector
  ) -> TopicCreationOptions.Group {
    let isDefault = fallback == nil
    var catalogue = [
      Property(
        "replication.factor", .replicationFactor, fallback.map { String($0.replicationFactor) }, required: isDefault),
      Property("partitions", .partitionCount, fallback.map { String($0.partitions) }, required: isDefault),
    ]
    if !isDefault {
      catalogue.append(Property("include", .regexList, required: true))
      catalogue.append(Property("exclude", .regexList))
    }
    let fixed = Set(["replication.factor", "partitions", "include", "exclude"])
    catalogue.append(Property("(.+)", .string))
    let set = PropertySet(
      ResolvedEntry.within(prefix + name + ".", of: entries), catalogue: catalogue, prefix: prefix + name + ".",
      problems: &problems)
    var topicConfig: [String: String] = [:]
    for entry in set.entries where !fixed.contains(entry.name) { topicConfig[entry.name] = entry.value }
    return TopicCreationOptions.Group(
      name: name, include: isDefault ? [] : set.regexList("include"),
      exclude: isDefault ? [] : set.regexList("exclude"),
      replicationFactor: set.integer("replication.factor", or: -1), partitions: set.integer("partitions", or: -1),
      topicConfig: topicConfig)
  }
}
