import ConnectData
import EventRouting
import PgOutput
import Primitives

/// How the rows of one relation become records: everything that depends on the table and not on the row. Made at each
/// RELATION message, so that the row path only copies and converts.
final class RelationPlan {
  let relation: Relation
  /// Fields of `before` and `after`, in column order.
  let columns: [ColumnPlan]
  /// Columns of a tuple, those left out of the records included.
  let tupleCount: Int
  /// The key's columns in the key's order, those left out of the records included; empty for a table without a key, or
  /// with one of types that have no representation.
  let keyColumns: [ColumnPlan]
  /// The same columns for the row path, and the bytes that their ranges are of.
  let steps: [ColumnStep]
  let keySteps: [ColumnStep]
  let stepBytes: [UInt8]
  /// `nil` where nothing of the table is read again.
  let reselection: ReselectionPlan?
  /// `nil` but for some naming strategies.
  let keyField: KeyField?
  /// Topic before transforms.
  let topic: Int
  /// Whether the records have a key, be it one without fields.
  let hasKey: Bool
  let isCaptured: Bool
  /// Rows of it are signals.
  let isSignalTable: Bool
  /// Beside what is as small: a word less for each table.
  private let schemaNames: NameAdjustment
  /// `{"schema":…,"payload":` or nothing, by the converter.
  let keyPrefix: [UInt8]
  let valuePrefix: [UInt8]
  /// `,"schema":"public","table":"accounts"` of the source block.
  let sourceTableJSON: [UInt8]
  /// Per transform of the chain: for an event router its plan, or why it has none.
  let outbox: [OutboxColumns]

  /// Columns with values that cannot be converted, maybe: what an event router looks at though it reads others.
  private(set) lazy var fallibleColumns = columns.filter(\.isFallible)

  /// The schemas as records that are trees carry them, made when the first is.
  private(set) lazy var schemas = TreeSchemas(
    columns: columns, keyColumns: keyColumns, keyField: keyField?.name, topic: schemaPrefix, schemaNames)
  var keySchema: ConnectSchema { schemas.key.schema }
  var outboxTable: OutboxValueSchemas.Table {
    OutboxValueSchemas.Table(fields: schemas.value.schema.fields, schemaName: schemas.value.schema.name)
  }
  /// What names of schemas begin with: prefix, schema and table.
  let schemaPrefix: String

  var id: TableID { TableID(schema: relation.schema, name: relation.name) }
  var keyColumnNames: [String] { keyColumns.map(\.name) }

  /// - Parameters:
  ///   - topic: index of `topicName`.
  ///   - topicName: what the naming strategy gives for the table. Kept, so that it is one text with the topic table's.
  init(
    relation: Relation, table: TableDescription, topic: Int, topicName: String, origin: RowOrigin = .stream,
    options: PipelineOptions, parts: inout PlanParts
  ) {
    let id = TableID(schema: relation.schema, name: relation.name)
    self.relation = parts.shared(relation)
    isCaptured = options.filter.includes(id)
    isSignalTable = options.signals?.tables.contains(id) ?? false
    self.topic = topic
    tupleCount = relation.columns.count
    // The row path writes JSON by the value converter's options; a key converter with others writes trees.
    let json = options.valueConverter.json?.options ?? JSONOptions()
    var columns: [ColumnPlan] = []
    var codecs: [String: (codec: ColumnCodec, tupleIndex: Int)] = [:]
    for (index, column) in relation.columns.enumerated() {
      let description = table.column(for: column)
      let isLeftOut = !options.columnFilter.includes(column.name, of: id)
      guard
        let made = ColumnCodec.make(description, options.values, json, origin: origin, isLeftOut: isLeftOut)
      else { continue }
      let codec = parts.shared(made)
      codecs[column.name] = (codec, index)
      if isLeftOut { continue }
      let type = SourceColumnType(description, origin)
      let mask = RelationPlan.mask(column.name, type, of: id, options)
      let parameters = mask == nil ? RelationPlan.typeParameters(column.name, type, of: id, options) : []
      let told =
        parameters.isEmpty
        ? nil : ColumnCodec.make(description, options.values, json, origin: origin, parameters: parameters)
      columns.append(
        parts.shared(
          ColumnPlan(
            name: options.fieldNames.fieldName(column.name), tupleIndex: index,
            codec: told.map { parts.shared($0) } ?? codec, isFirst: columns.isEmpty,
            mask: mask.map { MaskedColumn($0, of: description, length: type.length, schema: codec.schema) })))
    }
    // Columns that the relation no longer has are no part of the key. Those that have no representation leave it without
    // a field, but not without a key.
    let ruled = options.messageKeys?.key(of: id, columns: relation.columns.map(\.name)) ?? []
    let keyNames = (ruled.isEmpty ? table.keyColumns : ruled).filter { name in
      relation.columns.contains { $0.name == name }
    }
    var keyColumns: [ColumnPlan] = []
    for name in keyNames {
      guard let (codec, index) = codecs[name] else { continue }
      keyColumns.append(
        parts.shared(
          ColumnPlan(
            name: options.fieldNames.fieldName(name), tupleIndex: index, codec: codec, isFirst: keyColumns.isEmpty)))
    }
    (self.columns, self.keyColumns, steps, keySteps, stepBytes) = parts.rows(columns, key: keyColumns)
    // Of signals nothing is read again.
    reselection =
      isSignalTable
      ? nil
      : options.reselection.flatMap {
        ReselectionPlan($0, relation, table, columns: columns, key: $0.usesEventKey ? keyNames : table.keyColumns)
      }
    let keyField = options.topics.keyField(id)
    hasKey = !keyNames.isEmpty || keyField != nil
    self.keyField = keyField.map { field in
      var value = ByteWriter()
      JSONText.writeString(field.value, into: &value)
      return KeyField(
        json: ColumnPlan.name(field.name, isFirst: keyColumns.isEmpty) + value.array, value: Array(field.value.utf8),
        name: field.name)
    }
    let names = options.schemaNames
    schemaPrefix = topicName
    schemaNames = names
    // Their texts are all that is kept of the schemas, until a record is a tree.
    keyPrefix = RelationPlan.prefix(options.keyConverter) {
      TreeSchemas.key(keyColumns, keyField?.name, topic: topicName, names)
    }
    valuePrefix = RelationPlan.prefix(options.valueConverter) {
      EnvelopeSchema.envelope(TreeSchemas.value(columns, topic: topicName, names), topic: topicName, names)
    }
    var source = ByteWriter()
    source.append(",\"schema\":")
    JSONText.writeString(id.schema, into: &source)
    source.append(",\"table\":")
    JSONText.writeString(id.name, into: &source)
    sourceTableJSON = source.array
    outbox = options.transforms.map { step in
      guard case .eventRouter(let router) = step.kind else { return .notRouted }
      do throws(TransformFailure) {
        return .found(try OutboxPlan(router, fields: columns.map { ConnectField($0.name, $0.schema) }))
      } catch {
        return .missing(error)
      }
    }
  }

  /// The mask of a column. Debezium takes one rule for a column and no second: a type that is to be told keeps a hash off.
  private static func mask(
    _ column: String, _ type: SourceColumnType, of table: TableID, _ options: PipelineOptions
  ) -> ColumnMask? {
    guard let mask = options.columnMasks?.mask(of: column, in: table) else { return nil }
    if mask.yieldsToPropagation, let propagation = options.typePropagation,
      propagation.includes(column, type: type.name, of: table)
    {
      return nil
    }
    return mask
  }

  /// What a field's schema tells of its column's type; empty where nothing asks for it. Keys are not asked.
  private static func typeParameters(
    _ column: String, _ type: SourceColumnType, of table: TableID, _ options: PipelineOptions
  ) -> [ConnectParameter] {
    guard let propagation = options.typePropagation else { return [] }
    guard propagation.includes(column, type: type.name, of: table) else { return [] }
    return type.parameters(columnName: column)
  }

  /// What JsonConverter writes before the payload; empty without schemas.
  private static func prefix(_ converter: RecordConverter, _ schema: () -> ConnectSchema) -> [UInt8] {
    guard let json = converter.json, json.schemasEnabled else { return [] }
    var out = ByteWriter()
    out.append("{\"schema\":")
    out.append(JSONConverter.schemaJSON(schema(), json.options))
    out.append(",\"payload\":")
    return out.array
  }
}

extension TableDescription {
  /// What the catalogue says of a column of the relation message. A column that is gone from the catalogue meanwhile, or
  /// has another type there, is taken from the message alone: optional and without default, as Debezium takes it.
  func column(for column: Relation.Column) -> ColumnDescription {
    if let known = columns.first(where: { $0.name == column.name && $0.typeOID == column.type }) {
      var described = known
      described.typeModifier = column.typeModifier
      return described
    }
    let type = TypeDescription(oid: column.type, name: "oid \(column.type)", kind: .unknown)
    return ColumnDescription(name: column.name, type: type, typeModifier: column.typeModifier)
  }
}
