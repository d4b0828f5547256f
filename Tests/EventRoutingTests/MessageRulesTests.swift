import Testing

@testable import EventRouting

@Suite struct MessageRulesTests {
  private let table = TableID(schema: "public", name: "t")

  @Test func keyColumnsComeInTheOrderOfTheRules() throws {
    let keys = try MessageKeyColumns([["public.t.C"], ["public.(s|t).a"], ["other.b"]])
    #expect(keys.key(of: table, columns: ["a", "b", "c"]) == ["c", "a"])
  }

  @Test func aRuleThatTakesSeveralColumnsGivesThemInTheTablesOrder() throws {
    let keys = try MessageKeyColumns([["public.t.[ab]"]])
    #expect(keys.key(of: table, columns: ["b", "x", "a"]) == ["b", "a"])
  }

  @Test func aTableWithoutARuleHasNoKeyOfThem() throws {
    let keys = try MessageKeyColumns([["public.s.a"]])
    #expect(keys.key(of: table, columns: ["a"]).isEmpty)
  }

  @Test func messagesAreChosenByTheirWholePrefixWhateverItsCase() throws {
    let included = try MessagePrefixFilter(includeList: ["au.*"])
    #expect(included.includes("AUDIT") && !included.includes("an audit") && !included.includes(""))
    let excluded = try MessagePrefixFilter(excludeList: ["au.*"])
    #expect(!excluded.includes("AUDIT") && excluded.includes("an audit") && excluded.includes(""))
    #expect(MessagePrefixFilter().includes(""))
  }
}
