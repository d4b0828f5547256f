/// One transform of a connector's chain, in the order of `transforms`.
public struct TransformStep {
  public enum Kind {
    case regexRouter(RegexRouter)
    case eventRouter(EventRouterOptions)
    /// Any other: it takes the record as a tree.
    case record(any RecordTransform)
  }

  /// The name in the connector file, for errors.
  public let alias: String
  public let kind: Kind
  public let predicate: Predicate?
  /// The Java class that this stands for.
  public let className: String

  public init(alias: String, kind: Kind, predicate: Predicate?, className: String? = nil) {
    self.alias = alias
    self.kind = kind
    self.predicate = predicate
    self.className =
      switch kind {
      case .regexRouter: "org.apache.kafka.connect.transforms.RegexRouter"
      case .eventRouter: "io.debezium.transforms.outbox.EventRouter"
      case .record: className ?? alias
      }
  }
}
