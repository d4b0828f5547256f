import EventRouting

/// One `table:identity` of `replica.identity.autoset.values`. Source: Debezium 3.6, `ReplicaIdentityMapper`.
public struct ReplicaIdentityRule: Sendable, Hashable {
  public enum Identity: Sendable, Hashable {
    case `default`, full, nothing
    case index(String)
  }

  /// A Java regular expression of `schema.table`.
  public let table: String
  public let identity: Identity

  /// Nil where a part is no rule. An empty text has none.
  static func list(_ text: String) -> [ReplicaIdentityRule]? {
    if text.trimmedASCII().isEmpty { return [] }
    var rules: [ReplicaIdentityRule] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let rule = ReplicaIdentityRule(String(part).trimmedASCII()) else { return nil }
      rules.append(rule)
    }
    return rules
  }

  private init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
      !text[..<colon].contains(where: \.isWhitespace)
    else { return nil }
    let table = String(text[..<colon])
    guard JavaRegularExpression.complaint(about: table) == nil else { return nil }
    let word = String(text[text.index(after: colon)...])
    self.table = table
    switch word.uppercased() {
    case "DEFAULT": identity = .default
    case "FULL": identity = .full
    case "NOTHING": identity = .nothing
    case let upper where upper.hasPrefix("INDEX "):
      let name = String(word.dropFirst(6))
      guard !name.isEmpty, name.dropFirst().utf8.allSatisfy(Self.isWordCharacter) else { return nil }
      identity = .index(name)
    default: return nil
    }
  }

  /// Java's `\w`.
  private static func isWordCharacter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
  }
}
