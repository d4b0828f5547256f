import ConnectData
import Primitives

/// Connect's `org.apache.kafka.connect.converters.ByteArrayConverter`: bytes as they are, and nothing else.
public enum ByteArrayConverter {
  /// Writes the bytes. Returns false, with nothing written, for a null.
  public static func write(
    _ value: ConnectValue, _ schema: ConnectSchema?, into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    if let schema, schema.kind != .bytes { throw .schemaIsNotBytes(schema.kind) }
    switch value {
    case .null: return false
    case .bytes(let bytes):
      out.append(bytes)
      return true
    default: throw .valueIsNotBytes
    }
  }
}
