/// Which logical messages are published: `message.prefix.include.list` or `message.prefix.exclude.list`. Patterns must match
/// the whole prefix, whatever its case. Source: Debezium 3.6, `LogicalDecodingMessageFilter`.
public struct MessagePrefixFilter {
  private let includes: [JavaPattern]
  private let excludes: [JavaPattern]

  public init(includeList: [String] = [], excludeList: [String] = []) throws(JavaPattern.Refusal) {
    includes = try TableFilter.compile(includeList)
    excludes = try TableFilter.compile(excludeList)
  }

  /// Everything is published.
  public init() {
    includes = []
    excludes = []
  }

  public func includes(_ prefix: String) -> Bool {
    if !includes.isEmpty { return includes.contains { $0.matches(prefix) } }
    return !excludes.contains { $0.matches(prefix) }
  }
}
