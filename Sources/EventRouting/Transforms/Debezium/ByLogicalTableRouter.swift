import ConnectData

/// `io.debezium.transforms.ByLogicalTableRouter`: tables that are parts of one get one topic; the key tells the parts
/// apart by a field more. Source: Debezium 3.6, `ByLogicalTableRouter.apply`.
public struct ByLogicalTableRouter: RecordTransform {
  public struct Options {
    /// `topic.regex` and `topic.replacement`.
    public var topic: RegexRouter
    /// `key.enforce.uniqueness`
    public var extendsKey = true
    /// `key.field.name`
    public var keyField = "__dbz__physicalTableIdentifier"
    /// `key.field.regex` and `key.field.replacement`; `nil`: the field has the old topic.
    public var keyFieldValue: RegexRouter?
    /// `schema.name.adjustment.mode`
    public var schemaNames = NameAdjustment.none

    public init(topic: RegexRouter) { self.topic = topic }
  }

  private enum Route {
    case unmatched
    /// The new topic, and the text of the key's field.
    case topic(String, identifier: String)
  }

  private let options: Options
  private var routes: [String: Route] = [:]
  private static var routesCountMax: Int { 4_096 }
  private var keySchemas = SchemaCache<SharedSchema>()
  private var envelopeSchemas = SchemaCache<SharedSchema>()

  public init(_ options: Options) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard case .topic(let topic, let identifier) = try route(record.topic) else { return true }
    // An empty name is passed over with a warning.
    if topic.isEmpty { return true }
    record.topic = topic
    let options = options
    if record.key != .null {
      guard let schema = record.keySchema, case .structure(var values) = record.key else {
        throw TransformFailure("the key is no structure")
      }
      record.keySchema = try keySchemas.made(of: schema) { schema throws(TransformFailure) in
        try ByLogicalTableRouter.keySchema(schema, topic: topic, options)
      }
      if options.extendsKey { values.append(.text(identifier)) }
      record.key = .structure(values)
    } else {
      record.keySchema = nil
    }
    guard let schema = record.valueSchema, schema.schema.isEnvelope, case .structure(var values) = record.value else {
      return true
    }
    record.valueSchema = try envelopeSchemas.made(of: schema) { schema throws(TransformFailure) in
      try ByLogicalTableRouter.envelopeSchema(schema, topic: topic, options)
    }
    for (index, field) in schema.schema.fields.enumerated() where values[index] == .null {
      values[index] = field.schema.defaultValue ?? .null
    }
    record.value = .structure(values)
    return true
  }

  private mutating func route(_ topic: String) throws(TransformFailure) -> Route {
    if let known = routes[topic] { return known }
    var route = Route.unmatched
    do throws(JavaReplacement.Refusal) {
      if options.topic.matches(topic) {
        let identifier = try options.keyFieldValue?.route(topic) ?? topic
        route = .topic(try options.topic.route(topic), identifier: identifier)
      }
    } catch {
      throw TransformFailure("a replacement: \(error.reason)")
    }
    if routes.count >= ByLogicalTableRouter.routesCountMax { routes.removeAll() }
    routes[topic] = route
    return route
  }

  private static func keySchema(
    _ schema: ConnectSchema, topic: String, _ options: Options
  ) throws(TransformFailure) -> SharedSchema {
    var fields = schema.fields
    if options.extendsKey { fields.append(ConnectField(options.keyField, ConnectSchema(.string))) }
    if let name = ConnectSchema.repeatedName(fields) {
      throw TransformFailure("the key has a field '\(name)' already; set key.field.name")
    }
    return SharedSchema(renamed(schema, .structure(fields), options.schemaNames.schemaName("\(topic).Key")))
  }

  private static func envelopeSchema(
    _ schema: ConnectSchema, topic: String, _ options: Options
  ) throws(TransformFailure) -> SharedSchema {
    guard let before = schema.fieldIndex("before") else {
      throw TransformFailure("the record's schema has no field 'before'")
    }
    let old = schema.fields[before].schema
    let row = renamed(old, old.kind, options.schemaNames.schemaName("\(topic).Value"))
    var fields = schema.fields
    for index in fields.indices where fields[index].name == "before" || fields[index].name == "after" {
      fields[index].schema = row
    }
    return SharedSchema(renamed(schema, .structure(fields), options.schemaNames.schemaName("\(topic).Envelope")))
  }

  /// A copy under another name, optional as before, without a default.
  private static func renamed(_ schema: ConnectSchema, _ kind: ConnectSchema.Kind, _ name: String) -> ConnectSchema {
    var copy = schema.basics(kind)
    copy.isOptional = schema.isOptional
    copy.name = name
    return copy
  }
}
