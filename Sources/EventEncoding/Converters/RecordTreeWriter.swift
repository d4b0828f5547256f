import ConnectData
import EventRouting
import Primitives

/// Writes records that are trees, through the connector's converters. Each schema is printed once.
struct RecordTreeWriter {
  private let keyConverter: RecordConverter
  private let valueConverter: RecordConverter
  private let headerConverter: HeaderConverter
  private var keySchemas = SchemaCache<[UInt8]>()
  private var valueSchemas = SchemaCache<[UInt8]>()

  init(options: PipelineOptions) {
    keyConverter = options.keyConverter
    valueConverter = options.valueConverter
    headerConverter = options.headerConverter
  }

  /// Fills the record but for its topic. Headers, key, value: the order of Connect's worker, so that of its errors.
  mutating func write(_ record: ConnectRecord, into out: inout EncodedRecord) throws(ConverterError) {
    out.removeAll()
    out.partition = record.partition
    out.timestampMilliseconds = record.timestampMilliseconds
    for header in record.headers {
      try out.appendHeader(Array(header.name.utf8)) { bytes throws(ConverterError) in
        try headerConverter.write(header.value, header.schema, into: &bytes)
      }
    }
    out.key = try RecordTreeWriter.write(
      record.key, record.keySchema, keyConverter, &keySchemas, into: &out.bytes)
    out.value = try RecordTreeWriter.write(
      record.value, record.valueSchema, valueConverter, &valueSchemas, into: &out.bytes)
  }

  private static func write(
    _ value: ConnectValue, _ schema: SharedSchema?, _ converter: RecordConverter, _ schemas: inout SchemaCache<[UInt8]>,
    into out: inout ByteWriter
  ) throws(ConverterError) -> Range<Int>? {
    var schemaJSON: [UInt8]?
    if let schema, let json = converter.json, json.schemasEnabled {
      schemaJSON = schemas.made(of: schema) { JSONConverter.schemaJSON($0, json.options) }
    }
    let start = out.count
    return try converter.write(value, schema?.schema, schemaJSON: schemaJSON, into: &out) ? start..<out.count : nil
  }
}
