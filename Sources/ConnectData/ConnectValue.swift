/// A value of Kafka Connect's data API, as a tree. Only what cannot flow as bytes becomes one: defaults, header values of
/// other types than text, expanded payloads, and records that a transform takes apart.
public indirect enum ConnectValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case int8(Int8)
  case int16(Int16)
  case int32(Int32)
  case int64(Int64)
  case float32(Float)
  case float64(Double)
  /// UTF-8.
  case text([UInt8])
  case bytes([UInt8])
  /// The logical type `org.apache.kafka.connect.data.Decimal`: two's-complement big-endian, shortest form, and scale.
  case decimal(unscaled: [UInt8], scale: Int32)
  case array([ConnectValue])
  case map([ConnectMapEntry])
  /// Values in the order of the schema's fields.
  case structure([ConnectValue])

  public static func text(_ text: String) -> ConnectValue { .text(Array(text.utf8)) }
}

/// One entry of a map, in the order in which a converter writes it.
public struct ConnectMapEntry: Sendable, Equatable {
  public var key: ConnectValue
  public var value: ConnectValue

  public init(_ key: ConnectValue, _ value: ConnectValue) {
    self.key = key
    self.value = value
  }
}
