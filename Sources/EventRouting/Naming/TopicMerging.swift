/// How the "Regex" naming strategies send the records of many tables to one topic, and tell them apart in the key.
/// Source: Debezium 3.6, `AbstractRegexTopicNamingStrategy`.
public struct TopicMerging {
  /// `topic.regex` and `topic.replacement`
  let router: RegexRouter
  /// `topic.key.field.name`; `nil` with `topic.key.enforce.uniqueness=false`.
  let keyFieldName: String?
  /// `topic.key.field.regex` and `topic.key.field.replacement`
  let keyFieldRouter: RegexRouter?

  /// Throws where a replacement names a group that its pattern does not have.
  public init(
    router: RegexRouter, keyFieldName: String?, keyFieldRouter: RegexRouter?
  ) throws(JavaReplacement.Refusal) {
    try router.checkReplacement()
    try keyFieldRouter?.checkReplacement()
    self.router = router
    self.keyFieldName = keyFieldName
    self.keyFieldRouter = keyFieldRouter
  }

  /// `name` where the pattern does not match, or the result would be empty.
  func topic(of name: String) -> String {
    let merged = TopicMerging.replaced(name, router)
    return merged.isEmpty ? name : merged
  }

  func keyField(of name: String) -> (name: String, value: String)? {
    keyFieldName.map { field in (field, keyFieldRouter.map { TopicMerging.replaced(name, $0) } ?? name) }
  }

  private static func replaced(_ name: String, _ router: RegexRouter) -> String {
    do throws(JavaReplacement.Refusal) {
      return try router.route(name)
    } catch {
      preconditionFailure("the replacement was checked: \(error.reason)")
    }
  }
}

extension RegexRouter {
  /// Whether all groups that the replacement names are in the pattern.
  func checkReplacement() throws(JavaReplacement.Refusal) {
    let optional: JavaPattern
    do throws(JavaPattern.Refusal) {
      // Matches the empty text, and so tells which groups there are.
      optional = try JavaPattern("(?:\(pattern.text))|")
    } catch {
      throw JavaReplacement.Refusal(reason: "the pattern \(error.pattern): \(error.reason)")
    }
    guard let match = optional.wholeMatch("") else { return }
    _ = try replacement.expanded(with: match)
  }
}
