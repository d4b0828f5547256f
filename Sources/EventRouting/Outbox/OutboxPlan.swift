import ConnectData

/// Where the event router finds its parts in the rows of one table: columns by their place among the record's fields.
/// Made once per relation; a class, since a copy of a row's dozen references is dear. Source: Debezium 3.6,
/// `EventRouterDelegate.apply`.
public final class OutboxPlan: Sendable {
  public enum Timestamp: Sendable {
    /// The envelope's processing time.
    case envelope
    /// An int64 column; the value divided by this gives milliseconds. NULL falls back to the envelope.
    case column(Int, divisor: Int64)
    /// A column of a kind that fails as soon as it holds a value.
    case failsOnValue(Int, TransformFailure)
    /// In exact mode: a column of any type that names a moment. NULL falls back to the envelope.
    case exact(Int, EventTime)
  }

  public struct Placement: Sendable {
    public let alias: String
    /// The alias as UTF-8, so that a row does not make it anew.
    public let name: [UInt8]
    public let column: Int

    init(alias: String, column: Int) {
      self.alias = alias
      name = Array(alias.utf8)
      self.column = column
    }
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
    guard fields[route].schema.kind == .string || options.isExact && fields[route].schema.kind.isWholeNumber else {
      throw TransformFailure("column '\(options.routeByField)', which route.by.field names, is not text")
    }
    hasEnvelope = options.placements.contains { $0.target == .envelope }
    schemaVersion =
      if let name = options.schemaVersionField, hasEnvelope {
        try index(name, "table.field.event.schema.version")
      } else { nil }
    if let schemaVersion, !OutboxPlan.isInt32(fields[schemaVersion].schema, options) {
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
        guard OutboxPlan.isInt32(fields[column].schema, options) else {
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

  /// Debezium takes int32 columns; exact mode takes other whole numbers, whose values must then fit.
  private static func isInt32(_ schema: ConnectSchema, _ options: EventRouterOptions) -> Bool {
    schema.kind == .int32 || options.isExact && schema.kind.isWholeNumber
  }

  private static func timestamp(
    _ options: EventRouterOptions, fields: [ConnectField]
  ) throws(TransformFailure) -> Timestamp {
    guard let name = options.timestampField else { return .envelope }
    guard let column = fields.firstIndex(where: { $0.name == name }) else {
      throw TransformFailure("the table has no column '\(name)', which table.field.event.timestamp names")
    }
    let schema = fields[column].schema
    if options.isExact, let time = EventTime(schema) { return .exact(column, time) }
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

/// What values of an event's columns mean to a Kafka record.
extension OutboxPlan {
  /// Exact mode: holds the time of an event, in milliseconds since 1970, where a Kafka record cannot.
  public static let timeHeader = "sluice.event.timestamp.ms"

  /// Exact mode: milliseconds since 1970, before it too.
  public static func moment(
    _ value: ConnectValue, _ time: EventTime, column: String
  ) throws(TransformFailure) -> Int64 {
    guard let milliseconds = time.milliseconds(of: value) else {
      throw TransformFailure("column '\(column)', the event timestamp, names no moment")
    }
    return milliseconds
  }

  /// Kafka takes -1 as "none" and refuses what is below.
  public static func recordTimestamp(milliseconds: Int64) throws(TransformFailure) -> Int64? {
    if milliseconds == -1 { return nil }
    guard milliseconds >= 0 else {
      throw TransformFailure("the event timestamp is before 1970, which a Kafka record cannot have")
    }
    return milliseconds
  }

  /// `nil` for a null.
  public static func recordPartition(_ value: ConnectValue, column: String) throws(TransformFailure) -> Int32? {
    if value == .null { return nil }
    guard let partition = value.asInt32, partition >= 0 else {
      throw TransformFailure("the number in column '\(column)' is no partition: it is negative or beyond 32 bits")
    }
    return partition
  }

  /// `nil` for a null.
  public static func version(_ value: ConnectValue) throws(TransformFailure) -> Int32? {
    if value == .null { return nil }
    guard let version = value.asInt32 else { throw TransformFailure("the schema version is beyond 32 bits") }
    return version
  }
}

extension ConnectSchema.Kind {
  var isWholeNumber: Bool {
    switch self {
    case .int8, .int16, .int32, .int64: true
    default: false
    }
  }
}

extension ConnectValue {
  /// What a routing column says; `nil` for what routes nowhere.
  public var routeText: String? {
    switch self {
    case .text(let text): String(decoding: text, as: UTF8.self)
    case .int8(let number): String(number)
    case .int16(let number): String(number)
    case .int32(let number): String(number)
    case .int64(let number): String(number)
    default: nil
    }
  }

  /// A whole number of any type that fits; `nil` for everything else.
  var asInt32: Int32? {
    switch self {
    case .int8(let number): Int32(number)
    case .int16(let number): Int32(number)
    case .int32(let number): number
    case .int64(let number): Int32(exactly: number)
    default: nil
    }
  }
}
