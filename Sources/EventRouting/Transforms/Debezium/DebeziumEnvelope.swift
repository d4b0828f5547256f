import ConnectData

/// What Debezium's transforms ask of a change record.
enum DebeziumEnvelope {
  /// Whether the value has the schema of a change. Source: `io.debezium.data.Envelope.isEnvelopeSchema`.
  static func holds(_ record: ConnectRecord) -> Bool {
    record.value != .null && record.valueSchema?.schema.name?.hasSuffix(".Envelope") == true
  }
}

extension ConnectSchema {
  /// The value of a structure's field with its schema, a null as it is; `nil` where there is no such field.
  func member(_ name: String, of value: ConnectValue) -> (value: ConnectValue, schema: ConnectSchema)? {
    guard case .structure(let values) = value, let index = fieldIndex(name) else { return nil }
    return (values[index], fields[index].schema)
  }
}
