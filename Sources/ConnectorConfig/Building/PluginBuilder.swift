/// Reads converters, transforms and predicates: properties that name a class, and that class's own options.
struct PluginBuilder {
  let entries: [ResolvedEntry]
  /// The aliases of `predicates`, set or not.
  private(set) var predicateAliases: Set<String> = []

  init(_ entries: [ResolvedEntry]) { self.entries = entries }

  private func entry(_ name: String) -> ResolvedEntry? { entries.first { $0.fullName == name } }

  // MARK: Converters

  /// The converter that `name` (`key.converter`, `value.converter`) sets; nil if it is not set. Options without their
  /// converter have no effect, as in Kafka Connect, and make a notice.
  func converter(_ name: String, problems: inout ProblemCollector) -> ConverterOptions? {
    guard let definition = plugin(name, PluginCatalogue.converters, "converter", problems: &problems) else {
      return nil
    }
    return converter(definition, prefix: name + ".", problems: &problems)
  }

  func headerConverter(problems: inout ProblemCollector) -> HeaderConverterOptions? {
    let name = "header.converter"
    guard let definition = plugin(name, PluginCatalogue.headerConverters, "header converter", problems: &problems)
    else { return nil }
    guard definition.simpleName != "SimpleHeaderConverter" else {
      _ = options(name + ".", definition.options, problems: &problems)
      return .simple
    }
    return converter(definition, prefix: name + ".", problems: &problems).map { .converter($0) }
  }

  private func converter(
    _ definition: PluginDefinition, prefix: String, problems: inout ProblemCollector
  ) -> ConverterOptions? {
    let foreign = optionsOfOthers(than: definition)
    let set = options(prefix, definition.options + foreign, problems: &problems)
    switch definition.simpleName {
    case "JsonConverter":
      var json = JSONConverterOptions()
      json.schemasEnable = set.boolean("schemas.enable")
      json.schemasCacheCount = set.integer("schemas.cache.size", or: json.schemasCacheCount)
      json.decimalFormat = set.word("decimal.format", or: json.decimalFormat)
      json.replaceNullWithDefault = set.boolean("replace.null.with.default")
      return .json(json)
    case "StringConverter": return .string
    case "ByteArrayConverter": return .byteArray
    case let name where PrimitiveType(rawValue: name) != nil:
      return PrimitiveType(rawValue: name).map { .primitive($0) }
    default:
      let name = "delegate.converter.type"
      guard set.isSet(name) else { return .binaryData(delegate: nil) }
      let delegates = PluginCatalogue.converters.filter { $0.simpleName != "BinaryDataConverter" }
      guard let delegate = plugin(prefix + name, delegates, "converter", problems: &problems) else { return nil }
      return converter(delegate, prefix: prefix + name + ".", problems: &problems).map { .binaryData(delegate: $0) }
    }
  }

  /// What another converter takes: often left standing when the class is changed, and passed over by Kafka Connect.
  private func optionsOfOthers(than definition: PluginDefinition) -> [Property] {
    let own = Set(definition.options.map(\.name))
    var names: Set<String> = own
    return PluginCatalogue.converters.flatMap(\.options).filter { names.insert($0.name).inserted }.map {
      .noEffect($0.name, .string, nil, "\(definition.simpleName) has no such option")
    }
  }

  // MARK: Transforms and predicates

  mutating func predicates(problems: inout ProblemCollector) -> [PredicateOptions] {
    let aliases = aliases("predicates", problems: &problems)
    predicateAliases = Set(aliases)
    return aliases.compactMap { alias in
      let prefix = "predicates.\(alias)."
      guard
        let definition = plugin(
          prefix + "type", PluginCatalogue.predicates, "predicate", required: true, problems: &problems)
      else { return nil }
      let set = options(prefix, PluginCatalogue.predicateCommon + definition.options, problems: &problems)
      let kind: PredicateOptions.Kind =
        switch definition.simpleName {
        case "TopicNameMatches": .topicNameMatches(pattern: set.text("pattern"))
        case "HasHeaderKey": .hasHeaderKey(name: set.text("name"))
        default: .recordIsTombstone
        }
      return PredicateOptions(alias: alias, kind: kind)
    }
  }

  /// After `predicates`, whose aliases it checks against.
  func transforms(problems: inout ProblemCollector) -> [TransformOptions] {
    aliases("transforms", problems: &problems).compactMap { alias in
      let prefix = "transforms.\(alias)."
      guard
        let definition = plugin(
          prefix + "type", PluginCatalogue.transforms, "transform", required: true, problems: &problems)
      else { return nil }
      let set = options(prefix, PluginCatalogue.transformCommon + definition.options, problems: &problems)
      if let predicate = set.entry("predicate"), !predicateAliases.contains(predicate.value.trimmedASCII()) {
        let near = NearestName.of(predicate.value, in: predicateAliases.sorted()).map { "Did you mean \"\($0)\"?" }
        let shown = predicate.isFromProvider ? "the value" : "\"\(predicate.value)\""
        problems.add(
          .error, line: predicate.line, predicate.fullName, "\(shown) is not in predicates",
          near ?? "List it in predicates and give its type")
      }
      if let negate = set.entry("negate"), !set.isSet("predicate"), set.boolean("negate") {
        problems.add(
          .error, line: negate.line, negate.fullName, "there is no predicate to negate", "Set one, or drop it")
      }
      let kind: TransformOptions.Kind =
        switch definition.simpleName {
        case "RegexRouter": .regexRouter(regex: set.text("regex"), replacement: set.text("replacement"))
        case "EventRouter": .eventRouter(EventRouterOptions(set))
        default: .record(className: definition.className, PluginValues(set, definition.options))
        }
      if case .record(let className, let values) = kind, !problems.hasErrors {
        check(className, values, prefix, set, &problems)
      }
      return TransformOptions(
        alias: alias, kind: kind, predicate: set.optionalText("predicate")?.trimmedASCII(),
        negate: set.boolean("negate"))
    }
  }

  /// What single options do not show.
  private func check(
    _ className: String, _ values: PluginValues, _ prefix: String, _ set: PropertySet,
    _ problems: inout ProblemCollector
  ) {
    do throws(TransformOptionsProblem) {
      _ = try RecordTransformReader.options(className, values)
    } catch {
      problems.add(
        .error, line: set.entry(error.option)?.line, prefix + error.option, error.message, error.remedy)
    }
  }

  /// The list, each alias once; properties of an alias that is not in it are errors.
  private func aliases(_ list: String, problems: inout ProblemCollector) -> [String] {
    var aliases: [String] = []
    let entry = entry(list)
    for alias in entry?.value.splitList() ?? [] {
      if aliases.contains(alias) {
        problems.add(.error, line: entry?.line, list, "\"\(alias)\" is listed twice", "Every alias stands once")
      } else {
        aliases.append(alias)
      }
    }
    guard !problems.failed.contains(list) else { return [] }
    for property in ResolvedEntry.within(list + ".", of: entries)
    where !aliases.contains(where: { property.name.hasPrefix($0 + ".") }) {
      let alias = String(property.name.prefix { $0 != "." })
      let near = NearestName.of(alias, in: aliases).map {
        "Did you mean \(list).\($0)\(property.name.dropFirst(alias.count))?"
      }
      problems.add(
        .error, line: property.line, property.fullName, "\"\(alias)\" is not in \(list)",
        near ?? "Add it there, or drop it")
    }
    return aliases
  }

  // MARK: Common

  /// The class that the property names; nil, and told if wrong, when there is none to use.
  private func plugin(
    _ name: String, _ plugins: [PluginDefinition], _ what: String, required: Bool = false,
    problems: inout ProblemCollector
  ) -> PluginDefinition? {
    guard let entry = entry(name) else {
      if problems.failed.contains(name) { return nil }
      if required { problems.add(.error, name, "is missing and has no default", "Name the class of the \(what)") }
      return nil
    }
    guard let definition = PluginCatalogue.find(entry.value, in: plugins) else {
      let text = entry.value.trimmedASCII()
      let near =
        NearestName.of(text, in: plugins.map(\.className))
        ?? NearestName.of(simpleClassName(text), in: plugins.map(\.simpleName))
      let shown = entry.isFromProvider ? "the value" : "\"\(entry.value)\""
      problems.add(
        .error, line: entry.line, name, "\(shown) is no \(what) of this version",
        near.map { "Did you mean \($0)?" }
          ?? "Supported: \(plugins.filter { $0.refusal == nil }.map(\.className).joined(separator: ", "))")
      return nil
    }
    if let refusal = definition.refusal {
      problems.add(
        .error, line: entry.line, name, "\(definition.className) is \(refusal)",
        "Supported: \(plugins.filter { $0.refusal == nil }.map(\.className).joined(separator: ", "))")
      return nil
    }
    return definition
  }

  private func options(
    _ prefix: String, _ catalogue: [Property], problems: inout ProblemCollector
  ) -> PropertySet {
    PropertySet(ResolvedEntry.within(prefix, of: entries), catalogue: catalogue, prefix: prefix, problems: &problems)
  }
}

extension EventRouterOptions {
  /// From options that are already checked.
  init(_ set: PropertySet) {
    self.init()
    invalidOperationBehavior = set.word("table.op.invalid.behavior", or: invalidOperationBehavior)
    eventIDColumn = set.text("table.field.event.id")
    eventKeyColumn = set.text("table.field.event.key")
    eventTypeColumn = set.text("table.field.event.type")
    eventPayloadColumn = set.text("table.field.event.payload")
    eventTimestampColumn = set.nonEmptyText("table.field.event.timestamp")
    schemaVersionColumn = set.nonEmptyText("table.field.event.schema.version")
    additionalPlacements =
      set.entry("table.fields.additional.placement").flatMap { Self.placements(of: $0.value) } ?? []
    missingFieldBehavior = set.word("table.field.additional.missing", or: missingFieldBehavior)
    routeByColumn = set.text("route.by.field")
    routeTopicRegex = set.text("route.topic.regex")
    routeTopicReplacement = set.text("route.topic.replacement")
    tombstoneOnEmptyPayload = set.boolean("route.tombstone.on.empty.payload")
    expandJSONPayload = set.boolean("table.expand.json.payload")
    jsonNullBehavior = set.word("table.json.payload.null.behavior", or: jsonNullBehavior)
  }
}
