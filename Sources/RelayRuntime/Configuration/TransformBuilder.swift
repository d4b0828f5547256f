import ConnectorConfig
import EventRouting

/// From a transform's class and options to the transform: those that take records as trees.
enum TransformBuilder {
  /// Throws `JavaPattern.Refusal`, `JavaReplacement.Refusal`, or a failure that names the option.
  static func make(_ className: String, _ values: PluginValues) throws -> any RecordTransform {
    if let options = try options(className, values) {
      return try options.transform(now: RelayClock.now().wallNanoseconds / 1_000_000, zone: SystemZones.rules)
    }
    switch className {
    case "io.debezium.transforms.ExtractNewRecordState": return try extractNewRecordState(values)
    case "io.debezium.transforms.ByLogicalTableRouter": return try byLogicalTableRouter(values)
    case "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent":
      return DecodeLogicalMessage(includesNulls: values.boolean("fields.null.include"))
    default: throw PlanBuilder.Failure(description: "\(className) is not supported by this version")
    }
  }

  private static func options(
    _ className: String, _ values: PluginValues
  ) throws(PlanBuilder.Failure) -> RecordTransformOptions? {
    do throws(TransformOptionsProblem) {
      return try RecordTransformReader.options(className, values)
    } catch {
      throw PlanBuilder.Failure(description: "\(error.option) \(error.message)")
    }
  }

  private static func extractNewRecordState(_ values: PluginValues) throws -> ExtractNewRecordState {
    func fields(_ name: String) throws -> [MetadataField] {
      guard let fields = MetadataField.list(values.text(name), prefix: values.text(name + ".prefix")) else {
        throw PlanBuilder.Failure(description: "\(name): an entry has more than two parts")
      }
      return fields
    }
    var options = ExtractNewRecordStateOptions()
    options.deleteHandling = values.word("delete.tombstone.handling.mode", or: options.deleteHandling)
    options.fields = try fields("add.fields")
    options.headers = try fields("add.headers")
    options.routeByField = values.optionalText("route.by.field").flatMap { $0.isEmpty ? nil : $0 }
    options.dropFieldsHeader = values.nonEmptyText("drop.fields.header.name")
    options.dropsFieldsFromKey = values.boolean("drop.fields.from.key")
    options.dropsOptionalFieldsOnly = values.boolean("drop.fields.keep.schema.compatible")
    options.replacesNullWithDefault = values.boolean("replace.null.with.default")
    return ExtractNewRecordState(options)
  }

  private static func byLogicalTableRouter(_ values: PluginValues) throws -> ByLogicalTableRouter {
    func router(_ regex: String, _ replacement: String) throws -> RegexRouter {
      RegexRouter(pattern: try JavaPattern(regex), replacement: try JavaReplacement(replacement))
    }
    var options = ByLogicalTableRouter.Options(
      topic: try router(values.text("topic.regex"), values.text("topic.replacement")))
    options.extendsKey = values.boolean("key.enforce.uniqueness")
    options.keyField = values.text("key.field.name")
    if let regex = values.nonEmptyText("key.field.regex") {
      guard let replacement = values.nonEmptyText("key.field.replacement") else {
        throw PlanBuilder.Failure(description: "key.field.replacement must be non-empty if key.field.regex is set")
      }
      options.keyFieldValue = try router(regex, replacement)
    }
    options.schemaNames = values.word("schema.name.adjustment.mode", or: options.schemaNames)
    return ByLogicalTableRouter(options)
  }
}
