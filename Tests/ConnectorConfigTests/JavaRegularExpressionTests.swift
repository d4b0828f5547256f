import EventRouting
import Testing

@testable import ConnectorConfig

@Suite struct JavaRegularExpressionTests {
  @Test(arguments: [
    "fintech\\.public\\.(.*)", "(?<routedByValue>.*)", "a++b*+c?+", "(?>a|b)", "[a-z&&[^b]]", "\\p{L}\\p{IsLatin}",
    "(?i)a",
    "(?s:.)", "\\Qa{b\\E", "(?!x)a", "\\bfoo\\b", "a{1,3}", "[{]", "\\{", "",
  ])
  func taken(pattern: String) { #expect(JavaRegularExpression.complaint(about: pattern) == nil) }

  @Test(arguments: [
    "(", "*a", "(?<=a)b", "(?<!a)b", "\\p{javaLowerCase}", "\\p{InGreek}", "\\p{Lower}", "\\pL", "(?x)a", "(?u)a",
    "(?d)a",
    "(?U)a", "\\Ga", "\\R", "\\X", "\\Z", "\\b{g}", "\\cA", "(?#c)a", "(?P<n>a)", "[[:alpha:]]", "[a--b]", "{", "a\\",
    "\\i", "[b-a]", "a{2,1}", "\\Q",
  ])
  func refused(pattern: String) {
    // An open quotation is Java's to take; whichever it is, it must not trap.
    if pattern == "\\Q" { return _ = JavaRegularExpression.complaint(about: pattern) }
    #expect(JavaRegularExpression.complaint(about: pattern) != nil)
  }

  @Test func deepAndLongPatternsAreRefused() {
    for part in ["(", "[", "(?:", "(?=", "a|("] {
      #expect(JavaRegularExpression.complaint(about: String(repeating: part, count: 2000)) != nil)
    }
    #expect(JavaRegularExpression.complaint(about: String(repeating: "a", count: 20_000)) != nil)
    // The same through a file, where the pattern also decides which names are secret.
    #expect(Support.problems(["custom.sanitize.pattern": String(repeating: "(", count: 100_000)]).count == 1)
  }

  @Test func classesAreASCIIAndPositionsAreScalars() throws {
    func matches(_ pattern: String, _ text: String) throws -> Bool {
      try JavaRegularExpression.compile(pattern).wholeMatch(in: text) != nil
    }
    for (pattern, text) in [("\\d", "1"), ("\\w", "_"), ("\\s", "\t"), ("..", "e\u{301}"), (".*", "é🎉")] {
      #expect(try matches(pattern, text), "\(pattern)")
    }
    for (pattern, text) in [("\\d", "١"), ("\\w", "é"), ("\\s", "\u{a0}"), (".", "\n"), ("x.", "x\u{2028}")] {
      #expect(try !matches(pattern, text), "\(pattern)")
    }
  }

  @Test func listsSplitAtCommasThatAreNotEscaped() {
    #expect(#"a{1\,2},b\,c, d ,"#.splitRegexList() == ["a{1,2}", "b,c", "d"])
    #expect(#"public\.a,\\,x\"#.splitRegexList() == [#"public\.a"#, #"\\"#, #"x\"#])
  }
}
