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
    /// Text goes as its UTF-8; anything else is an error. With `sluice.outbox.json=exact` in place of `none`.
    case text
  }

  /// Writes the value. Returns false, with nothing written, where it has no bytes.
  public static func write(
    _ value: ConnectValue, _ schema: ConnectSchema?, delegate: Delegate, schemaJSON: [UInt8]? = nil,
    into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    if schema == nil || schema?.kind == .bytes {
      switch value {
      case .null: return false
      case .bytes(let bytes):
        out.append(bytes)
        return true
      default: break
      }
    }
    switch delegate {
    case .none: throw schema.map { .schemaIsNotBytes($0.kind) } ?? .valueIsNotBytes
    case .text:
      if value == .null { return false }
      guard case .text(let text) = value else { throw .valueIsNotBytes }
      out.append(text)
      return true
    case .string: return StringConverter.write(value, schema, into: &out)
    case .json(let schemasEnabled, let options):
      return try JSONConverter.writeWhole(
        value, schema, schemasEnabled: schemasEnabled, schemaJSON: schemaJSON, options, into: &out)
    }
  }
}
