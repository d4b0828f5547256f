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
    public let range: Range<String.Index>
  }

  public let text: String
  private let compiled: Compiled

  /// A class, since the compiler does not know how large a `Regex` is: every structure that held one in itself, up to the
  /// pipeline and the loop, would have to ask at each access where its members stand.
  private final class Compiled {
    let regex: Regex<AnyRegexOutput>
    init(_ regex: Regex<AnyRegexOutput>) { self.regex = regex }
  }

  public init(_ text: String, ignoringCase: Bool = false) throws(Refusal) {
    do {
      compiled = Compiled(try JavaRegularExpression.compile(text, ignoresCase: ignoringCase))
    } catch {
      throw Refusal(pattern: text, reason: JavaRegularExpression.complaint(about: text) ?? "cannot be compiled")
    }
    self.text = text
  }

  /// Java's `Matcher.matches()`: the whole text must match.
  public func wholeMatch(_ text: String) -> Match? {
    (try? compiled.regex.wholeMatch(in: text)).flatMap(JavaPattern.match)
  }

  /// Java's `Matcher.find()` from the start, which may stop at less than the whole text though that matches too.
  public func firstMatch(in text: String) -> Match? {
    (try? compiled.regex.firstMatch(in: text)).flatMap(JavaPattern.match)
  }

  private static func match(_ match: Regex<AnyRegexOutput>.Match) -> Match {
    var named: [String: Substring?] = [:]
    for element in match.output {
      if let name = element.name { named[name] = element.substring }
    }
    return Match(groups: match.output.map(\.substring), named: named, range: match.range)
  }

  public func matches(_ text: String) -> Bool { wholeMatch(text) != nil }
}
