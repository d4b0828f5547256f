import ConnectData
import EventRouting

/// The schemas of a table's records that are trees, each made when it is first asked for.
final class TreeSchemas {
  private(set) lazy var key = SharedSchema(TreeSchemas.key(keyColumns, keyField, topic: topic, names))
  private(set) lazy var value = SharedSchema(TreeSchemas.value(columns, topic: topic, names))
  private(set) lazy var envelope = SharedSchema(EnvelopeSchema.envelope(value.schema, topic: topic, names))

  private let columns: [ColumnPlan]
  private let keyColumns: [ColumnPlan]
  private let keyField: String?
  private let topic: String
  private let names: NameAdjustment

  /// - Parameter topic: what names of schemas begin with: prefix, schema and table.
  init(
    columns: [ColumnPlan], keyColumns: [ColumnPlan], keyField: String?, topic: String, _ names: NameAdjustment
  ) {
    self.columns = columns
    self.keyColumns = keyColumns
    self.keyField = keyField
    self.topic = topic
    self.names = names
  }

  static func key(
    _ columns: [ColumnPlan], _ field: String?, topic: String, _ names: NameAdjustment
  ) -> ConnectSchema {
    let fields = columns.map { ConnectField($0.name, $0.schema) }
    return EnvelopeSchema.key(
      fields + (field.map { [ConnectField($0, EnvelopeSchema.text)] } ?? []), topic: topic, names)
  }

  static func value(_ columns: [ColumnPlan], topic: String, _ names: NameAdjustment) -> ConnectSchema {
    EnvelopeSchema.value(columns.map { ConnectField($0.name, $0.schema) }, topic: topic, names)
  }
}

/// A field that a naming strategy puts behind the key's columns; the same in all records of a table.
final class KeyField {
  let json: [UInt8]
  let value: [UInt8]
  let name: String

  init(json: [UInt8], value: [UInt8], name: String) {
    self.json = json
    self.value = value
    self.name = name
  }
}
