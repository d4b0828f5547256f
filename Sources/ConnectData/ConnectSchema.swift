/// A schema of Kafka Connect's data API: what a field's value is, and what a converter may write of it.
/// Source: `org.apache.kafka.connect.data.Schema`.
public struct ConnectSchema: Sendable, Equatable {
  public indirect enum Kind: Sendable, Equatable {
    case int8, int16, int32, int64, float32, float64, boolean, string, bytes
    case array(ConnectSchema)
    case map(key: ConnectSchema, value: ConnectSchema)
    case structure([ConnectField])
  }

  public var kind: Kind
  public var isOptional: Bool
  /// Logical name, such as `io.debezium.data.Json`.
  public var name: String?
  public var version: Int32?
  /// In the order in which the builder got them.
  public var parameters: [ConnectParameter]
  public var documentation: String?
  /// What a converter writes for a null (JsonConverter's `replace.null.with.default`); `nil` is "no default".
  public var defaultValue: ConnectValue?

  public init(
    _ kind: Kind, isOptional: Bool = false, name: String? = nil, version: Int32? = nil,
    parameters: [ConnectParameter] = [], documentation: String? = nil, defaultValue: ConnectValue? = nil
  ) {
    self.kind = kind
    self.isOptional = isOptional
    self.name = name
    self.version = version
    self.parameters = parameters
    self.documentation = documentation
    self.defaultValue = defaultValue
  }

  /// Fields of a structure; empty for every other kind.
  public var fields: [ConnectField] {
    if case .structure(let fields) = kind { fields } else { [] }
  }
}

/// One field of a structure.
public struct ConnectField: Sendable, Equatable {
  public var name: String
  public var schema: ConnectSchema

  public init(_ name: String, _ schema: ConnectSchema) {
    self.name = name
    self.schema = schema
  }
}

/// One schema parameter: name and value, both text.
public struct ConnectParameter: Sendable, Equatable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
