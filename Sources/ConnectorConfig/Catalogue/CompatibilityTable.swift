/// The table of docs/compatibility.md, made of the catalogue so that the two cannot differ.
public enum CompatibilityTable {
  public static let beginMarker = "<!-- properties: begin (written by a test, do not edit) -->"
  public static let endMarker = "<!-- properties: end -->"

  /// The text between the markers.
  public static func markdown() -> String {
    let sections: [(String, [Property])] = [
      ("Kafka Connect, connector file", ConnectCatalogue.connector + ConnectCatalogue.structured),
      ("Debezium: connection", DebeziumCatalogue.connection),
      ("Debezium: slot and publication", DebeziumCatalogue.slotAndPublication),
      ("Debezium: snapshot", DebeziumCatalogue.snapshot),
      ("Debezium: what is captured", DebeziumCatalogue.capture),
      ("Debezium: values", DebeziumCatalogue.values),
      ("Debezium: topics and events", DebeziumCatalogue.events),
      ("Debezium: heartbeats", DebeziumCatalogue.heartbeat),
      ("Debezium: signals and notifications", DebeziumCatalogue.signals),
      ("Debezium: failures", DebeziumCatalogue.failures),
      ("Debezium: limits", DebeziumCatalogue.limits),
      ("Debezium: observation", DebeziumCatalogue.observation),
      ("Sluice's own", DebeziumCatalogue.plugins),
      ("Converters", converters),
      ("Transforms: of every one", prefixed("transforms.<alias>.", PluginCatalogue.transformCommon)),
    ]
    let afterTransforms: [(String, [Property])] = [
      ("Predicates", predicates),
      (
        "Post processors: ReselectColumnsPostProcessor",
        prefixed("post.processors.<alias>.", PostProcessorBuilder.options)
      ),
      ("Worker file: Kafka", WorkerCatalogue.kafka),
      ("Worker file: converters", WorkerCatalogue.converters),
      ("Worker file: state, topics, providers", WorkerCatalogue.offsets),
      ("Worker file: shared slot", WorkerCatalogue.slot),
      ("Worker file: HTTP", WorkerCatalogue.http),
      ("Worker file: worker group", WorkerCatalogue.workerGroup),
      ("Worker file: other", WorkerCatalogue.other),
    ]
    return (sections + transforms + afterTransforms).map { section($0.0, $0.1) }.joined(separator: "\n") + "\n"
      + classes()
  }

  /// One for each class that has options; those for keys and for values have the same.
  private static var transforms: [(String, [Property])] {
    var sections: [(String, [Property])] = []
    for plugin in PluginCatalogue.transforms where plugin.refusal == nil && !plugin.options.isEmpty {
      let parts = plugin.simpleName.split(separator: "$")
      if parts.count > 1, parts[1] != "Key" { continue }
      let title = "Transforms: " + parts[0] + (parts.count > 1 ? "$Key and $Value" : "")
      sections.append((title, prefixed("transforms.<alias>.", plugin.options)))
    }
    return sections
  }

  private static func section(_ title: String, _ properties: [Property]) -> String {
    var text = "### \(title)\n\n| property | type | default | class |\n|---|---|---|---|\n"
    for property in properties {
      let name = code(property.name) + (property.isRequired ? " (required)" : "")
      let fallback = property.defaultValue.map { $0.isEmpty ? "" : code($0) } ?? ""
      text += "| \(name) | \(type(property)) | \(fallback) | \(support(property)) |\n"
    }
    return text
  }

  private static func type(_ property: Property) -> String {
    if case .text(let rule, _) = property.type { return "string: " + escaped(rule) }
    return property.type.label
  }

  private static func support(_ property: Property) -> String {
    let except = property.refusedValues.sorted { $0.key < $1.key }.map { "\(code($0.key)) is refused: \($0.value)" }
    switch property.support {
    case .supported: return (["supported"] + except).joined(separator: "; ")
    case .acceptedNoEffect(let reason): return (["no effect: \(reason)"] + except).joined(separator: "; ")
    case .refused(let reason): return "refused: \(reason)"
    }
  }

  private static func classes() -> String {
    let kinds: [(String, [PluginDefinition])] = [
      ("key and value converters", PluginCatalogue.converters), ("header converters", PluginCatalogue.headerConverters),
      ("transforms", PluginCatalogue.transforms), ("predicates", PluginCatalogue.predicates),
    ]
    var text = "### Classes\n\n| kind | supported | refused: not supported by this version |\n|---|---|---|\n"
    for (kind, plugins) in kinds {
      let taken = plugins.filter { $0.refusal == nil }.map { code($0.className) }
      var refused: [String] = []
      for plugin in plugins where plugin.refusal != nil {
        let name = code(plugin.simpleName.split(separator: "$").first.map(String.init) ?? plugin.simpleName)
        if !refused.contains(name) { refused.append(name) }
      }
      text += "| \(kind) | \(taken.joined(separator: ", ")) | \(refused.joined(separator: ", ")) |\n"
    }
    return text
  }

  private static var converters: [Property] {
    let json = prefixed("<converter>.", PluginCatalogue.jsonConverterOptions)
    let others = ["StringConverter", "BinaryDataConverter"].flatMap { name in
      prefixed("<converter>.", (PluginCatalogue.find(name, in: PluginCatalogue.converters)?.options ?? []))
    }
    var seen: Set<String> = []
    return (json + others).filter { seen.insert($0.name).inserted }
  }

  private static var predicates: [Property] {
    prefixed("predicates.<alias>.", PluginCatalogue.predicateCommon + PluginCatalogue.predicates.flatMap(\.options))
  }

  private static func prefixed(_ prefix: String, _ properties: [Property]) -> [Property] {
    properties.map {
      Property(
        prefix + $0.name, $0.type, $0.defaultValue, $0.support, refusing: $0.refusedValues, required: $0.isRequired)
    }
  }

  private static func code(_ text: String) -> String { "`\(escaped(text))`" }

  /// A bar would end the cell.
  private static func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
