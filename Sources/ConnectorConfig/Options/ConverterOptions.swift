/// A converter of keys or values. Cases are named after Kafka Connect's and Debezium's classes.
public indirect enum ConverterOptions: Sendable, Hashable {
  /// `org.apache.kafka.connect.json.JsonConverter`
  case json(JSONConverterOptions)
  /// `org.apache.kafka.connect.storage.StringConverter`, in UTF-8.
  case string
  /// `org.apache.kafka.connect.converters.ByteArrayConverter`
  case byteArray
  case primitive(PrimitiveType)
  /// `io.debezium.converters.BinaryDataConverter`: bytes as they are, all else through the delegate, or an error
  /// without one.
  case binaryData(delegate: ConverterOptions?)
}

/// The converters of one type each, by their names in `org.apache.kafka.connect.converters`.
public enum PrimitiveType: String, Sendable, CaseIterable {
  case boolean = "BooleanConverter"
  case int16 = "ShortConverter"
  case int32 = "IntegerConverter"
  case int64 = "LongConverter"
  case float32 = "FloatConverter"
  case float64 = "DoubleConverter"
}

/// Options of `JsonConverter` with its defaults. Source: `JsonConverterConfig`, Kafka 4.3.
public struct JSONConverterOptions: Sendable, Hashable {
  /// How `Decimal` values are written.
  public enum DecimalFormat: String, Sendable, CaseIterable {
    case base64 = "BASE64"
    case numeric = "NUMERIC"
  }

  public var schemasEnable = true
  public var schemasCacheCount = 1000
  public var decimalFormat = DecimalFormat.base64
  /// A null in a field whose schema has a default is written as the default.
  public var replaceNullWithDefault = true

  public init() {}
}

/// A converter of headers.
public enum HeaderConverterOptions: Sendable, Hashable {
  /// `org.apache.kafka.connect.storage.SimpleHeaderConverter`
  case simple
  /// A converter of keys and values that takes headers too.
  case converter(ConverterOptions)
}
