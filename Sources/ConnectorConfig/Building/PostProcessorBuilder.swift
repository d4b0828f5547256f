/// Reads `post.processors` with the options of those it names, of which Debezium has one: `ReselectColumnsPostProcessor`.
enum PostProcessorBuilder {
  static let options: [Property] = [
    Property("type", .className, required: true),
    Property("reselect.columns.include.list", .regexList),
    Property("reselect.columns.exclude.list", .regexList),
    Property("reselect.unavailable.values", .boolean, "true"),
    Property("reselect.null.values", .boolean, "true"),
    Property("reselect.use.event.key", .boolean, "false"),
    Property("reselect.error.handling.mode", .oneOf(["warn", "fail"]), "warn"),
  ]

  static func aliases(_ entries: [ResolvedEntry]) -> [String] {
    entries.first { $0.fullName == "post.processors" }?.value.splitList() ?? []
  }

  /// Options stand behind `post.processors.<alias>.`, else behind `<alias>.`, as they did once.
  static func read(_ entries: [ResolvedEntry], problems: inout ProblemCollector) -> ReselectionOptions? {
    let aliases = aliases(entries)
    guard let alias = aliases.first else { return nil }
    let line = entries.first { $0.fullName == "post.processors" }?.line
    if aliases.count > 1 {
      problems.add(.error, line: line, "post.processors", "more than one is not supported", "Keep one")
      return nil
    }
    let isNew = entries.contains { $0.fullName.hasPrefix("post.processors.\(alias).") }
    let prefix = isNew ? "post.processors.\(alias)." : "\(alias)."
    let set = PropertySet(
      ResolvedEntry.within(prefix, of: entries), catalogue: options, prefix: prefix, problems: &problems)
    guard let type = set.entry("type") else { return nil }
    guard simpleClassName(type.value) == "ReselectColumnsPostProcessor" else {
      problems.add(
        .error, line: type.line, type.fullName, "there is no such post processor",
        "Use io.debezium.processors.reselect.ReselectColumnsPostProcessor")
      return nil
    }
    return ReselectionOptions(
      includeList: set.regexList("reselect.columns.include.list"),
      excludeList: set.regexList("reselect.columns.exclude.list"),
      takesUnavailable: set.boolean("reselect.unavailable.values"), takesNulls: set.boolean("reselect.null.values"),
      usesEventKey: set.boolean("reselect.use.event.key"),
      failsOnError: set.text("reselect.error.handling.mode").trimmedASCII().lowercased() == "fail")
  }
}
