import ConnectData
import Primitives

/// How header values become bytes: a converter class of Kafka Connect with its options.
public enum HeaderConverter: Sendable, Equatable {
  case simple
  case converter(RecordConverter)

  /// Text of a column goes into a header as it is.
  var copiesText: Bool { self == .simple || self == .converter(.string) }

  /// Writes the value. Returns false, with nothing written, where it has no bytes: a null header.
  func write(
    _ value: ConnectValue, _ schema: ConnectSchema?, into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    switch self {
    case .simple: SimpleHeaderConverter.write(value, schema, into: &out)
    case .converter(let converter): try converter.write(value, schema, schemaJSON: nil, into: &out)
    }
  }
}
