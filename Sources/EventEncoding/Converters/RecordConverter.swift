import ConnectData
import Primitives

/// How key or value becomes bytes: a converter class of Kafka Connect with its options.
public enum RecordConverter: Sendable, Equatable {
  case json(schemasEnabled: Bool, JSONOptions)
  case string
  case byteArray
  case primitive(PrimitiveConverter)
  /// Debezium's, for payloads that are bytes already.
  case binaryData(BinaryDataConverter.Delegate)

  /// How JSON is written, where this converter, or its delegate, writes JSON.
  var json: (schemasEnabled: Bool, options: JSONOptions)? {
    switch self {
    case .json(let schemasEnabled, let options), .binaryData(.json(let schemasEnabled, let options)):
      (schemasEnabled, options)
    case .string, .byteArray, .primitive, .binaryData: nil
    }
  }

  /// Writes the value. Returns false, with nothing written, where it has no bytes. On an error `out` may hold a part.
  /// - Parameter schemaJSON: what JsonConverter writes for the schema, where the caller keeps it.
  func write(
    _ value: ConnectValue, _ schema: ConnectSchema?, schemaJSON: [UInt8]?, into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    switch self {
    case .json(let schemasEnabled, let options):
      return try JSONConverter.writeWhole(
        value, schema, schemasEnabled: schemasEnabled, schemaJSON: schemaJSON, options, into: &out)
    case .string: return StringConverter.write(value, schema, into: &out)
    case .byteArray: return try ByteArrayConverter.write(value, schema, into: &out)
    case .primitive(let converter): return try converter.write(value, schema, into: &out)
    case .binaryData(let delegate):
      return try BinaryDataConverter.write(value, schema, delegate: delegate, schemaJSON: schemaJSON, into: &out)
    }
  }
}

/// Writes a value as a converter does. Returns where it stands, or `nil` for no bytes at all.
func writeTree(
  _ value: ConnectValue, _ schema: ConnectSchema, _ converter: RecordConverter, plan: RelationPlan?, lsn: LSN,
  into out: inout ByteWriter
) throws(PipelineError) -> Range<Int>? {
  let start = out.count
  do throws(ConverterError) {
    return try converter.write(value, schema, schemaJSON: nil, into: &out) ? start..<out.count : nil
  } catch {
    out.truncate(to: start)
    throw PipelineError(.converter("\(error)"), table: plan?.id, keyColumns: plan?.keyColumnNames ?? [], lsn: lsn)
  }
}
