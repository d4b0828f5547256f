import ConnectData

/// `io.debezium.transforms.ExtractNewRecordState`: of an envelope only the row, with what the options add to it.
/// Source: Debezium 3.6, `ExtractNewRecordState.doApply`, `DefaultDeleteHandlingStrategy`.
public struct ExtractNewRecordState: RecordTransform {
  /// What depends on the schema of the envelope.
  private struct Table {
    let before: Int
    let after: Int
    let beforeSchema: SharedSchema
    let afterSchema: SharedSchema
    let fields: [MetadataSource]
    let headers: [MetadataSource]
  }

  /// A row under its schema.
  private struct Row {
    var schema: SharedSchema
    var values: [ConnectValue]
  }

  private struct Dropping {
    let source: SharedSchema
    let names: [String]
    let made: SharedSchema
  }

  private let options: ExtractNewRecordStateOptions
  private var tables = SchemaCache<Table>()
  private var markedSchemas = SchemaCache<SharedSchema>()
  private var extendedSchemas = SchemaCache<SharedSchema>()
  private var dropped: [Dropping] = []
  private static var droppedCountMax: Int { 64 }

  public init(_ options: ExtractNewRecordStateOptions) { self.options = options }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard record.value != .null else { return passTombstone(&record) }
    guard let schema = record.valueSchema, schema.schema.isEnvelope, case .structure(let envelope) = record.value else {
      return true
    }
    let options = options
    let table = try tables.made(of: schema) { schema throws(TransformFailure) in
      try ExtractNewRecordState.table(options, schema)
    }
    record.headers += table.headers.map { ConnectHeader($0.field.name, $0.value(envelope), $0.headerSchema) }
    record.copyHeaders()
    switch (envelope[table.before], envelope[table.after]) {
    case (_, .structure(let values)):
      try unwrap(&record, Row(schema: table.afterSchema, values: values), table, envelope)
      return true
    case (.structure(let values), _):
      return try unwrapDelete(&record, Row(schema: table.beforeSchema, values: values), table, envelope)
    // A truncate.
    default: return false
    }
  }

  /// Of its own headers only `op` is known.
  private mutating func passTombstone(_ record: inout ConnectRecord) -> Bool {
    guard options.deleteHandling == .rewriteWithTombstone else { return false }
    for header in options.headers where header.field == "op" {
      record.headers.append(ConnectHeader(header.name, .text("d"), ConnectSchema(.string)))
    }
    return true
  }

  private mutating func unwrap(
    _ record: inout ConnectRecord, _ after: Row, _ table: Table, _ envelope: [ConnectValue]
  ) throws(TransformFailure) {
    var row = after
    if options.rewrites { row = try marked(row, isDeleted: false) }
    try route(&record, row)
    row = try extended(row, table, envelope)
    record.valueSchema = row.schema
    record.value = .structure(row.values)
    try dropFields(&record)
  }

  private mutating func unwrapDelete(
    _ record: inout ConnectRecord, _ before: Row, _ table: Table, _ envelope: [ConnectValue]
  ) throws(TransformFailure) -> Bool {
    switch options.deleteHandling {
    case .drop: return false
    case .tombstone:
      record.valueSchema = table.afterSchema
      record.value = .null
    case .deleteToTombstone:
      record.valueSchema = nil
      record.value = .null
    case .rewrite, .rewriteWithTombstone:
      let row = try marked(before, isDeleted: true)
      record.valueSchema = row.schema
      record.value = .structure(row.values)
    }
    try route(&record, before)
    try dropFields(&record)
    if let schema = record.valueSchema, case .structure(let values) = record.value {
      let row = try extended(Row(schema: schema, values: values), table, envelope)
      record.valueSchema = row.schema
      record.value = .structure(row.values)
    }
    return true
  }

  /// The topic becomes a field's text, unless that is blank.
  private func route(_ record: inout ConnectRecord, _ row: Row) throws(TransformFailure) {
    guard let name = options.routeByField else { return }
    guard let index = row.schema.schema.fieldIndex(name) else {
      throw TransformFailure("the row has no field '\(name)', which route.by.field names")
    }
    guard row.schema.schema.fields[index].schema.kind == .string else {
      throw TransformFailure("field '\(name)', which route.by.field names, is not text")
    }
    guard case .text(let text) = row.values[index], text.contains(where: { $0 > 0x20 }) else { return }
    record.topic = String(decoding: text, as: UTF8.self)
  }

  /// With `__deleted`. The copy gives fields their defaults for null.
  private mutating func marked(_ row: Row, isDeleted: Bool) throws(TransformFailure) -> Row {
    let schema = try markedSchemas.made(of: row.schema) { source throws(TransformFailure) in
      try ExtractNewRecordState.structure(
        source, source.fields + [ConnectField("__deleted", ConnectSchema(.string, isOptional: true))])
    }
    var values = row.values
    if options.replacesNullWithDefault { ExtractNewRecordState.fillDefaults(&values, row.schema.schema) }
    values.append(.text(isDeleted ? "true" : "false"))
    return Row(schema: schema, values: values)
  }

  private mutating func extended(
    _ row: Row, _ table: Table, _ envelope: [ConnectValue]
  ) throws(TransformFailure) -> Row {
    let schema = try extendedSchemas.made(of: row.schema) { source throws(TransformFailure) in
      try ExtractNewRecordState.structure(source, source.fields + table.fields.map(\.field))
    }
    var values = row.values
    for source in table.fields { values.append(try source.fieldValue(envelope)) }
    return Row(schema: schema, values: values)
  }

  // MARK: Dropped fields

  private mutating func dropFields(_ record: inout ConnectRecord) throws(TransformFailure) {
    guard let name = options.dropFieldsHeader, let header = record.headers.first(where: { $0.name == name }) else {
      return
    }
    if header.value == .null { return }
    guard case .array(let elements) = header.value else {
      throw TransformFailure("header '\(name)', which drop.fields.header.name names, is not a list")
    }
    var names: [String] = []
    for case .text(let text) in elements { names.append(String(decoding: text, as: UTF8.self)) }
    if names.isEmpty { return }
    if options.dropsFieldsFromKey, record.key != .null {
      guard let schema = record.keySchema, case .structure(let values) = record.key else {
        throw TransformFailure("the key is no structure, and drop.fields.from.key is set")
      }
      let row = dropped(names, of: Row(schema: schema, values: values))
      record.keySchema = row.schema
      record.key = .structure(row.values)
    }
    guard let schema = record.valueSchema else {
      throw TransformFailure("a tombstone has no fields, and header '\(name)' names some to drop")
    }
    if case .structure(let values) = record.value {
      let row = dropped(names, of: Row(schema: schema, values: values))
      record.valueSchema = row.schema
      record.value = .structure(row.values)
    }
  }

  private mutating func dropped(_ names: [String], of row: Row) -> Row {
    let schema = row.schema.schema
    let leaving = schema.fields.map { field in
      names.contains(field.name) && (field.schema.isOptional || !options.dropsOptionalFieldsOnly)
    }
    // Debezium asks for the copy whenever something was to go, though the field may not be there.
    if options.dropsOptionalFieldsOnly, !leaving.contains(true) { return row }
    var values = row.values
    ExtractNewRecordState.fillDefaults(&values, schema)
    let kept = values.indices.filter { !leaving[$0] }
    return Row(
      schema: droppedSchema(names, of: row.schema, kept: kept.map { schema.fields[$0] }),
      values: kept.map { values[$0] })
  }

  private mutating func droppedSchema(
    _ names: [String], of source: SharedSchema, kept: [ConnectField]
  ) -> SharedSchema {
    if let known = dropped.last(where: { $0.source === source && $0.names == names }) { return known.made }
    let made = SharedSchema(source.schema.basics(.structure(kept)))
    if dropped.count >= ExtractNewRecordState.droppedCountMax { dropped.removeFirst() }
    dropped.append(Dropping(source: source, names: names, made: made))
    return made
  }

  // MARK: Schemas

  private static func table(
    _ options: ExtractNewRecordStateOptions, _ envelope: ConnectSchema
  ) throws(TransformFailure) -> Table {
    guard let before = envelope.fieldIndex("before"), let after = envelope.fieldIndex("after") else {
      throw TransformFailure("the record's schema has no fields 'before' and 'after'")
    }
    let afterSchema = SharedSchema(envelope.fields[after].schema)
    let beforeSchema = envelope.fields[before].schema
    return Table(
      before: before, after: after,
      beforeSchema: beforeSchema == afterSchema.schema ? afterSchema : SharedSchema(beforeSchema),
      afterSchema: afterSchema, fields: try sources(options.fields, envelope),
      headers: try sources(options.headers, envelope))
  }

  private static func sources(
    _ fields: [MetadataField], _ envelope: ConnectSchema
  ) throws(TransformFailure) -> [MetadataSource] {
    var sources: [MetadataSource] = []
    for field in fields {
      if let source = try MetadataSource(field, envelope: envelope) { sources.append(source) }
    }
    return sources
  }

  private static func structure(
    _ source: ConnectSchema, _ fields: [ConnectField]
  ) throws(TransformFailure) -> SharedSchema {
    if let name = ConnectSchema.repeatedName(fields) {
      throw TransformFailure("the row has a field '\(name)' already")
    }
    return SharedSchema(source.basics(.structure(fields)))
  }

  private static func fillDefaults(_ values: inout [ConnectValue], _ schema: ConnectSchema) {
    for (index, field) in schema.fields.enumerated() where values[index] == .null {
      if let value = field.schema.defaultValue { values[index] = value }
    }
  }
}
