import Testing

@testable import EventRouting

/// What `java.util.regex.Matcher.matches()` does.
@Suite struct JavaPatternTests {
  @Test func theWholeTextMustMatch() throws {
    let pattern = try JavaPattern("public\\.acc")
    #expect(pattern.matches("public.acc"))
    #expect(!pattern.matches("public.accounts"))
    #expect(!pattern.matches("x.public.acc"))
  }

  @Test func alternativesAreTriedUntilTheWholeTextMatches() throws {
    #expect(try JavaPattern("a|ab").matches("ab"))
  }

  @Test func caseCountsUnlessIgnored() throws {
    #expect(!(try JavaPattern("Public\\.T").matches("public.t")))
    #expect(try JavaPattern("Public\\.T", ignoringCase: true).matches("public.t"))
  }

  @Test func groupsAreNumberedFromTheWholeMatch() throws {
    let match = try #require(try JavaPattern("(a+)(b)?(c)").wholeMatch("aac"))
    #expect(match.groups.map { $0.map(String.init) } == ["aac", "aa", nil, "c"])
  }

  @Test func groupsHaveTheirNames() throws {
    let match = try #require(try JavaPattern("(?<schema>[^.]+)\\.(?<table>.+)").wholeMatch("public.t"))
    #expect(match.named["schema"].map { $0.map(String.init) } == "public")
    #expect(match.named["table"].map { $0.map(String.init) } == "t")
  }

  @Test func digitsWordsAndSpacesAreASCII() throws {
    #expect(!(try JavaPattern("\\d").matches("٣")))
    #expect(!(try JavaPattern("\\w").matches("é")))
    #expect(!(try JavaPattern("\\s").matches("\u{00A0}")))
  }

  @Test func aDotTakesOneScalar() throws {
    #expect(!(try JavaPattern(".").matches("e\u{0301}")))
    #expect(try JavaPattern("..").matches("e\u{0301}"))
  }

  @Test(arguments: ["(", "[a", "a{,3}", "\\p{Alpha}", "(?<=a)b", "a\\", "*"])
  func whatIsNotTakenIsRefusedWithItsReason(pattern: String) throws {
    let refusal = try #require(throws: JavaPattern.Refusal.self) { try JavaPattern(pattern) }
    #expect(refusal.pattern == pattern)
    #expect(!refusal.reason.isEmpty)
  }
}
