/// Options of `io.debezium.transforms.outbox.EventRouter`, with Debezium's defaults.
public struct EventRouterOptions {
  /// What to do with an update of the outbox table; `warn` and `error` differ only in the log.
  public enum InvalidOperationBehavior: String, Sendable {
    case warn, error, fatal
  }

  public struct Placement: Sendable, Equatable {
    public enum Target: Sendable, Equatable {
      case header, envelope, partition
      /// A word that Debezium accepts in the file and fails on at the first event.
      case invalid(String)
    }

    public let column: String
    public let target: Target
    public let alias: String

    public init(column: String, target: Target, alias: String) {
      self.column = column
      self.target = target
      self.alias = alias
    }
  }

  public var invalidOperationBehavior = InvalidOperationBehavior.warn
  public var idField = "id"
  public var keyField = "aggregateid"
  public var payloadField = "payload"
  /// `nil`: the envelope's `ts_ms`.
  public var timestampField: String?
  public var schemaVersionField: String?
  public var placements: [Placement] = []
  /// `table.field.additional.missing=ignore`.
  public var ignoresMissingFields = false
  public var routeByField = "aggregatetype"
  public var router: RegexRouter
  public var sendsTombstoneOnEmptyPayload = false
  public var expandsJSONPayload = false
  public var jsonPayloadNullBehavior = PayloadExpansion.NullBehavior.ignore
  /// `sluice.outbox.json=exact`: payloads keep what they hold, and columns of every type with an obvious meaning are
  /// taken. Otherwise all is as with Debezium, its losses and failures included.
  public var isExact = false

  /// `router` is `route.topic.regex` and `route.topic.replacement`.
  public init(router: RegexRouter) { self.router = router }
}
