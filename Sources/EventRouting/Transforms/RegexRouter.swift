/// Renames a topic that matches a pattern as a whole. What is replaced is what the pattern finds first: of `ab` only `a`,
/// if the pattern is `a|ab`. Source: `org.apache.kafka.connect.transforms.RegexRouter`, `Matcher.replaceFirst`.
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
    guard pattern.matches(topic), let match = pattern.firstMatch(in: topic) else { return topic }
    return
      "\(topic[..<match.range.lowerBound])\(try replacement.expanded(with: match))\(topic[match.range.upperBound...])"
  }
}
