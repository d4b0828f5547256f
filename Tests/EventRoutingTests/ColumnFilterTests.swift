import EventRouting
import Testing

@Suite struct ColumnFilterTests {
  private let table = TableID(schema: "public", name: "orders")

  @Test func withoutListsEveryColumnIsTaken() throws {
    #expect(try ColumnFilter().includes("status", of: table))
  }

  @Test func excludedColumnsAreLeftOutWhateverTheirCase() throws {
    let filter = try ColumnFilter(excludeList: ["PUBLIC\\.orders\\.stat.*"])
    #expect(!filter.includes("status", of: table))
    #expect(filter.includes("total", of: table))
  }

  @Test func includeListTakesOnlyWhatMatchesAsAWhole() throws {
    let filter = try ColumnFilter(includeList: ["public\\.orders\\.id"])
    #expect(filter.includes("id", of: table))
    #expect(!filter.includes("ident", of: table))
  }
}
