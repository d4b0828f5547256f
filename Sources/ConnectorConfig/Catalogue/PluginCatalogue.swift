/// A class that a property names, and the options it takes.
struct PluginDefinition: Sendable {
  let className: String
  let options: [Property]
  /// Nil: implemented.
  let refusal: String?

  init(_ className: String, _ options: [Property] = [], refusal: String? = nil) {
    self.className = className
    self.options = options
    self.refusal = refusal
  }

  var simpleName: String { simpleClassName(className) }
}

/// Converters, transforms and predicates. Source: Kafka 4.3 and Debezium 3.6.3.Final, their configuration definitions.
enum PluginCatalogue {
  private static let connectTransforms = "org.apache.kafka.connect.transforms."
  private static let debeziumTransforms = "io.debezium.transforms."

  static let jsonConverterOptions: [Property] =
    [
      Property("schemas.enable", .boolean, "true"),
      Property("schemas.cache.size", .nonNegativeInt, "1000"),
      Property("decimal.format", .oneOf(["BASE64", "NUMERIC"]), "BASE64"),
      Property("replace.null.with.default", .boolean, "true"),
      .refused("schema.content", .string),
    ] + converterCommon

  static let converters: [PluginDefinition] =
    [
      PluginDefinition("org.apache.kafka.connect.json.JsonConverter", jsonConverterOptions),
      PluginDefinition(
        "org.apache.kafka.connect.storage.StringConverter",
        [.refused("converter.encoding", .string, "UTF-8", "only UTF-8 is written")] + converterCommon),
      PluginDefinition("org.apache.kafka.connect.converters.ByteArrayConverter", converterCommon),
      PluginDefinition(
        "io.debezium.converters.BinaryDataConverter",
        [
          Property("delegate.converter.type", .className),
          Property("delegate.converter.type.(.+)", .string),
        ] + converterCommon),
    ]
    + PrimitiveType.allCases.map {
      PluginDefinition("org.apache.kafka.connect.converters.\($0.rawValue)", converterCommon)
    }
    + [
      "io.debezium.converters.ByteArrayConverter", "io.debezium.converters.ByteBufferConverter",
      "io.debezium.converters.CloudEventsConverter",
      "io.confluent.connect.avro.AvroConverter", "io.confluent.connect.json.JsonSchemaConverter",
      "io.confluent.connect.protobuf.ProtobufConverter", "io.apicurio.registry.utils.converter.AvroConverter",
    ].map { PluginDefinition($0, refusal: Property.later) }

  static let converterCommon: [Property] = [
    .noEffect(
      "converter.type", .oneOf(["key", "value", "header"]), nil, "the property that names the converter says so"),
    pluginVersion,
  ]

  private static let pluginVersion = Property.noEffect(
    "plugin.version", .string, nil, "there is one version, this one")

  static let headerConverters: [PluginDefinition] =
    [PluginDefinition("org.apache.kafka.connect.storage.SimpleHeaderConverter", converterCommon)]
    + converters.map { converter in
      let takesText = ["JsonConverter", "StringConverter"].contains(converter.simpleName)
      return takesText ? converter : PluginDefinition(converter.className, refusal: Property.later)
    }

  /// Options that Kafka Connect reads of every transform.
  static let transformCommon: [Property] = [
    Property("type", .className, required: true),
    Property("predicate", .nonEmpty),
    Property("negate", .boolean, "false"),
    pluginVersion,
  ]

  static let predicateCommon: [Property] = [
    Property("type", .className, required: true),
    pluginVersion,
  ]

  static let eventRouterOptions: [Property] = [
    Property("table.op.invalid.behavior", .oneOf(["warn", "error", "fatal"]), "warn"),
    Property("table.field.event.id", .nonEmpty, "id"),
    Property("table.field.event.key", .nonEmpty, "aggregateid"),
    Property("table.field.event.type", .nonEmpty, "type"),
    Property("table.field.event.timestamp", .nonEmpty),
    Property("table.field.event.payload", .nonEmpty, "payload"),
    Property("table.field.event.schema.version", .nonEmpty),
    Property(
      "table.fields.additional.placement",
      .text(
        rule: "a comma-separated list of column:place or column:place:alias, place being header, envelope or partition"
      ) {
        EventRouterOptions.placements(of: $0) != nil
      }),
    Property("table.field.additional.missing", .oneOf(["error", "ignore"]), "error"),
    Property("route.by.field", .nonEmpty, "aggregatetype"),
    Property("route.topic.regex", .regex, "(?<routedByValue>.*)"),
    Property("route.topic.replacement", .nonEmpty, "outbox.event.${routedByValue}"),
    Property("route.tombstone.on.empty.payload", .boolean, "false"),
    Property("table.expand.json.payload", .boolean, "false"),
    Property("table.json.payload.null.behavior", .oneOf(["ignore", "optional_bytes"]), "ignore"),
    .noEffect("tracing.span.context.field", .string, "tracingspancontext", noTracing),
    .noEffect("tracing.operation.name", .string, "debezium-read", noTracing),
    .noEffect("tracing.with.context.field.only", .boolean, "false", noTracing),
  ]

  private static let noTracing = "there is no OpenTelemetry agent; Debezium without one passes over it too"

  static let transforms: [PluginDefinition] =
    [
      PluginDefinition(
        connectTransforms + "RegexRouter",
        [Property("regex", .regex, required: true), Property("replacement", .string, required: true)]),
      PluginDefinition(debeziumTransforms + "outbox.EventRouter", eventRouterOptions),
      PluginDefinition(debeziumTransforms + "ExtractNewRecordState", extractNewRecordStateOptions),
      PluginDefinition(debeziumTransforms + "ByLogicalTableRouter", byLogicalTableRouterOptions),
      PluginDefinition(
        "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent",
        [Property("fields.null.include", .boolean, "false")]),
    ]
    + ConnectTransformCatalogue.definitions + DebeziumTransformCatalogue.definitions
    + [
      "EnforceRecordSize", "GeometryFormatTransformer",
      "SwapGeometryCoordinates", "VectorToJsonConverter", "Filter", "ContentBasedRouter",
      "openlineage.OpenLineage", "tracing.ActivateTracingSpan",
    ].map { PluginDefinition(debeziumTransforms + $0, refusal: Property.later) }
    + [
      "io.debezium.connector.postgresql.transforms.timescaledb.TimescaleDb"
    ].map { PluginDefinition($0, refusal: Property.later) }

  static let predicates: [PluginDefinition] = [
    PluginDefinition(
      connectTransforms + "predicates.TopicNameMatches", [Property("pattern", .regex, required: true)]),
    PluginDefinition(
      connectTransforms + "predicates.HasHeaderKey", [Property("name", .nonEmpty, required: true)]),
    PluginDefinition(connectTransforms + "predicates.RecordIsTombstone"),
  ]

  /// By full or simple name, as Kafka Connect finds a plugin; for a converter also without its last word.
  static func find(_ name: String, in plugins: [PluginDefinition]) -> PluginDefinition? {
    let name = name.trimmedASCII()
    return plugins.first { $0.className == name }
      ?? plugins.first {
        $0.simpleName == name || $0.simpleName == name + "Converter" || $0.simpleName == name + "HeaderConverter"
      }
  }
}

extension EventRouterOptions {
  /// Nil when an entry has not two or three parts. Empty entries at the end are passed over, as Java's `split` does.
  static func placements(of text: String) -> [AdditionalPlacement]? {
    var entries = text.split(separator: ",", omittingEmptySubsequences: false)
    while entries.last?.isEmpty == true { entries.removeLast() }
    if entries.isEmpty { return nil }
    var placements: [AdditionalPlacement] = []
    for entry in entries {
      var parts = entry.split(separator: ":", omittingEmptySubsequences: false).map { String($0).trimmedASCII() }
      while parts.last?.isEmpty == true { parts.removeLast() }
      guard parts.count == 2 || parts.count == 3, !parts[0].isEmpty else { return nil }
      let place: AdditionalPlacement.Place =
        switch parts[1].lowercased() {
        case "header": .header
        case "envelope": .envelope
        case "partition": .partition
        default: .invalid(parts[1])
        }
      placements.append(AdditionalPlacement(column: parts[0], place: place, alias: parts.count == 3 ? parts[2] : nil))
    }
    return placements
  }
}
