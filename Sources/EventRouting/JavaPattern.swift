/// A regular expression of a connector file, which is written for `java.util.regex`, run by Swift's engine over Unicode
/// scalars. `docs/compatibility.md` says which constructs both read alike; the others are refused here, at start.
///
/// Not `Sendable`, since `Regex` is not: each connector's thread compiles its own.
public struct JavaPattern {
  /// Why a pattern was refused.
  public struct Refusal: Error, Equatable, Sendable {
    public let pattern: String
    public let reason: String
  }

  /// Whole match, then groups by number; `nil` for a group that took no part.
  public struct Match {
    public let groups: [Substring?]
    public let named: [String: Substring?]
  }

  public let text: String
  private let regex: Regex<AnyRegexOutput>

  public init(_ text: String, ignoringCase: Bool = false) throws(Refusal) {
    if let construct = JavaPattern.unsupportedConstruct(in: text) {
      throw Refusal(pattern: text, reason: "\(construct) is not supported")
    }
    do {
      regex = try Regex(text)
        .matchingSemantics(.unicodeScalar)
        .asciiOnlyDigits()
        .asciiOnlyWordCharacters()
        .asciiOnlyWhitespace()
        .ignoresCase(ignoringCase)
    } catch {
      throw Refusal(pattern: text, reason: "it is not a valid regular expression")
    }
    self.text = text
  }

  /// Java's `Matcher.matches()`: the whole text must match.
  public func wholeMatch(_ text: String) -> Match? {
    guard let match = try? regex.wholeMatch(in: text) else { return nil }
    var named: [String: Substring?] = [:]
    for element in match.output {
      if let name = element.name { named[name] = element.substring }
    }
    return Match(groups: match.output.map(\.substring), named: named)
  }

  public func matches(_ text: String) -> Bool { wholeMatch(text) != nil }

  /// The first construct that Java and Swift read differently, in words; `nil` when there is none.
  static func unsupportedConstruct(in pattern: String) -> String? {
    let characters = Array(pattern.unicodeScalars)
    var index = 0
    var classDepth = 0
    while index < characters.count {
      let scalar = characters[index]
      let next = index + 1 < characters.count ? characters[index + 1] : nil
      if scalar == "\\" {
        switch next {
        case "Q", "E": return "quotation with \\Q…\\E"
        case "G": return "\\G"
        case "R", "X": return "\\\(next!)"
        case "Z", "z", "A": return "an anchor \\\(next!) (the whole name must match anyway)"
        case "p" where index + 2 < characters.count && characters[index + 2] == "{":
          let name = String(String.UnicodeScalarView(characters[(index + 3)...].prefix { $0 != "}" }))
          if name.hasPrefix("java") || name.hasPrefix("In") || name.hasPrefix("Is") { return "\\p{\(name)}" }
        default: break
        }
        index += 2
        continue
      }
      if scalar == "[" { classDepth += 1 }
      if scalar == "]", classDepth > 0 { classDepth -= 1 }
      if classDepth == 0, scalar == "(", next == "?", index + 2 < characters.count {
        let third = characters[index + 2]
        if ![":", "=", "!", "<", ">", "i", "s", "-"].contains(third) { return "the group (?\(third)…" }
      }
      index += 1
    }
    return nil
  }
}
