import EventRouting

/// The transforms of Kafka Connect and their options. Source: Kafka 4.3, `org.apache.kafka.connect.transforms`, the
/// `CONFIG_DEF` of each class.
enum ConnectTransformCatalogue {
  private static let package = "org.apache.kafka.connect.transforms."

  static let definitions: [PluginDefinition] =
    both("Cast", [Property("spec", castRule, required: true), replaceNull])
    + [
      PluginDefinition(package + "DropHeaders", [Property("headers", .names, required: true)])
    ]
    + both("ExtractField", [Property("field", .string, required: true), fieldSyntax, replaceNull])
    + [PluginDefinition(package + "Filter")]
    + both("Flatten", [Property("delimiter", .string, ".")])
    + both(
      "HeaderFrom",
      [
        Property("fields", .names, required: true), Property("headers", .names, required: true),
        Property("operation", .exactly(["copy", "move"]), required: true), replaceNull,
      ])
    + both("HoistField", [Property("field", .string, required: true)])
    + both(
      "InsertField",
      [
        Property("topic.field", .string), Property("partition.field", .string),
        .refused("offset.field", .string, nil, "a record to be sent has no offset yet, and Kafka Connect fails at it"),
        Property("timestamp.field", .string), Property("static.field", .string), Property("static.value", .string),
        replaceNull,
      ])
    + [
      PluginDefinition(
        package + "InsertHeader",
        [Property("header", .string, required: true), Property("value.literal", literalRule, required: true)])
    ]
    + both(
      "MaskField", [Property("fields", .names, required: true), Property("replacement", .nonEmpty), replaceNull])
    + both(
      "ReplaceField",
      [
        Property("exclude", .names, ""), Property("include", .names, ""), Property("renames", renamesRule, ""),
        replaceNull,
        .refused("blacklist", .list, nil, "Kafka Connect passes over it since 4.0; it is called exclude"),
        .refused("whitelist", .list, nil, "Kafka Connect passes over it since 4.0; it is called include"),
      ])
    + both(
      "SetSchemaMetadata", [Property("schema.name", .string), Property("schema.version", .int), replaceNull])
    + both(
      "TimestampConverter",
      [
        Property("field", .string, ""),
        Property("target.type", .exactly(TimestampConverter.Form.allCases.map(\.rawValue)), required: true),
        Property("format", .dateFormat, ""),
        Property(
          "unix.precision", .exactly(TimestampConverter.Precision.allCases.map(\.rawValue)), "milliseconds"),
        replaceNull,
      ])
    + [
      PluginDefinition(
        package + "TimestampRouter",
        [
          Property("topic.format", .string, "${topic}-${timestamp}"),
          Property("timestamp.format", .dateFormat, "yyyyMMdd"),
        ]),
      PluginDefinition(package + "ValueToKey", [Property("fields", .names, required: true), replaceNull]),
    ]

  private static func both(_ name: String, _ options: [Property]) -> [PluginDefinition] {
    ["$Key", "$Value"].map { PluginDefinition(package + name + $0, options) }
  }

  private static let replaceNull = Property("replace.null.with.default", .boolean, "true")

  private static let fieldSyntax = Property("field.syntax.version", .oneOf(["V1", "V2"]), "V1")

  private static let castRule = PropertyType.text(
    rule: "one type, or a comma-separated list of field:type, types being "
      + Cast.Target.allCases.map(\.rawValue).joined(separator: ", ")
  ) { Cast.Specification($0.splitEveryEntry()) != nil }

  private static let renamesRule = PropertyType.text(rule: "a comma-separated list of old:new") {
    ReplaceField.Options.renames(of: $0.splitEveryEntry()) != nil
  }

  private static let literalRule = PropertyType.text(
    rule:
      "a text, number, boolean, date, null, or a list or map whose elements have one type: others are not supported by this version"
  ) { (try? HeaderLiteral($0.trimmedASCII())) != nil }
}

extension PropertyType {
  /// A list of names, none of them empty. Kafka drops those that are repeated.
  static let names = PropertyType.text(rule: "a comma-separated list without empty entries") {
    $0.splitEveryEntry().allSatisfy { !$0.isEmpty }
  }

  /// One of these words, upper and lower case told apart.
  static func exactly(_ words: [String]) -> PropertyType {
    .text(rule: "one of \(words.joined(separator: ", "))") { words.contains($0.trimmedASCII()) }
  }

  static let dateFormat = PropertyType.text(
    rule: "a pattern of Java's SimpleDateFormat, of the letters G y M L d D E u a H k K h m s S z Z X"
  ) { (try? SimpleDateFormat($0.trimmedASCII())) != nil }
}

extension String {
  /// Kafka's LIST with its empty entries; an empty text has none.
  func splitEveryEntry() -> [String] {
    let trimmed = trimmedASCII()
    return trimmed.isEmpty
      ? [] : trimmed.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmedASCII() }
  }
}
