import ConnectData
import EventRouting
import Testing

@Suite struct ExtractNewRecordStateTests {
  private func transform(_ change: (inout ExtractNewRecordStateOptions) -> Void = { _ in }) -> ExtractNewRecordState {
    var options = ExtractNewRecordStateOptions()
    change(&options)
    return ExtractNewRecordState(options)
  }

  private let delete = TestEnvelope.record("d", before: TestEnvelope.row(1, nil))

  @Test func theRowStaysAndItsSchemaTakesNoNull() throws {
    var transform = transform()
    let record = try transform.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, nil)))
    #expect(record?.value == TestEnvelope.row(1, nil))
    #expect(record?.valueSchema?.schema == TestEnvelope.row.basics(TestEnvelope.row.kind))
    #expect(record?.keySchema === TestEnvelope.keySchema)
  }

  @Test func oneSchemaServesAllRecordsOfATable() throws {
    var transform = transform { $0.fields = MetadataField.list("op", prefix: "__") ?? [] }
    let first = try transform.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, "a")))
    let second = try transform.applied(TestEnvelope.record("u", after: TestEnvelope.row(1, "b")))
    #expect(first?.valueSchema === second?.valueSchema)
  }

  @Test(
    arguments: [
      (.drop, nil, false), (.tombstone, .null, false), (.deleteToTombstone, .null, false),
      (.rewrite, .structure([.int32(1), .text("x"), .text("true")]), false),
      (.rewriteWithTombstone, .structure([.int32(1), .text("x"), .text("true")]), true),
    ] as [(ExtractNewRecordStateOptions.DeleteHandling, ConnectValue?, Bool)])
  func deletesAndTombstonesGoByTheirMode(
    mode: ExtractNewRecordStateOptions.DeleteHandling, value: ConnectValue?, keepsTombstone: Bool
  ) throws {
    var transform = transform { $0.deleteHandling = mode }
    let record = try transform.applied(delete)
    #expect(record?.value == value)
    #expect((record?.valueSchema == nil) == (mode == .drop || mode == .deleteToTombstone))
    #expect((try transform.applied(TestEnvelope.tombstone) != nil) == keepsTombstone)
  }

  @Test func rewritingKeepsNullsWhereDefaultsAreNotWanted() throws {
    var transform = transform {
      $0.deleteHandling = .rewrite
      $0.replacesNullWithDefault = false
    }
    #expect(try transform.applied(delete)?.value == .structure([.int32(1), .null, .text("true")]))
  }

  @Test func truncatesGoAndWhatIsNoEnvelopePasses() throws {
    var transform = transform()
    #expect(try transform.applied(TestEnvelope.record("t")) == nil)
    let other = ConnectRecord(
      topic: "h", keySchema: nil, key: .null, valueSchema: TestEnvelope.keySchema, value: .structure([.int32(1)]))
    #expect(try transform.applied(other)?.value == other.value)
  }

  @Test func fieldsAndHeadersAreNamedAsDebeziumNamesThem() throws {
    var transform = transform {
      $0.fields = MetadataField.list("op,table, source.lsn,lsn:position,id,nothing,snapshot", prefix: "_") ?? []
      $0.headers = MetadataField.list("op,ts_ms", prefix: "h_") ?? []
    }
    let record = try transform.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, "a")))
    #expect(
      record?.valueSchema?.schema.fields.map(\.name) == [
        "id", "v", "_op", "_table", "_source_lsn", "_position", "_id",
        "_snapshot",
      ])
    #expect(
      record?.value
        == .structure([
          .int32(1), .text("a"), .text("c"), .text("t"), .int64(7), .int64(7), .null, .null,
        ]))
    // The copy of a field's schema takes a null and has no default.
    #expect(record?.valueSchema?.schema.fields.last?.schema == ConnectSchema(.string, isOptional: true))
    #expect(record?.headers.map(\.name) == ["h_op", "h_ts_ms"])
    #expect(MetadataField.list("a:b:c", prefix: "") == nil)
  }

  @Test func aTombstoneThatStaysHasTheHeaderOfTheOperationOnly() throws {
    var transform = transform {
      $0.deleteHandling = .rewriteWithTombstone
      $0.headers = MetadataField.list("table,op:operation", prefix: "__") ?? []
    }
    #expect(
      try transform.applied(TestEnvelope.tombstone)?.headers
        == [ConnectHeader("__operation", .text("d"), ConnectSchema(.string))])
  }

  @Test(arguments: [true, false])
  func aDeletesTombstoneSharesWhatIsAddedToItsHeadersUnlessTheyWereCopiedBefore(isCopied: Bool) throws {
    var transform = transform { $0.headers = MetadataField.list("table,op", prefix: "__") ?? [] }
    var delete = TestEnvelope.record("d", before: TestEnvelope.row(1, nil))
    if isCopied { delete.copyHeaders() }
    _ = try transform.apply(&delete)
    #expect(delete.sharedHeaders?.map(\.name) == (isCopied ? [] : ["__table", "__op"]))
  }

  @Test func aFieldOfTheRowNamesTheTopic() throws {
    var transform = transform { $0.routeByField = "v" }
    #expect(try transform.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, "to")))?.topic == "to")
    #expect(try transform.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, " ")))?.topic == "p.s.t")
    #expect(try transform.applied(TestEnvelope.record("d", before: TestEnvelope.row(1, "old")))?.topic == "old")
    var byNumber = self.transform { $0.routeByField = "id" }
    #expect(throws: TransformFailure.self) {
      try byNumber.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, "to")))
    }
  }

  @Test func aHeaderNamesTheFieldsThatGo() throws {
    var record = TestEnvelope.record("c", after: TestEnvelope.row(1, "a"))
    record.headers = [
      ConnectHeader(
        "drop", .array([.text("v"), .text("id")]), ConnectSchema(.array(ConnectSchema(.string, isOptional: true))))
    ]
    var compatible = transform { $0.dropFieldsHeader = "drop" }
    #expect(try compatible.applied(record)?.value == .structure([.int32(1)]))
    var all = transform {
      $0.dropFieldsHeader = "drop"
      $0.dropsOptionalFieldsOnly = false
      $0.dropsFieldsFromKey = true
    }
    #expect(try all.applied(record)?.value == .structure([]))
    #expect(try all.applied(record)?.key == .structure([]))
  }

  @Test func aColumnThatHasTheNameOfAnAddedFieldIsAnError() throws {
    var transform = transform { $0.fields = MetadataField.list("op:v", prefix: "") ?? [] }
    #expect(throws: TransformFailure.self) {
      try transform.applied(TestEnvelope.record("c", after: TestEnvelope.row(1, "a")))
    }
  }
}
