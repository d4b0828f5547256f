import Testing

@testable import EventRouting

@Suite struct TableFilterTests {
  private func table(_ schema: String, _ name: String) -> TableID { TableID(schema: schema, name: name) }

  @Test func withoutListsEveryTableIsCaptured() throws {
    #expect(try TableFilter().includes(table("public", "t")))
  }

  @Test func includedTablesAreCapturedAndNoOthers() throws {
    let filter = try TableFilter(tableIncludeList: ["public\\.a", "audit\\..*"])
    #expect(filter.includes(table("public", "a")))
    #expect(filter.includes(table("audit", "log")))
    #expect(!filter.includes(table("public", "b")))
  }

  @Test func excludedTablesAreNotCaptured() throws {
    let filter = try TableFilter(tableExcludeList: ["public\\.a"])
    #expect(!filter.includes(table("public", "a")))
    #expect(filter.includes(table("public", "ab")))
  }

  @Test func patternsMustMatchTheWholeName() throws {
    let filter = try TableFilter(tableIncludeList: ["public.acc"])
    #expect(!filter.includes(table("public", "accounts")))
    #expect(!filter.includes(table("x.public", "acc")))
  }

  @Test func caseOfNamesDoesNotCount() throws {
    #expect(try TableFilter(tableIncludeList: ["PUBLIC\\.T"]).includes(table("public", "t")))
    #expect(!(try TableFilter(tableExcludeList: ["public\\.t"]).includes(table("public", "T"))))
  }

  @Test func schemaListsDecideBeforeTableLists() throws {
    let included = try TableFilter(schemaIncludeList: ["public"], tableIncludeList: [".*\\.t"])
    #expect(included.includes(table("public", "t")))
    #expect(!included.includes(table("other", "t")))
    let excluded = try TableFilter(schemaExcludeList: ["other"], tableIncludeList: [".*\\.t"])
    #expect(!excluded.includes(table("other", "t")))
  }

  @Test(arguments: ["pg_catalog", "information_schema", "pg_toast", "pg_temp_3"])
  func theServersOwnSchemasAreNeverCaptured(schema: String) throws {
    #expect(!(try TableFilter(tableIncludeList: [".*"]).includes(table(schema, "t"))))
  }

  @Test func theTableThatPostGISMakesIsNeverCaptured() throws {
    #expect(!(try TableFilter(tableIncludeList: [".*"]).includes(table("public", "spatial_ref_sys"))))
  }

  @Test func aSchemaWhoseNameOnlyBeginsLikeTheServersIsCaptured() throws {
    #expect(try TableFilter().includes(table("pg_catalog2", "t")))
  }

  @Test func aSnapshotReadsTablesInTheOrderOfTheIncludeList() throws {
    let filter = try TableFilter(tableIncludeList: ["public\\.z", "public\\.[ab]"])
    let tables = [table("public", "b"), table("public", "a"), table("public", "z")]
    #expect(filter.snapshotOrder(tables).map(\.name) == ["z", "a", "b"])
  }

  @Test func aSnapshotWithoutIncludeListReadsBySchemaAndName() throws {
    let tables = [table("b", "a"), table("a", "b"), table("a", "B"), table("a", "a")]
    #expect(try TableFilter().snapshotOrder(tables).map(\.description) == ["a.B", "a.a", "a.b", "b.a"])
  }

  @Test func aBadPatternIsNamed() throws {
    let refusal = try #require(throws: JavaPattern.Refusal.self) { try TableFilter(schemaExcludeList: ["a", "("]) }
    #expect(refusal.pattern == "(")
  }
}
