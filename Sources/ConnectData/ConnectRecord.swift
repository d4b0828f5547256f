/// A record of Kafka Connect as a tree, between a connector and its converters: what transforms take apart and put
/// together. Rows flow as bytes; one becomes a tree only where a transform of the chain needs it.
/// Source: `org.apache.kafka.connect.source.SourceRecord`.
public struct ConnectRecord: Sendable {
  public var topic: String
  /// `nil` leaves the choice to the partitioner.
  public var partition: Int32?
  /// `nil`: the key has no schema, as a tombstone's value has none; a map, or what Connect infers from the value.
  public var keySchema: SharedSchema?
  /// `.null` is a null key.
  public var key: ConnectValue
  public var valueSchema: SharedSchema?
  /// `.null` is a null value; without a schema that is a tombstone.
  public var value: ConnectValue
  /// In order; names may repeat.
  public var headers: [ConnectHeader]
  /// Milliseconds since 1970; `nil` leaves it to the producer.
  public var timestampMilliseconds: Int64?
  /// The list of headers that the record shares with the tombstone after it, once it has one of its own. Debezium gives a
  /// delete and its tombstone one list, so that what a transform adds to the first is in the second, until one makes a new
  /// record with a copy.
  public private(set) var sharedHeaders: [ConnectHeader]?

  public init(
    topic: String, partition: Int32? = nil, keySchema: SharedSchema?, key: ConnectValue, valueSchema: SharedSchema?,
    value: ConnectValue, headers: [ConnectHeader] = [], timestampMilliseconds: Int64? = nil
  ) {
    self.topic = topic
    self.partition = partition
    self.keySchema = keySchema
    self.key = key
    self.valueSchema = valueSchema
    self.value = value
    self.headers = headers
    self.timestampMilliseconds = timestampMilliseconds
  }

  /// From here on the record's headers are its own. Source: `SourceRecord.newRecord`, which copies them unless it is given
  /// a list.
  public mutating func copyHeaders() {
    if sharedHeaders == nil { sharedHeaders = headers }
  }
}

/// One header of a record, before its converter.
public struct ConnectHeader: Sendable, Equatable {
  public var name: String
  public var schema: ConnectSchema?
  public var value: ConnectValue

  public init(_ name: String, _ value: ConnectValue, _ schema: ConnectSchema?) {
    self.name = name
    self.value = value
    self.schema = schema
  }
}

/// A schema that many records share. Its identity is what caches ask for: a transform that makes one schema of another
/// does so once for each, as Connect's do, and a converter prints each once.
public final class SharedSchema: Sendable {
  public let schema: ConnectSchema

  public init(_ schema: ConnectSchema) { self.schema = schema }
}
