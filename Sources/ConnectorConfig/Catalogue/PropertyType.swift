import EventRouting

/// What a property's text must be.
public enum PropertyType: Sendable {
  /// Any text; `nonEmpty` refuses an empty one.
  case string
  case nonEmpty
  case int(ClosedRange<Int64>)
  case boolean
  /// Comma-separated, blanks around entries do not count.
  case list
  /// A Java class; the simple name does too, as in Kafka Connect.
  case className
  case password
  /// One of these words, upper and lower case alike.
  case oneOf([String])
  /// A Java regular expression.
  case regex
  /// Comma-separated Java regular expressions; `\,` is a comma within one.
  case regexList
  /// A text under a rule of its own: in words, and as a check.
  case text(rule: String, isValid: @Sendable (String) -> Bool)

  /// Non-negative and positive integers of Java's `int` and `long`.
  static let int = PropertyType.int(Int64(Int32.min)...Int64(Int32.max))
  static let long = PropertyType.int(Int64.min...Int64.max)
  static let nonNegativeInt = PropertyType.int(0...Int64(Int32.max))
  static let positiveInt = PropertyType.int(1...Int64(Int32.max))
  static let nonNegativeLong = PropertyType.int(0...Int64.max)
  static let positiveLong = PropertyType.int(1...Int64.max)
  /// Kafka's way to say "the broker's default".
  static let replicationFactor = PropertyType.text(rule: "-1 or 1 to 32767") {
    Int16($0.trimmedASCII()).map { $0 == -1 || $0 >= 1 } ?? false
  }
  static let partitionCount = PropertyType.text(rule: "-1 or 1 to 2147483647") {
    Int32($0.trimmedASCII()).map { $0 == -1 || $0 >= 1 } ?? false
  }
  /// Debezium's rule for parts of a topic name.
  static let topicPart = PropertyType.text(rule: "letters of ASCII, digits, '.', '_' and '-', at least one") {
    !$0.isEmpty
      && $0.utf8.allSatisfy { isASCIILetterOrDigit($0) || ".-_".utf8.contains($0) }
  }
  static let tableList = PropertyType.text(rule: "schema.table, or several of them with commas in between") {
    $0.splitList().allSatisfy { name in
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    }
  }
  static let slotName = PropertyType.text(rule: "1 to 63 lower-case letters of ASCII, digits and underscores") {
    (1...63).contains($0.utf8.count)
      && $0.utf8.allSatisfy { isASCIILetterOrDigit($0) && !(0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isASCIILetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Its name in the documentation.
  public var label: String {
    switch self {
    case .string, .nonEmpty, .text: "string"
    case .int(let range): range.upperBound > Int64(Int32.max) ? "long" : "int"
    case .boolean: "boolean"
    case .list: "list"
    case .className: "class"
    case .password: "password"
    case .oneOf(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    case .regex: "regex"
    case .regexList: "list of regex"
    }
  }

  /// What is allowed, if `text` is not; nil if it is.
  func complaint(about text: String) -> String? {
    let trimmed = text.trimmedASCII()
    switch self {
    case .string, .list, .password: return nil
    case .nonEmpty, .className: return trimmed.isEmpty ? "must not be empty" : nil
    case .int(let range):
      guard let value = Int64(trimmed) else { return "must be an integer" }
      if range.contains(value) { return nil }
      if range.upperBound == Int64.max || range.upperBound == Int64(Int32.max), range.lowerBound >= 0 {
        if value < range.lowerBound { return "must be \(range.lowerBound) or more" }
      }
      return "must be from \(range.lowerBound) to \(range.upperBound)"
    case .boolean:
      return trimmed.lowercased() == "true" || trimmed.lowercased() == "false" ? nil : "must be true or false"
    case .oneOf(let words):
      return words.contains { $0.lowercased() == trimmed.lowercased() }
        ? nil : "must be one of \(words.joined(separator: ", "))"
    case .regex: return JavaRegularExpression.complaint(about: text).map { "is a regular expression that \($0)" }
    case .regexList:
      for part in text.splitRegexList() {
        if let complaint = JavaRegularExpression.complaint(about: part) {
          return "holds a regular expression that \(complaint)"
        }
      }
      return nil
    case .text(let rule, let isValid): return isValid(text) ? nil : "must be \(rule)"
    }
  }

  /// The form in which two texts that mean the same are equal.
  func normalized(_ text: String) -> String {
    switch self {
    case .boolean, .oneOf: text.trimmedASCII().lowercased()
    case .int: Int64(text.trimmedASCII()).map { String($0) } ?? text
    case .list, .regexList: text.splitList().joined(separator: ",")
    case .className: simpleClassName(text)
    case .string, .nonEmpty, .password, .regex, .text: text.trimmedASCII()
    }
  }
}
