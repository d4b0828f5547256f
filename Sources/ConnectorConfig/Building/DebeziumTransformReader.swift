import EventRouting

/// Reads the options of Debezium's transforms that take change records apart, and checks them together.
struct DebeziumTransformReader {
  let values: PluginValues

  /// `nil` for another class.
  func options(_ simpleName: String) throws(TransformOptionsProblem) -> RecordTransformOptions? {
    switch simpleName {
    case "ExtractChangedRecordState":
      return .extractChangedRecordState(
        changedName: values.nonEmptyText("header.changed.name")?.trimmedASCII(),
        unchangedName: values.nonEmptyText("header.unchanged.name")?.trimmedASCII())
    case "ExtractSchemaToNewRecord": return .extractSchemaToNewRecord
    case "HeaderToValue":
      let headers = values.text("headers").splitEveryEntry()
      let fields = values.text("fields").splitEveryEntry()
      guard headers.count == fields.count else {
        throw TransformOptionsProblem("fields", "must have as many entries as headers")
      }
      return .headerToValue(
        HeaderToValue.Options(headers: headers, fields: fields, operation: values.word("operation", or: .copy)))
    case "PartitionRouting":
      return .partitionRouting(
        PartitionRouting.Options(
          fields: values.text("partition.payload.fields").splitEveryEntry(),
          partitionCount: values.integer("partition.topic.num", or: 1),
          function: values.word("partition.hash.function", or: .java)))
    case "SchemaChangeEventFilter": return .schemaChangeEventFilter
    case "TimezoneConverter":
      let include = ZoneRule.rules(of: values.text("include.list").splitEveryEntry()) ?? []
      let exclude = ZoneRule.rules(of: values.text("exclude.list").splitEveryEntry()) ?? []
      guard include.isEmpty || exclude.isEmpty else {
        throw TransformOptionsProblem("exclude.list", "cannot be set beside include.list", "Drop one of both")
      }
      return .timezoneConverter(
        TimezoneConverter.Options(
          zone: values.text("converted.timezone").trimmedASCII(), include: include, exclude: exclude))
    default: return nil
    }
  }
}
