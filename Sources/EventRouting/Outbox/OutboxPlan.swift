import ConnectData

/// Where the event router finds its parts in the rows of one table: columns by their place among the record's fields.
/// Made once per relation. Source: Debezium 3.6, `EventRouterDelegate.apply`.
public struct OutboxPlan: Sendable {
  public enum Timestamp: Sendable {
    /// The envelope's processing time.
    case envelope
    /// An int64 column; the value divided by this gives milliseconds. NULL falls back to the envelope.
    case column(Int, divisor: Int64)
    /// A column of a kind that fails as soon as it holds a value.
    case failsOnValue(Int, TransformFailure)
  }

  public struct Placement: Sendable {
    public let alias: String
    public let column: Int
  }

  public let id: Int
  public let key: Int
  public let payload: Int
  public let route: Int
  public let timestamp: Timestamp
  public let headers: [Placement]
  /// Columns beside the payload in the value. Only where `hasEnvelope`.
  public let envelope: [Placement]
  /// A placement in the envelope is configured: the value is a structure, even where the column is missing and ignored.
  public let hasEnvelope: Bool
  public let partition: Int?
  public let schemaVersion: Int?

  /// `fields` are the fields of `after`. Throws what Debezium's task would die of at the first event.
  public init(_ options: EventRouterOptions, fields: [ConnectField]) throws(TransformFailure) {
    func index(_ name: String, _ option: String) throws(TransformFailure) -> Int {
      guard let index = fields.firstIndex(where: { $0.name == name }) else {
        throw TransformFailure("the table has no column '\(name)', which \(option) names")
      }
      return index
    }
    payload = try index(options.payloadField, "table.field.event.payload")
    timestamp = try OutboxPlan.timestamp(options, fields: fields)
    id = try index(options.idField, "table.field.event.id")
    route = try index(options.routeByField, "route.by.field")
    guard case .string = fields[route].schema.kind else {
      throw TransformFailure("column '\(options.routeByField)', which route.by.field names, is not text")
    }
    hasEnvelope = options.placements.contains { $0.target == .envelope }
    schemaVersion =
      if let name = options.schemaVersionField, hasEnvelope {
        try index(name, "table.field.event.schema.version")
      } else { nil }
    if let schemaVersion, fields[schemaVersion].schema.kind != .int32 {
      throw TransformFailure("column '\(fields[schemaVersion].name)', the schema version, is not of type INT32")
    }

    var headers: [Placement] = []
    var envelope: [Placement] = []
    var partition: Int?
    for placement in options.placements {
      if options.ignoresMissingFields, !fields.contains(where: { $0.name == placement.column }) { continue }
      if case .invalid(let word) = placement.target {
        throw TransformFailure("'\(word)' of table.fields.additional.placement is not header, envelope or partition")
      }
      let column = try index(placement.column, "table.fields.additional.placement")
      switch placement.target {
      case .header: headers.append(Placement(alias: placement.alias, column: column))
      case .envelope: envelope.append(Placement(alias: placement.alias, column: column))
      case .partition:
        guard fields[column].schema.kind == .int32 else {
          throw TransformFailure("column '\(placement.column)', placed as the partition, is not of type INT32")
        }
        partition = column
      case .invalid: break
      }
    }
    key = try index(options.keyField, "table.field.event.key")
    self.headers = headers
    self.envelope = envelope
    self.partition = partition
  }

  private static func timestamp(
    _ options: EventRouterOptions, fields: [ConnectField]
  ) throws(TransformFailure) -> Timestamp {
    guard let name = options.timestampField else { return .envelope }
    guard let column = fields.firstIndex(where: { $0.name == name }) else {
      throw TransformFailure("the table has no column '\(name)', which table.field.event.timestamp names")
    }
    let schema = fields[column].schema
    guard schema.kind == .int64 else {
      throw TransformFailure(
        "column '\(name)', which table.field.event.timestamp names, is not a timestamp without time zone")
    }
    switch schema.name {
    case "io.debezium.time.Timestamp": return .column(column, divisor: 1)
    case "io.debezium.time.MicroTimestamp": return .column(column, divisor: 1_000)
    case "io.debezium.time.NanoTimestamp": return .column(column, divisor: 1_000_000)
    case let other:
      let kind = other ?? "INT64 (without logical schema name)"
      return .failsOnValue(column, TransformFailure("unsupported field type \(kind) for the event timestamp '\(name)'"))
    }
  }
}
