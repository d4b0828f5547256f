import Testing

@testable import EventRouting

@Suite struct TransformTests {
  private func router(_ pattern: String, _ replacement: String) throws -> RegexRouter {
    RegexRouter(pattern: try JavaPattern(pattern), replacement: try JavaReplacement(replacement))
  }

  @Test func aTopicThatMatchesAsAWholeIsRenamed() throws {
    #expect(try router("fin\\.public\\.(.*)", "bank.$1").route("fin.public.accounts") == "bank.accounts")
  }

  @Test func aTopicThatMatchesInPartKeepsItsName() throws {
    #expect(try router("public", "x").route("fin.public.accounts") == "fin.public.accounts")
  }

  @Test func aReplacementWithoutItsGroupIsRefusedAtTheFirstMatch() throws {
    let router = try router("a.*", "$1")
    #expect(try router.route("b") == "b")
    #expect(throws: JavaReplacement.Refusal.self) { try router.route("ab") }
  }

  private func holds(
    _ condition: Predicate.Condition, negated: Bool = false, topic: String = "t", isTombstone: Bool = false,
    headers: [String] = []
  ) -> Bool {
    Predicate(condition, isNegated: negated).holds(
      topic: topic, isTombstone: isTombstone, hasHeader: { headers.contains($0) })
  }

  @Test func topicNameMatchesAsksForTheWholeName() throws {
    let pattern = try JavaPattern("t+")
    #expect(holds(.topicNameMatches(pattern), topic: "tt"))
    #expect(!holds(.topicNameMatches(pattern), topic: "tta"))
  }

  @Test func hasHeaderKeyAsksForTheName() {
    #expect(holds(.hasHeaderKey("id"), headers: ["a", "id"]))
    #expect(!holds(.hasHeaderKey("id"), headers: ["ID"]))
  }

  @Test func recordIsTombstoneAsksForANullValue() {
    #expect(holds(.recordIsTombstone, isTombstone: true))
    #expect(!holds(.recordIsTombstone, isTombstone: false))
  }

  @Test func negateTurnsEachConditionRound() throws {
    #expect(!holds(.topicNameMatches(try JavaPattern("t")), negated: true))
    #expect(holds(.topicNameMatches(try JavaPattern("u")), negated: true))
    #expect(holds(.hasHeaderKey("id"), negated: true))
    #expect(!holds(.recordIsTombstone, negated: true, isTombstone: true))
  }
}
