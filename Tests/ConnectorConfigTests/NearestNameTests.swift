import Testing

@testable import ConnectorConfig

@Suite struct NearestNameTests {
  @Test func swapAndOmissionAreOneEdit() {
    #expect(NearestName.editDistance(Array("slot".utf8), Array("solt".utf8)) == 1)
    #expect(NearestName.editDistance(Array("slot".utf8), Array("sot".utf8)) == 1)
    #expect(NearestName.editDistance([], Array("abc".utf8)) == 3)
  }

  @Test func farNamesGetNoSuggestion() {
    #expect(NearestName.of("completely.other", in: ["slot.name", "topic.prefix"]) == nil)
    #expect(NearestName.of("slot_name", in: ["slot.names", "slot.name"]) == "slot.name")
    #expect(NearestName.of("x", in: []) == nil)
  }

  @Test(arguments: [
    ("table.inlcude.list", "table.include.list"), ("database.hostnam", "database.hostname"),
    ("slot_name", "slot.name"), ("tombstone.on.delete", "tombstones.on.delete"), ("transform", "transforms"),
    ("table.whitelist", "table.include.list"), ("database.server.name", "topic.prefix"),
  ])
  func unknownPropertyNamesTheNearest(wrong: String, right: String) {
    let problems = Support.problems([wrong: "x"])
    #expect(problems.count == 1)
    #expect(problems.first?.property == wrong)
    #expect(problems.first?.remedy?.contains(right) == true, "\(problems)")
  }
}
