import EventRouting

/// Debezium's transforms that take change records apart, and their options. Source: Debezium 3.6.3.Final, the fields of
/// each class.
enum DebeziumTransformCatalogue {
  private static let package = "io.debezium.transforms."

  static let definitions: [PluginDefinition] = [
    PluginDefinition(
      package + "ExtractChangedRecordState",
      [Property("header.changed.name", .string), Property("header.unchanged.name", .string)]),
    PluginDefinition(
      package + "ExtractSchemaToNewRecord",
      [
        .noEffect(
          "schema.name.adjustment.mode", .oneOf(["none", "avro", "avro_unicode"]), "none",
          "the names of its schemas need no adjustment")
      ]),
    PluginDefinition(
      package + "HeaderToValue",
      [
        Property("headers", .namesWithoutBlanks, required: true),
        Property("fields", .namesWithoutBlanks, required: true),
        Property("operation", .oneOf(["copy", "move"]), required: true),
      ]),
    PluginDefinition(
      package + "partitions.PartitionRouting",
      [
        Property("partition.payload.fields", .names, required: true),
        Property("partition.topic.num", .positiveInt, required: true),
        Property("partition.hash.function", .oneOf(["java", "murmur"]), "java"),
      ]),
    PluginDefinition(
      package + "SchemaChangeEventFilter",
      [
        Property(
          "schema.change.event.exclude.list",
          .text(
            rule: "a comma-separated list of \(SchemaChangeEventFilter.kinds.joined(separator: ", "))"
          ) { $0.splitEveryEntry().allSatisfy { SchemaChangeEventFilter.kinds.contains($0) } }, required: true)
      ]),
    PluginDefinition(
      package + "TimezoneConverter",
      [
        Property("converted.timezone", zone, required: true), Property("include.list", zoneRules, ""),
        Property("exclude.list", zoneRules, ""),
      ]),
  ]

  /// That a named zone exists is seen when its rules are read.
  private static let zone = PropertyType.text(rule: "an offset such as +08:00, or a zone such as America/Los_Angeles") {
    let text = $0.trimmedASCII()
    guard let first = text.utf8.first else { return false }
    if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { return ZoneRules(offset: text) != nil }
    return ZoneName.isValid(text)
  }

  private static let zoneRules = PropertyType.text(
    rule: "a list of source:table, topic:name or name:field, only the first with a place, a name and a field, "
      + "of letters, digits, blanks, dots and underscores"
  ) { ZoneRule.rules(of: $0.splitEveryEntry()) != nil }
}

extension PropertyType {
  /// A list of names without blanks in them, none of them empty.
  static let namesWithoutBlanks = PropertyType.text(
    rule: "a comma-separated list of names without blanks, none of them empty"
  ) {
    $0.splitEveryEntry().allSatisfy { name in !name.isEmpty && !name.contains { $0.isWhitespace } }
  }
}
