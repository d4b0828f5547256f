/// What the naming strategies by regular expression take: `topic.regex` and its companions.
public struct TopicMergingOptions: Sendable, Hashable {
  public var regex: String
  public var replacement: String
  /// `topic.key.field.name`; nil with `topic.key.enforce.uniqueness=false`.
  public var keyFieldName: String?
  public var keyFieldRegex: String?
  public var keyFieldReplacement: String
}
