/// One predicate of the list `predicates`. Cases are named after the classes in
/// `org.apache.kafka.connect.transforms.predicates`.
public struct PredicateOptions: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// The whole topic name matches the Java regular expression.
    case topicNameMatches(pattern: String)
    case hasHeaderKey(name: String)
    case recordIsTombstone
  }

  public let alias: String
  public let kind: Kind

  public init(alias: String, kind: Kind) {
    self.alias = alias
    self.kind = kind
  }
}
