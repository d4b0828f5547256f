import ConnectData

/// The value of a header that is written as text in a connector file, with the type that Connect guesses from it:
/// `null`, a boolean, the smallest number that holds it, a date or time, a list or map of such, else the text itself.
/// Source: `org.apache.kafka.connect.data.Values.parseString`.
public struct HeaderLiteral: Sendable, Hashable {
  /// A list or map whose elements have no common type, which Connect gives a schema without one.
  public struct Refusal: Error, Equatable, Sendable {}

  public let value: ConnectValue
  public let schema: ConnectSchema?

  public init(_ text: String) throws(Refusal) {
    (value, schema) = try HeaderLiteral.parsed(text)
  }

  public static func == (left: HeaderLiteral, right: HeaderLiteral) -> Bool { left.value == right.value }
  public func hash(into hasher: inout Hasher) { hasher.combine(String(describing: value)) }

  private static func parsed(_ text: String) throws(Refusal) -> (ConnectValue, ConnectSchema?) {
    let string = (ConnectValue.text(text), Optional(ConnectSchema(.string)))
    let tokens = tokens(of: text)
    guard let first = tokens.first else { return string }
    // A token of blanks is passed over where another follows.
    var significant = tokens[...]
    while significant.count > 1, significant[0 + significant.startIndex].trimmed().isEmpty { significant.removeFirst() }
    if let token = significant.first?.trimmed() {
      if significant.count == 1, let constant = constant(token) { return constant }
      if token == "[" || token == "{" {
        var collection = HeaderCollection(tokens)
        do throws(HeaderCollection.Failure) {
          return try collection.parse()
        } catch {
          // A list or map that is none is a string.
          if error == .mixed { throw Refusal() }
        }
      }
    }
    if let scalar = scalar(first.trimmed(), following: tokens.dropFirst()) { return scalar }
    return first.trimmed().isEmpty ? (.text(first), ConnectSchema(.string)) : string
  }

  static func constant(_ token: String) -> (ConnectValue, ConnectSchema?)? {
    switch token {
    case "null": (.null, nil)
    case "true": (.boolean(true), ConnectSchema(.boolean))
    case "false": (.boolean(false), ConnectSchema(.boolean))
    default: nil
    }
  }

  /// A date, time or number. What follows a number does not count: `1,2` is 1.
  static func scalar(_ token: String, following: ArraySlice<String>) -> (ConnectValue, ConnectSchema?)? {
    guard let start = token.unicodeScalars.first else { return nil }
    let isDigit = ("0"..."9").contains(start)
    if isDigit, let temporal = temporal(token, following)?.value { return temporal }
    if isDigit || start == "+" || start == "-", let decimal = JavaDecimal(token) { return number(decimal) }
    return nil
  }

  /// Runs of text, and the delimiters between them that no backslash stands before.
  static func tokens(of text: String) -> [String] {
    var tokens: [String] = []
    var run = ""
    var isEscaped = false
    for character in text.unicodeScalars {
      if ":,{}[]\"".unicodeScalars.contains(character), !isEscaped {
        if !run.isEmpty { tokens.append(run) }
        run = ""
        tokens.append(String(character))
        continue
      }
      isEscaped = character == "\\" && !isEscaped
      run.unicodeScalars.append(character)
    }
    if !run.isEmpty { tokens.append(run) }
    return tokens
  }

  /// A time and a timestamp hold two colons, so that they are five tokens. Says how many of the following it took.
  static func temporal(
    _ first: String, _ following: ArraySlice<String>
  ) -> (value: (ConnectValue, ConnectSchema?), taken: Int)? {
    if following.count >= 4, let found = temporal(first + following.prefix(4).joined()) { return (found, 4) }
    return temporal(first).map { ($0, 0) }
  }

  static func temporal(_ text: String) -> (ConnectValue, ConnectSchema?)? {
    let text = text.replacing("\\:", with: ":")
    let (pattern, type): (String, LogicalType) =
      switch text.utf16.count {
      case 10: ("yyyy-MM-dd", .date)
      case 13: ("HH:mm:ss.SSS'Z'", .time)
      case 24: ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", .timestamp)
      default: ("", .decimal)
      }
    guard type != .decimal, let format = try? SimpleDateFormat(pattern),
      let milliseconds = format.milliseconds(of: text, now: 0)
    else { return nil }
    let value: ConnectValue =
      switch type {
      case .date: .int32(Int32(truncatingIfNeeded: milliseconds / 86_400_000))
      case .time: .int32(Int32(truncatingIfNeeded: milliseconds))
      default: .int64(milliseconds)
      }
    return (value, type.schema)
  }

  static func number(_ decimal: JavaDecimal) -> (ConnectValue, ConnectSchema?) {
    if let long = decimal.exactLong {
      if let number = Int8(exactly: long) { return (.int8(number), ConnectSchema(.int8)) }
      if let number = Int16(exactly: long) { return (.int16(number), ConnectSchema(.int16)) }
      if let number = Int32(exactly: long) { return (.int32(number), ConnectSchema(.int32)) }
      return (.int64(long), ConnectSchema(.int64))
    }
    if decimal.scale != 0 {
      if decimal.floatValue.isFinite { return (.float32(decimal.floatValue), ConnectSchema(.float32)) }
      if decimal.doubleValue.isFinite { return (.float64(decimal.doubleValue), ConnectSchema(.float64)) }
    }
    var schema = LogicalType.decimal.schema
    schema.parameters = [ConnectParameter("scale", String(decimal.scale))]
    return (decimal.value, schema)
  }
}
