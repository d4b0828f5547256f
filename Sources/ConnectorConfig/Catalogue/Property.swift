/// One property of Kafka Connect, of Debezium or of our own, and what this version does with it.
public struct Property: Sendable {
  public enum Support: Sendable, Equatable {
    case supported
    /// It has no meaning here, for this reason; setting it makes a log line.
    case acceptedNoEffect(String)
    /// Any value but the default is an error, for this reason.
    case refused(String)
  }

  /// As the user writes it, or a pattern: `(d+)` is a number, `([^.]+)` and `<alias>` a part without a dot, `(.+)` and
  /// a closing `*` anything.
  public let name: String
  public let type: PropertyType
  /// The value in force when it is not set; nil: none.
  public let defaultValue: String?
  public let support: Support
  /// Words of a supported property that are not taken, with the reason.
  public let refusedValues: [String: String]
  /// Without it a file is refused.
  public let isRequired: Bool
  private let pattern: NamePattern?

  init(
    _ name: String, _ type: PropertyType, _ defaultValue: String? = nil, _ support: Support = .supported,
    refusing refusedValues: [String: String] = [:], required isRequired: Bool = false
  ) {
    self.name = name
    self.type = type
    self.defaultValue = defaultValue
    self.support = support
    self.refusedValues = refusedValues
    self.isRequired = isRequired
    pattern = NamePattern(name)
  }

  static func noEffect(
    _ name: String, _ type: PropertyType, _ defaultValue: String? = nil, refusing: [String: String] = [:],
    _ reason: String
  ) -> Property {
    Property(name, type, defaultValue, .acceptedNoEffect(reason), refusing: refusing)
  }

  static func refused(
    _ name: String, _ type: PropertyType, _ defaultValue: String? = nil, _ reason: String = Property.later
  ) -> Property {
    Property(name, type, defaultValue, .refused(reason))
  }

  /// Reason of what a later version will do.
  static let later = "not supported by this version"

  public var isPattern: Bool { pattern != nil }

  func matches(_ name: String) -> Bool { pattern?.matches(name) ?? (name == self.name) }

  /// The name for messages: a salt that stands in a name is a secret too.
  func shownName(of name: String) -> String {
    guard self.name.contains(".with.salt."), let salt = name.range(of: ".with.salt.") else { return name }
    return name[..<salt.upperBound] + "***"
  }

  /// Whether the text means what the default means.
  func isDefault(_ text: String) -> Bool {
    let normalized = type.normalized(text)
    guard let defaultValue else { return normalized.isEmpty }
    return normalized == type.normalized(defaultValue)
  }
}

extension String {
  /// The first place of `text`; the standard library has no such search for strings.
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
