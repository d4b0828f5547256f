import ConnectData
import Primitives

/// JsonConverter over whole keys, values and headers, schemas and values of which transforms may have changed.
extension JSONConverter {
  /// Writes what `fromConnectData` gives. Returns false, with nothing written, for a null without a schema.
  /// - Parameter schemaJSON: `schemaJSON(schema)`, where the caller keeps it.
  static func writeWhole(
    _ value: ConnectValue, _ schema: ConnectSchema?, schemasEnabled: Bool, schemaJSON: [UInt8]?,
    _ options: JSONOptions, into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    guard let schema else {
      if value == .null { return false }
      if schemasEnabled { out.append("{\"schema\":null,\"payload\":") }
      try writeWithoutSchema(value, options, into: &out)
      if schemasEnabled { out.append(UInt8(ascii: "}")) }
      return true
    }
    try check(value, schema, options)
    var options = options
    options.embedsDocuments = !schemasEnabled
    if schemasEnabled {
      out.append("{\"schema\":")
      if let schemaJSON {
        out.append(schemaJSON)
      } else {
        writeSchema(schema, fieldName: nil, options, into: &out)
      }
      out.append(",\"payload\":")
    }
    write(value, schema, options, into: &out)
    if schemasEnabled { out.append(UInt8(ascii: "}")) }
    return true
  }

  /// Throws where the converter would: a null that is required, a value of another kind than its schema.
  private static func check(
    _ value: ConnectValue, _ schema: ConnectSchema, _ options: JSONOptions
  ) throws(ConverterError) {
    if value != .null, !fitsLogicalType(value, schema, options) { throw .valueDoesNotFit(schema.kind) }
    switch (value, schema.kind) {
    case (.null, _):
      let hasReplacement = options.replacesNullWithDefault && schema.defaultValue != nil
      guard schema.isOptional || hasReplacement else { throw .requiredValueIsNull }
    case (.boolean, .boolean), (.int8, .int8), (.int16, .int16), (.int32, .int32), (.int64, .int64),
      (.float32, .float32), (.float64, .float64), (.text, .string), (.bytes, .bytes), (.decimal, .bytes):
      break
    case (.array(let elements), .array(let element)):
      for item in elements { try check(item, element, options) }
    case (.map(let entries), .map(let key, let item)):
      for entry in entries {
        try check(entry.key, key, options)
        try check(entry.value, item, options)
      }
    case (.structure(let values), .structure(let fields)):
      guard values.count == fields.count else { throw .valueDoesNotFit(schema.kind) }
      for (field, item) in zip(fields, values) { try check(item, field.schema, options) }
    default: throw .valueDoesNotFit(schema.kind)
    }
  }

  /// By its name a schema may ask for a decimal, date or time of Connect, whatever its kind, and by its scale, where
  /// bytes are written, for decimals of that scale: transforms can leave either behind.
  private static func fitsLogicalType(_ value: ConnectValue, _ schema: ConnectSchema, _ options: JSONOptions) -> Bool {
    switch (schema.name, value) {
    case ("org.apache.kafka.connect.data.Decimal", .decimal(_, let scale)):
      options.decimalFormat == .numeric
        || schema.parameters.first { $0.name == "scale" }.map { $0.value == String(scale) } ?? true
    case ("org.apache.kafka.connect.data.Date", .int32), ("org.apache.kafka.connect.data.Time", .int32),
      ("org.apache.kafka.connect.data.Timestamp", .int64):
      true
    case ("org.apache.kafka.connect.data.Decimal", _), ("org.apache.kafka.connect.data.Date", _),
      ("org.apache.kafka.connect.data.Time", _), ("org.apache.kafka.connect.data.Timestamp", _):
      false
    default: true
    }
  }

  /// A value whose schema follows from itself. Maps whose keys are all text are objects.
  private static func writeWithoutSchema(
    _ value: ConnectValue, _ options: JSONOptions, into out: inout ByteWriter
  ) throws(ConverterError) {
    switch value {
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, item) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        try writeWithoutSchema(item, options, into: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .map(let entries):
      let isObject = entries.allSatisfy { if case .text = $0.key { true } else { false } }
      out.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
      for (index, entry) in entries.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        if !isObject { out.append(UInt8(ascii: "[")) }
        try writeWithoutSchema(entry.key, options, into: &out)
        out.append(isObject ? UInt8(ascii: ":") : UInt8(ascii: ","))
        try writeWithoutSchema(entry.value, options, into: &out)
        if !isObject { out.append(UInt8(ascii: "]")) }
      }
      out.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    case .structure, .decimal: throw .schemaIsMissing
    default: write(value, ConnectSchema(.string, isOptional: true), options, into: &out)
    }
  }
}
