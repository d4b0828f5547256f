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

  public init(alias: String, kind: Kind, predicate: Predicate?) {
    self.alias = alias
    self.kind = kind
    self.predicate = predicate
  }
}
