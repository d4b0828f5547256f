/// One transform of the chain `transforms`, in its order.
public struct TransformOptions: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// `org.apache.kafka.connect.transforms.RegexRouter`: a topic that matches the whole regex is renamed.
    case regexRouter(regex: String, replacement: String)
    /// `io.debezium.transforms.outbox.EventRouter`
    case eventRouter(EventRouterOptions)
    /// Any other, by its class and the options in force.
    case record(className: String, PluginValues)
  }

  public let alias: String
  public let kind: Kind
  /// Alias of a predicate in `ConnectorOptions.predicates`; nil: the transform takes every record.
  public let predicate: String?
  /// The transform takes the records for which the predicate is false.
  public let negate: Bool

  public init(alias: String, kind: Kind, predicate: String? = nil, negate: Bool = false) {
    self.alias = alias
    self.kind = kind
    self.predicate = predicate
    self.negate = negate
  }
}
