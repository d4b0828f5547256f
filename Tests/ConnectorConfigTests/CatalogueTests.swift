import Foundation
import Testing

@testable import ConnectorConfig

@Suite struct CatalogueTests {
  private static let known = ConnectCatalogue.connector + ConnectCatalogue.structured + DebeziumCatalogue.all

  @Test func everyPropertyThatDebeziumRegistersIsKnownWithItsDefault() throws {
    let table = try String(contentsOf: Support.fixtures.appending(path: "properties-3.6.3.tsv"), encoding: .utf8)
    let rows = table.split(separator: "\n").dropFirst()
    #expect(rows.count > 120)
    for row in rows {
      let cells = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      let property = try #require(Self.known.first { $0.name == cells[0] }, "\(cells[0]) is not in the catalogue")
      // Here only pgoutput exists.
      let expected = cells[0] == "plugin.name" ? "pgoutput" : cells[2]
      #expect((property.defaultValue ?? "") == expected, "\(cells[0])")
    }
  }

  @Test func everyDefaultPassesItsOwnCheck() {
    let all =
      Self.known + WorkerCatalogue.all + PluginCatalogue.eventRouterOptions + PluginCatalogue.jsonConverterOptions
    for property in all {
      guard let value = property.defaultValue, !value.isEmpty else { continue }
      #expect(property.type.complaint(about: value) == nil, "\(property.name)=\(value)")
    }
  }

  @Test func noNameStandsTwice() {
    for catalogue in [Self.known, WorkerCatalogue.all] {
      let names = catalogue.map(\.name)
      #expect(Set(names).count == names.count)
    }
  }

  @Test func defaultsOfRefusedPropertiesAreAccepted() throws {
    for property in Self.known {
      guard case .refused = property.support, let value = property.defaultValue else { continue }
      #expect(throws: Never.self, "\(property.name)=\(value)") { try Support.load([property.name: value]) }
    }
  }

  @Test func patternsMatchWhatTheyName() {
    #expect(NamePattern("column.mask.with.(d+).chars")!.matches("column.mask.with.12.chars"))
    #expect(!NamePattern("column.mask.with.(d+).chars")!.matches("column.mask.with.x.chars"))
    #expect(!NamePattern("column.mask.with.(d+).chars")!.matches("column.mask.with..chars"))
    #expect(NamePattern("a.<b>.c.(.+)")!.matches("a.x.c.y.z"))
    #expect(!NamePattern("a.<b>.c.(.+)")!.matches("a.x.y.c.z"))
    #expect(NamePattern("slot.name") == nil)
  }

  /// With `SLUICE_UPDATE_DOCS=1` it writes the table instead of comparing it.
  @Test func documentationHoldsTheCataloguesTable() throws {
    let url = Support.root.appending(path: "docs/compatibility.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    let begin = try #require(text.firstRange(of: CompatibilityTable.beginMarker))
    let end = try #require(text.firstRange(of: CompatibilityTable.endMarker))
    let table = "\n\n" + CompatibilityTable.markdown() + "\n"
    if ProcessInfo.processInfo.environment["SLUICE_UPDATE_DOCS"] == "1" {
      try (text[..<begin.upperBound] + table + text[end.lowerBound...]).write(
        to: url, atomically: true, encoding: .utf8)
    } else {
      #expect(
        text[begin.upperBound..<end.lowerBound] == table,
        "Run the tests of ConnectorConfig with SLUICE_UPDATE_DOCS=1 and commit docs/compatibility.md")
    }
  }
}
