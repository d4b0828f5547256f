import EventRouting

/// Reads the options of Kafka Connect's transforms, which are checked one by one, and checks them together.
struct ConnectTransformReader {
  let values: PluginValues

  /// `nil` for another class.
  func options(_ simpleName: String) throws(TransformOptionsProblem) -> RecordTransformOptions? {
    let part: RecordPart = simpleName.hasSuffix("$Key") ? .key : .value
    switch simpleName.prefix(while: { $0 != "$" }) {
    case "Cast":
      guard let specification = Cast.Specification(values.text("spec").splitEveryEntry()) else { return nil }
      return .cast(Cast.Options(part: part, specification, replacesNullWithDefault: replacesNull))
    case "DropHeaders": return .dropHeaders(names: names("headers"))
    case "ExtractField": return try extractField(part)
    case "Filter": return .dropRecord
    case "Flatten": return .flatten(part, delimiter: text("delimiter"))
    case "HeaderFrom": return try headerFrom(part)
    case "HoistField": return .hoistField(part, field: text("field"))
    case "InsertField": return try insertField(part)
    case "InsertHeader":
      return (try? HeaderLiteral(text("value.literal"))).map { .insertHeader(name: text("header"), $0) }
    case "MaskField":
      let replacement = textIfSet("replacement")
      if replacement == "" { throw TransformOptionsProblem("replacement", "must not be empty", "Leave it out") }
      return .maskField(
        MaskField.Options(
          part: part, fields: names("fields"), replacement: replacement, replacesNullWithDefault: replacesNull))
    case "ReplaceField":
      return .replaceField(
        ReplaceField.Options(
          part: part, include: names("include"), exclude: names("exclude"),
          renames: ReplaceField.Options.renames(of: values.text("renames").splitEveryEntry()) ?? [],
          replacesNullWithDefault: replacesNull))
    case "SetSchemaMetadata": return try setSchemaMetadata(part)
    case "TimestampConverter": return try timestampConverter(part)
    case "TimestampRouter":
      return (try? SimpleDateFormat(text("timestamp.format"))).map {
        .timestampRouter(topicFormat: text("topic.format"), timestampFormat: $0)
      }
    case "ValueToKey": return .valueToKey(fields: names("fields"), replacesNullWithDefault: replacesNull)
    default: return nil
    }
  }

  // MARK: Classes whose options depend on each other

  private func extractField(_ part: RecordPart) throws(TransformOptionsProblem) -> RecordTransformOptions {
    let syntax: FieldPath.Syntax = values.word("field.syntax.version", or: .v1)
    guard let field = FieldPath(text("field"), syntax) else {
      throw TransformOptionsProblem("field", "holds a backtick without another", "Write \\` for a backtick")
    }
    return .extractField(ExtractField.Options(part: part, field: field, replacesNullWithDefault: replacesNull))
  }

  private func headerFrom(_ part: RecordPart) throws(TransformOptionsProblem) -> RecordTransformOptions {
    let fields = values.text("fields").splitEveryEntry()
    let headers = values.text("headers").splitEveryEntry()
    guard fields.count == headers.count else {
      throw TransformOptionsProblem("headers", "must have as many entries as fields")
    }
    return .headerFrom(
      HeaderFrom.Options(
        part: part, fields: fields, headers: headers, operation: values.word("operation", or: .copy),
        replacesNullWithDefault: replacesNull))
  }

  private func insertField(_ part: RecordPart) throws(TransformOptionsProblem) -> RecordTransformOptions {
    func field(_ name: String) -> InsertField.Field? { textIfSet(name).map { InsertField.Field($0) } }
    let fixed = field("static.field")
    let options = InsertField.Options(
      part: part, topic: field("topic.field"), partition: field("partition.field"),
      timestamp: field("timestamp.field"), fixed: fixed, fixedText: textIfSet("static.value") ?? "",
      replacesNullWithDefault: replacesNull)
    if options.topic == nil, options.partition == nil, options.timestamp == nil, fixed == nil {
      throw TransformOptionsProblem(
        "type", "InsertField inserts nothing",
        "Set topic.field, partition.field, timestamp.field, or static.field with static.value")
    }
    if fixed != nil, !values.isSet("static.value") {
      throw TransformOptionsProblem("static.field", "has no static.value", "Set the value too")
    }
    return .insertField(options)
  }

  private func setSchemaMetadata(_ part: RecordPart) throws(TransformOptionsProblem) -> RecordTransformOptions {
    let name = textIfSet("schema.name")
    let version = textIfSet("schema.version").flatMap { Int32($0) }
    if name == nil, version == nil {
      throw TransformOptionsProblem("type", "SetSchemaMetadata sets nothing", "Set schema.name or schema.version")
    }
    return .setSchemaMetadata(
      SetSchemaMetadata.Options(part: part, name: name, version: version, replacesNullWithDefault: replacesNull))
  }

  private func timestampConverter(_ part: RecordPart) throws(TransformOptionsProblem) -> RecordTransformOptions {
    let target = TimestampConverter.Form(rawValue: text("target.type")) ?? .unix
    let precision = TimestampConverter.Precision(rawValue: text("unix.precision")) ?? .milliseconds
    let format = text("format").isEmpty ? nil : try? SimpleDateFormat(text("format"))
    if target == .text, format == nil {
      throw TransformOptionsProblem("target.type", "string needs a format", "Set format")
    }
    return .timestampConverter(
      TimestampConverter.Options(
        part: part, field: text("field"), target: target, format: format, precision: precision,
        replacesNullWithDefault: replacesNull))
  }

  // MARK: Reading

  private var replacesNull: Bool { values.boolean("replace.null.with.default") }

  /// Kafka trims every value.
  private func text(_ name: String) -> String { values.text(name).trimmedASCII() }

  private func textIfSet(_ name: String) -> String? { values.isSet(name) ? text(name) : nil }

  /// Each once.
  private func names(_ name: String) -> [String] {
    var seen: Set<String> = []
    return values.text(name).splitEveryEntry().filter { seen.insert($0).inserted }
  }
}
