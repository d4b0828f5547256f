/// Java regular expressions as this relay takes them: by Swift's engine, over Unicode scalars.
/// What the two read differently is refused when a file is loaded; docs/compatibility.md lists it.
public enum JavaRegularExpression {
  /// Compiles it so that `\d`, `\w` and `\s` mean ASCII, as in Java, and positions are Unicode scalars.
  /// Throws `Refusal`, or what Swift's engine says.
  public static func compile(_ pattern: String, ignoresCase: Bool = false) throws -> Regex<AnyRegexOutput> {
    if let construct = refusedConstruct(in: pattern) { throw Refusal(construct: construct) }
    return try Regex(pattern).matchingSemantics(.unicodeScalar).asciiOnlyDigits().asciiOnlyWordCharacters()
      .asciiOnlyWhitespace().ignoresCase(ignoresCase)
  }

  /// Why the pattern cannot be taken, as the end of "a regular expression that …"; nil if it can.
  public static func complaint(about pattern: String) -> String? {
    do {
      _ = try compile(pattern)
      return nil
    } catch let refusal as Refusal {
      return refusal.description
    } catch {
      return "cannot be compiled: \(error)"
    }
  }

  /// A construct that is not taken.
  public struct Refusal: Error, CustomStringConvertible {
    let construct: String
    public var description: String { "uses \(construct), which is not supported" }
  }

  /// The engine's parser recurses at every group.
  private static let depthMax = 100
  private static let lengthMax = 16_384

  /// Constructs that Swift's engine takes and reads differently from Java, or that only one of them has.
  private static func refusedConstruct(in pattern: String) -> String? {
    let characters = Array(pattern.unicodeScalars)
    var at = 0
    var classDepth = 0
    var groupDepth = 0
    if characters.count > lengthMax { return "more than \(lengthMax) characters" }
    func next(_ offset: Int = 1) -> Unicode.Scalar? { at + offset < characters.count ? characters[at + offset] : nil }
    while at < characters.count {
      if characters[at] == "(" { groupDepth += 1 }
      if characters[at] == ")" { groupDepth -= 1 }
      if groupDepth > depthMax || classDepth > depthMax { return "more than \(depthMax) levels of groups" }
      switch characters[at] {
      case "\\":
        guard let escaped = next() else { return "a backslash at its end" }
        if escaped == "Q" {
          // Quoted: nothing in it is a construct.
          at += 2
          while at < characters.count, !(characters[at] == "\\" && next() == "E") { at += 1 }
          at += 2
          continue
        }
        if let construct = refusedEscape(escaped, characters[(at + 2)...]) { return construct }
        at += 2
        // The name or code in braces.
        if "pPx".unicodeScalars.contains(escaped), at < characters.count, characters[at] == "{" {
          while at < characters.count, characters[at] != "}" { at += 1 }
        }
        continue
      case "[":
        if classDepth > 0, next() == ":" { return "a POSIX class in brackets" }
        classDepth += 1
      case "]": classDepth = max(0, classDepth - 1)
      case "-" where classDepth > 0 && next() == "-": return "-- in a class"
      case "~" where classDepth > 0 && next() == "~": return "~~ in a class"
      case "(" where classDepth == 0 && next() == "?":
        if let construct = refusedGroup(Array(characters[(at + 2)...])) { return construct }
      case "{" where classDepth == 0:
        // Swift takes `{` as itself where no count follows; Java refuses it.
        guard let digit = next(), ("0"..."9").contains(digit) else { return "{ without a count" }
      default: break
      }
      at += 1
    }
    return nil
  }

  private static func refusedEscape(_ escaped: Unicode.Scalar, _ rest: ArraySlice<Unicode.Scalar>) -> String? {
    switch escaped {
    case "p", "P":
      guard rest.first == "{" else { return "\\p without braces" }
      let name = String(String.UnicodeScalarView(rest.dropFirst().prefix { $0 != "}" }))
      return asciiClasses.contains(name) || name.hasPrefix("java") || name.hasPrefix("In") ? "\\p{\(name)}" : nil
    case "G", "X", "R", "N", "K", "y", "Y", "O", "g", "c", "Z", "h", "H", "v", "V": return "\\\(escaped)"
    case "b" where rest.first == "{": return "\\b{…}"
    default: return nil
    }
  }

  /// ASCII in Java, all of Unicode to Swift's engine.
  private static let asciiClasses: Set<String> = [
    "Lower", "Upper", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank", "Cntrl", "XDigit", "Space",
  ]

  /// After `(?`: groups, look-ahead and the flags i, s and m are taken.
  private static func refusedGroup(_ rest: [Unicode.Scalar]) -> String? {
    guard let first = rest.first else { return nil }
    switch first {
    case ":", "=", "!", ">": return nil
    case "<":
      guard rest.count > 1, rest[1] == "=" || rest[1] == "!" else { return nil }
      return "look-behind"
    default:
      var flags = ""
      for character in rest {
        if character == ")" || character == ":" { break }
        flags.unicodeScalars.append(character)
      }
      return flags.allSatisfy { "ism-".contains($0) } ? nil : "the group (?\(flags)…"
    }
  }
}
