import Testing

@testable import EventRouting

/// What `java.util.regex.Matcher.replaceFirst` does with its replacement.
@Suite struct JavaReplacementTests {
  private func replaced(_ text: String, _ pattern: String, _ replacement: String) throws -> String {
    let match = try #require(try JavaPattern(pattern).wholeMatch(text))
    return try JavaReplacement(replacement).expanded(with: match)
  }

  @Test func aNumberStandsForItsGroup() throws {
    #expect(try replaced("fin.public.t", "fin\\.(.*)\\.(.*)", "$2-$1-$0") == "t-public-fin.public.t")
  }

  @Test func furtherDigitsCountOnlyWhileSuchAGroupExists() throws {
    #expect(try replaced("ab", "(a)(b)", "$12") == "a2")
    #expect(try replaced("abcdefghijkl", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)", "$12$1") == "la")
    #expect(try replaced("a", "(a)", "$01") == "a")
    #expect(try replaced("a", "a", "$00x") == "ax")
  }

  @Test func aNameStandsForItsGroup() throws {
    #expect(try replaced("public.t", "(?<s>.*)\\.(?<t>.*)", "${t}_${s}") == "t_public")
  }

  @Test func aGroupThatTookNoPartGivesNothing() throws {
    #expect(try replaced("a", "(a)(b)?", "<$1$2>") == "<a>")
  }

  @Test func aBackslashTakesTheNextCharacterAsItIs() throws {
    #expect(try replaced("a", "(a)", "\\$1\\\\\\x") == "$1\\x")
  }

  @Test(arguments: ["a\\", "$", "$x", "${", "${}", "${1a}", "${a", "$-1"])
  func badReplacementsAreRefusedBeforeTheyAreUsed(text: String) {
    #expect(throws: JavaReplacement.Refusal.self) { try JavaReplacement(text) }
  }

  @Test func aGroupThatThePatternLacksIsRefusedWhenUsed() throws {
    #expect(throws: JavaReplacement.Refusal(reason: "the pattern has no group 2")) { try replaced("a", "(a)", "$2") }
    #expect(throws: JavaReplacement.Refusal(reason: "the pattern has no group named n")) {
      try replaced("a", "(a)", "${n}")
    }
  }

  @Test(arguments: [
    ("a|ab", "x", "ab", "xb"), ("(.*)", "x-$1", "ab", "x-ab"), (".*?", "x", "ab", "xab"), ("b|ab", "x", "ab", "x"),
    ("b", "x", "ab", "ab"),
  ])
  func aRouterReplacesWhatThePatternFindsFirst(pattern: String, replacement: String, topic: String, routed: String)
    throws
  {
    let router = RegexRouter(pattern: try JavaPattern(pattern), replacement: try JavaReplacement(replacement))
    #expect(try router.route(topic) == routed)
  }
}
