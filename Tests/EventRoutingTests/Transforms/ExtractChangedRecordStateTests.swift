import ConnectData
import Testing

@testable import EventRouting

@Suite struct ExtractChangedRecordStateTests {
  private func record(before: [String], after: [String]) -> ConnectRecord {
    func row(_ names: [String]) -> ConnectSchema {
      ConnectSchema(.structure(names.map { ConnectField($0, ConnectSchema(.int32)) }), isOptional: true)
    }
    func values(_ names: [String]) -> ConnectValue { .structure(names.indices.map { .int32(Int32($0)) }) }
    let schema = ConnectSchema(
      .structure([
        ConnectField("before", row(before)), ConnectField("after", row(after)),
        ConnectField("op", ConnectSchema(.string)),
      ]), name: "t.Envelope")
    return ConnectRecord(
      topic: "t", keySchema: nil, key: .null, valueSchema: SharedSchema(schema),
      value: .structure([values(before), values(after), .text("u")]))
  }

  @Test func rowsThatATransformBeforeItMadeUnlikeAreAFailureAndNoTrap() {
    var transform = ExtractChangedRecordState(changedName: "Changed", unchangedName: nil)
    for (before, after) in [(["a"], ["a", "b"]), (["a", "b"], ["a"])] {
      var record = record(before: before, after: after)
      #expect(throws: TransformFailure.self) { try transform.apply(&record) }
    }
  }

  @Test func equalRowsListWhatHasNotChanged() throws {
    var transform = ExtractChangedRecordState(changedName: nil, unchangedName: "Unchanged")
    var record = record(before: ["a", "b"], after: ["a", "b"])
    #expect(try transform.apply(&record))
    #expect(record.headers.map(\.value) == [.array([.text("a"), .text("b")])])
  }
}
