import ConnectData
import EventRouting
import Testing

@Suite struct DecodeLogicalMessageTests {
  private func message(_ content: String, kind: ConnectSchema.Kind = .bytes) -> ConnectRecord {
    let schema = ConnectSchema(
      .structure([
        ConnectField("op", ConnectSchema(.string)), ConnectField("ts_ms", ConnectSchema(.int64, isOptional: true)),
        ConnectField(
          "message",
          ConnectSchema(
            .structure([
              ConnectField("prefix", ConnectSchema(.string, isOptional: true)),
              ConnectField("content", ConnectSchema(kind, isOptional: true)),
            ]))),
      ]), name: "io.debezium.connector.postgresql.MessageValue", version: 1)
    return ConnectRecord(
      topic: "p.message", keySchema: TestEnvelope.keySchema, key: .structure([.text("outbox")]),
      valueSchema: SharedSchema(schema),
      value: .structure([
        .text("m"), .int64(5),
        .structure([.text("outbox"), kind == .bytes ? .bytes(Array(content.utf8)) : .text(content)]),
      ]))
  }

  @Test func aMessageBecomesAnInsertOfItsObject() throws {
    var transform = DecodeLogicalMessage(includesNulls: false)
    let record = try transform.applied(message("{\"id\":\"a\",\"n\":null,\"o\":{\"x\":1}}"))
    #expect(record?.key == .null && record?.keySchema == nil)
    #expect(
      record?.value == .structure([.text("c"), .int64(5), .structure([.text("a"), .structure([.int32(1)])])]))
    let schema = record?.valueSchema?.schema
    #expect(schema?.name == "io.debezium.connector.postgresql.MessageValue.Envelope" && schema?.version == nil)
    #expect(schema?.fields.map(\.name) == ["op", "ts_ms", "after"])
    #expect(schema?.fields[2].schema.name == nil && schema?.fields[2].schema.fields[1].schema.name == "o")
  }

  @Test func nullsStayOnRequest() throws {
    var transform = DecodeLogicalMessage(includesNulls: true)
    let schema = try transform.applied(message("{\"n\":null}"))?.valueSchema?.schema
    #expect(schema?.fields[2].schema.fields == [ConnectField("n", ConnectSchema(.bytes, isOptional: true))])
  }

  @Test(arguments: ["plain", "[1]", "[]", "{\"a\":[1,\"b\"]}", "", "{"])
  func whatIsNoObjectIsAnError(content: String) {
    var transform = DecodeLogicalMessage(includesNulls: false)
    #expect(throws: TransformFailure.self) { try transform.applied(message(content)) }
  }

  @Test func textAndTombstonesAreErrorsAndOtherRecordsPass() throws {
    var transform = DecodeLogicalMessage(includesNulls: false)
    #expect(throws: TransformFailure.self) { try transform.applied(message("{}", kind: .string)) }
    #expect(throws: TransformFailure.self) { try transform.applied(TestEnvelope.tombstone) }
    let insert = TestEnvelope.record("c", after: TestEnvelope.row(1, nil))
    #expect(try transform.applied(insert)?.valueSchema === TestEnvelope.schema)
  }
}
