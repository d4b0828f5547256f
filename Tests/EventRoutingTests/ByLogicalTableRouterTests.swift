import ConnectData
import EventRouting
import Testing

@Suite struct ByLogicalTableRouterTests {
  private func transform(
    _ change: (inout ByLogicalTableRouter.Options) throws -> Void = { _ in }
  ) throws -> ByLogicalTableRouter {
    var options = ByLogicalTableRouter.Options(
      topic: RegexRouter(pattern: try JavaPattern("p\\.s\\.(.)"), replacement: try JavaReplacement("all.$1")))
    try change(&options)
    return ByLogicalTableRouter(options)
  }

  private let insert = TestEnvelope.record("c", after: TestEnvelope.row(1, nil))

  @Test func topicSchemasAndKeyAreThoseOfTheLogicalTable() throws {
    var transform = try transform()
    let record = try transform.applied(insert)
    #expect(record?.topic == "all.t")
    #expect(record?.key == .structure([.int32(1), .text("p.s.t")]))
    #expect(record?.keySchema?.schema.name == "all.t.Key")
    #expect(record?.keySchema?.schema.fields.map(\.name) == ["id", "__dbz__physicalTableIdentifier"])
    let envelope = record?.valueSchema?.schema
    #expect(envelope?.name == "all.t.Envelope" && envelope?.version == 2)
    #expect(envelope?.fields.prefix(2).map(\.schema.name) == ["all.t.Value", "all.t.Value"])
    #expect(envelope?.fields[0].schema.isOptional == true)
    #expect(record?.valueSchema === (try transform.applied(insert))?.valueSchema)
  }

  @Test func theKeyFieldHasItsOwnPatternOrIsLeftOut() throws {
    var named = try transform {
      $0.keyField = "part"
      $0.keyFieldValue = RegexRouter(pattern: try JavaPattern("(.*)\\.t"), replacement: try JavaReplacement("$1"))
    }
    #expect(try named.applied(insert)?.key == .structure([.int32(1), .text("p.s")]))
    var plain = try transform { $0.extendsKey = false }
    #expect(try plain.applied(insert)?.key == .structure([.int32(1)]))
    #expect(try plain.applied(insert)?.keySchema?.schema.name == "all.t.Key")
  }

  @Test func tombstonesAndRecordsWithoutKeyGetTheTopic() throws {
    var transform = try transform()
    let tombstone = try transform.applied(TestEnvelope.tombstone)
    #expect(tombstone?.topic == "all.t" && tombstone?.value == .null && tombstone?.valueSchema == nil)
    var keyless = insert
    keyless.key = .null
    keyless.keySchema = nil
    #expect(try transform.applied(keyless)?.key == .null)
  }

  @Test func otherTopicsAndEmptyNamesPass() throws {
    var transform = try transform()
    var other = insert
    other.topic = "q"
    #expect(try transform.applied(other)?.valueSchema === TestEnvelope.schema)
    var empty = ByLogicalTableRouter(
      .init(topic: RegexRouter(pattern: try JavaPattern(".*"), replacement: try JavaReplacement(""))))
    #expect(try empty.applied(insert)?.topic == "p.s.t")
  }

  @Test func aKeyThatHasTheFieldAlreadyIsAnError() throws {
    var transform = try transform { $0.keyField = "id" }
    #expect(throws: TransformFailure.self) { try transform.applied(insert) }
  }
}
