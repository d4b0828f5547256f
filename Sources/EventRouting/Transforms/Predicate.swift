/// A condition under which a transform applies. Source: `org.apache.kafka.connect.transforms.predicates`.
public struct Predicate {
  public enum Condition {
    /// The topic must match as a whole.
    case topicNameMatches(JavaPattern)
    case hasHeaderKey(String)
    case recordIsTombstone
  }

  public let condition: Condition
  /// The transform's `negate`.
  public let isNegated: Bool

  public init(_ condition: Condition, isNegated: Bool) {
    self.condition = condition
    self.isNegated = isNegated
  }

  /// `hasHeader` is asked only where the condition needs it.
  public func holds(topic: String, isTombstone: Bool, hasHeader: (String) -> Bool) -> Bool {
    let holds =
      switch condition {
      case .topicNameMatches(let pattern): pattern.matches(topic)
      case .hasHeaderKey(let name): hasHeader(name)
      case .recordIsTombstone: isTombstone
      }
    return holds != isNegated
  }
}
