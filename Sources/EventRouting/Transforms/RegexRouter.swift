/// Renames a topic that matches a pattern as a whole. Source: `org.apache.kafka.connect.transforms.RegexRouter`.
public struct RegexRouter {
  let pattern: JavaPattern
  let replacement: JavaReplacement

  public init(pattern: JavaPattern, replacement: JavaReplacement) {
    self.pattern = pattern
    self.replacement = replacement
  }

  func matches(_ topic: String) -> Bool { pattern.matches(topic) }

  /// The new name, or the old one where the pattern does not match. Throws where the replacement names no group.
  public func route(_ topic: String) throws(JavaReplacement.Refusal) -> String {
    guard let match = pattern.wholeMatch(topic) else { return topic }
    return try replacement.expanded(with: match)
  }
}
