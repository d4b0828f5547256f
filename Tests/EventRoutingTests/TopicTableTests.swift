import Testing

@testable import EventRouting

@Suite struct TopicTableTests {
  @Test func theSameNameHasTheSameIndex() {
    var topics = TopicTable()
    #expect(topics.index(of: "a") == 0)
    #expect(topics.index(of: "b") == 1)
    #expect(topics.index(of: "a") == 0)
    #expect(topics.names == ["a", "b"])
  }

  @Test func aRowsTableIsOrderedByUnicodeScalars() {
    let names = ["é", "z", "Z", "_"].map { TableID(schema: "s", name: $0) }.sorted()
    #expect(names.map(\.name) == ["Z", "_", "z", "é"])
  }
}
