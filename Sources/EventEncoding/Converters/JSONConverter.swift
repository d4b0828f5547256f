import ConnectData
import Primitives

/// Connect's `org.apache.kafka.connect.json.JsonConverter` over value trees.
public enum JSONConverter {
  /// Writes a value as the converter does without schemas, or as its `payload` with them.
  ///
  /// A null is the schema's default where it has one (unless `replace.null.with.default` is off), else `null`. That the
  /// value fits the schema is the caller's promise.
  public static func write(
    _ value: ConnectValue, _ schema: ConnectSchema, _ options: JSONOptions = JSONOptions(), into out: inout ByteWriter
  ) {
    switch value {
    case .null:
      if options.replacesNullWithDefault, let replacement = schema.defaultValue, replacement != .null {
        write(replacement, schema, options, into: &out)
      } else {
        out.append("null")
      }
    case .boolean(let flag): if flag { out.append("true") } else { out.append("false") }
    case .int8(let number): out.append(decimal: number)
    case .int16(let number): out.append(decimal: number)
    case .int32(let number): out.append(decimal: number)
    case .int64(let number): out.append(decimal: number)
    case .float32(let number): JavaNumberText.writeJSON(number, into: &out)
    case .float64(let number): JavaNumberText.writeJSON(number, into: &out)
    case .text(let text):
      if options.embedsDocuments, schema.isJSONDocument {
        out.append(text)
      } else {
        JSONText.writeString(text, into: &out)
      }
    case .bytes(let bytes):
      out.append(UInt8(ascii: "\""))
      Base64Text.write(bytes, into: &out)
      out.append(UInt8(ascii: "\""))
    case .decimal(let unscaled, let scale):
      if options.decimalFormat == .numeric {
        DecimalNumberText.write(unscaled: unscaled, scale: Int(scale), plain: false, into: &out)
      } else {
        out.append(UInt8(ascii: "\""))
        Base64Text.write(unscaled, into: &out)
        out.append(UInt8(ascii: "\""))
      }
    case .array(let elements):
      let element = schema.elementSchema
      out.append(UInt8(ascii: "["))
      for (index, item) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        write(item, element, options, into: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .map(let entries): write(entries, schema, options, into: &out)
    case .structure(let values):
      out.append(UInt8(ascii: "{"))
      for (index, (field, item)) in zip(schema.fields, values).enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSONText.writeString(field.name, into: &out)
        out.append(UInt8(ascii: ":"))
        write(item, field.schema, options, into: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  /// An object where the keys are text, else an array of pairs.
  private static func write(
    _ entries: [ConnectMapEntry], _ schema: ConnectSchema, _ options: JSONOptions, into out: inout ByteWriter
  ) {
    let (key, value) = schema.entrySchemas
    let isObject = key.kind == .string
    out.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
    for (index, entry) in entries.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      if !isObject { out.append(UInt8(ascii: "[")) }
      write(entry.key, key, options, into: &out)
      out.append(isObject ? UInt8(ascii: ":") : UInt8(ascii: ","))
      write(entry.value, value, options, into: &out)
      if !isObject { out.append(UInt8(ascii: "]")) }
    }
    out.append(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
  }

  /// The schema as the converter writes it under `schemas.enable`.
  public static func schemaJSON(_ schema: ConnectSchema, _ options: JSONOptions = JSONOptions()) -> [UInt8] {
    var out = ByteWriter(minimumCapacity: 1024)
    writeSchema(schema, fieldName: nil, options, into: &out)
    return out.copiedBytes
  }

  /// A member of a structure has its name as `field`, at the end.
  public static func writeSchema(
    _ schema: ConnectSchema, fieldName: String?, _ options: JSONOptions = JSONOptions(), into out: inout ByteWriter
  ) {
    out.append("{\"type\":\"")
    out.append(schema.kind.jsonTypeName)
    out.append(UInt8(ascii: "\""))
    switch schema.kind {
    case .array(let element):
      out.append(",\"items\":")
      writeSchema(element, fieldName: nil, options, into: &out)
    case .map(let key, let value):
      out.append(",\"keys\":")
      writeSchema(key, fieldName: nil, options, into: &out)
      out.append(",\"values\":")
      writeSchema(value, fieldName: nil, options, into: &out)
    case .structure(let fields):
      out.append(",\"fields\":[")
      for (index, field) in fields.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        writeSchema(field.schema, fieldName: field.name, options, into: &out)
      }
      out.append(UInt8(ascii: "]"))
    default: break
    }
    out.append(",\"optional\":")
    if schema.isOptional { out.append("true") } else { out.append("false") }
    if let name = schema.name {
      out.append(",\"name\":")
      JSONText.writeString(name, into: &out)
    }
    if let version = schema.version {
      out.append(",\"version\":")
      out.append(decimal: version)
    }
    if let documentation = schema.documentation {
      out.append(",\"doc\":")
      JSONText.writeString(documentation, into: &out)
    }
    if !schema.parameters.isEmpty {
      out.append(",\"parameters\":{")
      for (index, parameter) in schema.parameters.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSONText.writeString(parameter.name, into: &out)
        out.append(UInt8(ascii: ":"))
        JSONText.writeString(parameter.value, into: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
    if let value = schema.defaultValue, value != .null {
      out.append(",\"default\":")
      write(value, schema, options, into: &out)
    }
    if let fieldName {
      out.append(",\"field\":")
      JSONText.writeString(fieldName, into: &out)
    }
    out.append(UInt8(ascii: "}"))
  }
}

extension ConnectSchema {
  /// What stands for "no schema" where only logical types and structures would ask for one.
  static let unknown = ConnectSchema(.string, isOptional: true)

  /// Schema of an array's elements; of anything else, an optional string, which writes values as they are.
  var elementSchema: ConnectSchema {
    if case .array(let element) = kind { element } else { ConnectSchema(.string, isOptional: true) }
  }

  var entrySchemas: (key: ConnectSchema, value: ConnectSchema) {
    if case .map(let key, let value) = kind {
      (key, value)
    } else {
      (ConnectSchema(.string), ConnectSchema(.string, isOptional: true))
    }
  }
}

extension ConnectSchema.Kind {
  var jsonTypeName: StaticString {
    switch self {
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .float32: "float"
    case .float64: "double"
    case .boolean: "boolean"
    case .string: "string"
    case .bytes: "bytes"
    case .array: "array"
    case .map: "map"
    case .structure: "struct"
    }
  }
}
