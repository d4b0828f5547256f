import ConnectData

/// What a converter does not take. Connect's task dies of it.
public enum ConverterError: Error, Equatable, Sendable {
  /// `Invalid schema type for ByteArrayConverter: STRING`
  case schemaIsNotBytes(ConnectSchema.Kind)
  /// `ByteArrayConverter is not compatible with objects of type class …`
  case valueIsNotBytes
  /// `Failed to serialize to Long (was class …)`, `Invalid schema type for BooleanConverter: STRING`
  case typeDiffers(_ converter: String, ConnectSchema.Kind?)
  /// `Conversion error: null value for field that is required and has no default value`
  case requiredValueIsNull
  /// `Invalid type for STRUCT: class …`
  case valueDoesNotFit(ConnectSchema.Kind)
  /// A structure or decimal that came without a schema: `Mismatching schema.`
  case schemaIsMissing
}

extension ConverterError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .schemaIsNotBytes(let kind): "the converter takes bytes only, and the schema is \(kind.jsonTypeName)"
    case .valueIsNotBytes: "the converter takes bytes only"
    case .typeDiffers(let converter, let kind):
      "\(converter) takes one type only, and the value is \(kind?.jsonTypeName ?? "another")"
    case .requiredValueIsNull: "a field that is required and has no default is null"
    case .valueDoesNotFit(let kind): "a value does not fit its schema, which is \(kind.jsonTypeName)"
    case .schemaIsMissing: "a structure has no schema"
    }
  }
}
