/// Options of `io.debezium.transforms.outbox.EventRouter` with its defaults.
/// Source: `EventRouterConfigDefinition`, Debezium 3.6.3.Final.
public struct EventRouterOptions: Sendable, Hashable {
  /// What to do with an update of an outbox row.
  public enum InvalidOperationBehavior: String, Sendable, CaseIterable {
    case warn
    case error
    case fatal
  }

  /// What to do about a column named in `additionalPlacements` that a row does not have.
  public enum MissingFieldBehavior: String, Sendable, CaseIterable {
    case error
    case ignore
  }

  /// What a JSON null becomes in an expanded payload.
  public enum JSONNullBehavior: String, Sendable, CaseIterable {
    case ignore
    case optionalBytes = "optional_bytes"
  }

  /// A column that is added to the event. Written `column:place` or `column:place:alias`.
  public struct AdditionalPlacement: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
      case header
      case envelope
      case partition
      /// A word that is none of them: Debezium starts all the same and fails at the first event.
      case invalid(String)
    }

    public let column: String
    public let place: Place
    /// The column's name where none is written.
    public let alias: String

    public init(column: String, place: Place, alias: String? = nil) {
      self.column = column
      self.place = place
      self.alias = alias ?? column
    }
  }

  public var invalidOperationBehavior = InvalidOperationBehavior.warn
  public var eventIDColumn = "id"
  public var eventKeyColumn = "aggregateid"
  /// Declared by Debezium and never read.
  public var eventTypeColumn = "type"
  public var eventPayloadColumn = "payload"
  /// Nil: the envelope's `ts_ms`.
  public var eventTimestampColumn: String?
  public var schemaVersionColumn: String?
  public var additionalPlacements: [AdditionalPlacement] = []
  public var missingFieldBehavior = MissingFieldBehavior.error
  public var routeByColumn = "aggregatetype"
  public var routeTopicRegex = "(?<routedByValue>.*)"
  public var routeTopicReplacement = "outbox.event.${routedByValue}"
  public var tombstoneOnEmptyPayload = false
  public var expandJSONPayload = false
  public var jsonNullBehavior = JSONNullBehavior.ignore

  public init() {}
}
