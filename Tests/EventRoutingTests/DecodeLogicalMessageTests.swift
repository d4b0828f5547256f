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

  @Test func inExactModeMembersKeepWhatTheyHold() throws {
    var transform = DecodeLogicalMessage(includesNulls: false)
    transform.isExact = true
    let record = try transform.applied(
      message(
        #" {"id": "\u00e9", "i": 7, "l": 5000000000, "big": 18446744073709551616, "d": 12.50, "z": -0, "t": true, "n": null, "a": [1, "x", []], "o": {"p": 1.0, "p": null}}"#
      ))
    func document(_ text: String) -> ConnectValue { .text(Array(text.utf8)) }
    #expect(
      record?.value
        == .structure([
          .text("c"), .int64(5),
          .structure([
            .text("é"), .int32(7), .int64(5_000_000_000), document("18446744073709551616"), document("12.50"),
            document("-0"), .boolean(true), .null, document(#"[1,"x",[]]"#), document(#"{"p":1.0,"p":null}"#),
          ]),
        ]))
    let fields = record?.valueSchema?.schema.fields[2].schema.fields ?? []
    #expect(
      fields.filter { $0.schema.isJSONDocument }.map(\.name) == ["big", "d", "z", "a", "o"]
        && fields.first { $0.name == "n" }?.schema.kind == .bytes)
  }

  @Test(arguments: ["plain", "[1]", "[]", "", "{", #"{"a":1e}"#, #"{"a":[1}"#, #"{"":1}"#])
  func inExactModeWhatIsNoRowIsAnError(content: String) {
    var transform = DecodeLogicalMessage(includesNulls: false)
    transform.isExact = true
    #expect(throws: TransformFailure.self) { try transform.applied(message(content)) }
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
