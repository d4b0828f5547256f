/// The replacement text of `Matcher.replaceFirst`: `$1`, `${name}`, and `\` before a character to be taken as it is.
/// Source: `java.util.regex.Matcher.appendReplacement`.
public struct JavaReplacement: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case literal(String)
    /// Digits as written: how many of them name a group depends on how many groups the pattern has.
    case number(String)
    case name(String)
  }

  let parts: [Part]

  /// Why a replacement, or its use with a match, was refused.
  public struct Refusal: Error, Equatable, Sendable {
    public let reason: String
  }

  public init(_ text: String) throws(Refusal) {
    var parts: [Part] = []
    var literal = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "\\":
        guard let escaped = rest.popFirst() else { throw Refusal(reason: "the replacement ends with a lone \\") }
        literal.append(escaped)
      case "$":
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = ""
        parts.append(try JavaReplacement.reference(&rest))
      default:
        literal.append(character)
      }
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
    self.parts = parts
  }

  private static func reference(_ rest: inout Substring) throws(Refusal) -> Part {
    if rest.first == "{" {
      guard let end = rest.firstIndex(of: "}") else { throw Refusal(reason: "${ without }") }
      let name = String(rest[rest.index(after: rest.startIndex)..<end])
      guard let first = name.first, first.isLetter else { throw Refusal(reason: "${\(name)} is no group name") }
      rest = rest[rest.index(after: end)...]
      return .name(name)
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { throw Refusal(reason: "$ must be followed by a group's number or {name}") }
    rest = rest.dropFirst(digits.count)
    return .number(String(digits))
  }

  /// The text for one match. A group that took no part gives nothing, as in Java.
  public func expanded(with match: JavaPattern.Match) throws(Refusal) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .literal(let literal): text += literal
      case .name(let name):
        guard let group = match.named[name] else { throw Refusal(reason: "the pattern has no group named \(name)") }
        text += group ?? ""
      case .number(let digits):
        // Java takes as many digits as still name a group, at least one.
        var number = digits.first!.wholeNumberValue!
        var rest = digits.dropFirst()
        while let digit = rest.first?.wholeNumberValue, number * 10 + digit < match.groups.count {
          number = number * 10 + digit
          rest = rest.dropFirst()
        }
        guard number < match.groups.count else { throw Refusal(reason: "the pattern has no group \(number)") }
        text += (match.groups[number] ?? "") + rest
      }
    }
    return text
  }
}
