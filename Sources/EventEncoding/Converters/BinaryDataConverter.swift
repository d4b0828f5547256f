import ConnectData
import Primitives

/// Debezium's `io.debezium.converters.BinaryDataConverter`: bytes as they are; anything else goes to the converter named
/// by `delegate.converter.type`, and is an error without one.
public enum BinaryDataConverter {
  public enum Delegate: Sendable, Equatable {
    case none
    /// JsonConverter, with its `schemas.enable`.
    case json(schemasEnabled: Bool, JSONOptions)
    case string
  }

  /// Writes the value. Returns false, with nothing written, where it has no bytes.
  public static func write(
    _ value: ConnectValue, _ schema: ConnectSchema?, delegate: Delegate, schemaJSON: [UInt8]? = nil,
    into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    guard let schema, schema.kind != .bytes else { return try ByteArrayConverter.write(value, schema, into: &out) }
    switch delegate {
    case .none: throw .schemaIsNotBytes(schema.kind)
    case .string: return StringConverter.write(value, schema, into: &out)
    case .json(let schemasEnabled, let options):
      return try JSONConverter.writeWhole(
        value, schema, schemasEnabled: schemasEnabled, schemaJSON: schemaJSON, options, into: &out)
    }
  }
}
