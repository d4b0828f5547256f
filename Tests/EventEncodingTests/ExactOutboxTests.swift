import ConnectData
import EventRouting
import RelayTestSupport
import Testing

@testable import EventEncoding

/// `sluice.outbox.json=exact`: what kills Debezium's task, or loses a part of a payload, is delivered as it was written.
@Suite struct ExactOutboxTests {
  private func events(
    _ extra: [ColumnDescription] = [], value: RecordConverter = PipelineRun.json, throughTree: Bool = false,
    _ change: (inout EventRouterOptions) -> Void, _ rows: [[WireBuilder.Value]]
  ) throws -> [SentRecord] {
    let text = TestTypes.characters(255)
    let outbox = TestTable(
      60, "outboxevent", key: ["id"],
      [
        column("id", "int4", notNull: true), column("aggregatetype", "varchar", modifier: text),
        column("payload", "text"),
      ] + extra)
    let kind = try RecordedOutboxTests.eventRouter {
      $0.isExact = true
      $0.keyField = "id"
      $0.expandsJSONPayload = true
      change(&$0)
    }
    var steps = [TransformStep(alias: "outbox", kind: kind, predicate: nil)]
    if throughTree { steps.append(TransformStep(alias: "tree", kind: .record(Untouched()), predicate: nil)) }
    let run = PipelineRun(try PipelineRun.options(key: .string, value: value, transforms: steps))
    try run.describe(outbox)
    try run.transaction(1, at: 0, end: 200) {
      for row in rows { try run.receive(WireBuilder.insert(outbox.oid, row)) }
    }
    return run.records
  }

  /// Makes trees of the records before it.
  private struct Untouched: RecordTransform {
    mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool { true }
  }

  private func values(_ records: [SentRecord]) -> [String?] {
    records.map { $0.value.map { String(decoding: $0, as: UTF8.self) } }
  }

  static let payloads: [(String, String)] = [
    (#"{"a": 12.50, "b": 12345678901234567890123}"#, #"{"a":12.50,"b":12345678901234567890123}"#),
    (#"[1, "x", null]"#, #"[1,"x",null]"#), ("[]", "[]"), (#"[{"a": 1}, {"b": 2.0}]"#, #"[{"a":1},{"b":2.0}]"#),
    (#"{"x": [[1], []], "": null, "x": 2}"#, #"{"x":[[1],[]],"":null,"x":2}"#),
    (#"{"lines": [{"price": 10}, {"price": 10.5}]}"#, #"{"lines":[{"price":10},{"price":10.5}]}"#),
    (#" {"a":1e400} "#, #"{"a":1e400}"#), (#"{"a":1} x"#, #""{\"a\":1} x""#), ("12.50", #""12.50""#),
    ("null", #""null""#), ("plain", #""plain""#),
  ]

  @Test(arguments: [false, true])
  func anObjectOrArrayKeepsWhatItHoldsAndAllElseStaysAString(throughTree: Bool) throws {
    let rows = ExactOutboxTests.payloads.enumerated().map { index, pair in
      [WireBuilder.Value.text("\(index)"), "Order", .text(pair.0)]
    }
    #expect(try values(events(throughTree: throughTree, { _ in }, rows)) == ExactOutboxTests.payloads.map(\.1))
  }

  @Test(arguments: [false, true])
  func besidePlacedColumnsThePayloadIsTheDocument(throughTree: Bool) throws {
    let records = try events(
      [column("type", "text")], throughTree: throughTree,
      { $0.placements = [.init(column: "type", target: .envelope, alias: "type")] },
      [["1", "Order", "[1.50]", "T"], ["2", "Order", "text", "T"], ["3", "Order", nil, nil]])
    #expect(
      values(records) == [
        #"{"payload":[1.50],"type":"T"}"#, #"{"payload":"text","type":"T"}"#, #"{"payload":null,"type":null}"#,
      ])
  }

  @Test func withSchemasItIsDebeziumsJSONInAText() throws {
    let records = try events(
      value: .json(schemasEnabled: true, JSONOptions()), { _ in }, [["1", "Order", #"{"a": 1.0}"#]])
    #expect(
      values(records) == [
        #"{"schema":{"type":"string","optional":true,"name":"io.debezium.data.Json","version":1,"parameters":{"sluice.outbox.json":"exact"}},"payload":"{\"a\":1.0}"}"#
      ])
  }

  @Test(arguments: [RecordConverter.string, .binaryData(.text)])
  func otherConvertersGiveItsText(converter: RecordConverter) throws {
    let records = try events(
      value: converter, { _ in }, [["1", "Order", #"{"a": 1.0}"#], ["2", "Order", "plain"], ["3", "Order", nil]])
    #expect(values(records) == [#"{"a":1.0}"#, "plain", nil])
  }

  @Test(arguments: [false, true])
  func momentsOfEveryTypeAreEventTimes(throughTree: Bool) throws {
    func time(_ type: String, _ value: WireBuilder.Value) throws -> (Int64?, String?) {
      let records = try events(
        [column("at", type)], throughTree: throughTree, { $0.timestampField = "at" }, [["1", "Order", "x", value]])
      let header = records[0].headers.first { $0.name == "sluice.event.timestamp.ms" }?.value
      return (records[0].timestampMilliseconds, header.map { String(decoding: $0, as: UTF8.self) })
    }
    let now = PipelineRun.now / 1_000_000
    #expect(try time("timestamptz", "2024-01-02 03:04:05.678+00") == (1_704_164_645_678, nil))
    #expect(try time("timestamp", "2024-01-02 03:04:05.678") == (1_704_164_645_678, nil))
    #expect(try time("int8", "1704164645678") == (1_704_164_645_678, nil))
    #expect(try time("date", "2024-01-02") == (1_704_153_600_000, nil))
    #expect(try time("timestamp", "1969-12-31 23:59:59.998") == (now, "-2"))
    #expect(try time("timestamptz", nil) == (now, nil))
    #expect(throws: PipelineError.self) { try time("timestamptz", "infinity") }
    #expect(throws: PipelineError.self) { try time("text", "2024-01-02") }
  }

  @Test(arguments: [false, true])
  func wholeNumbersOfEveryTypeArePartitionsVersionsAndRoutes(throughTree: Bool) throws {
    func partition(_ value: WireBuilder.Value) throws -> SentRecord {
      try events(
        [column("p", "int8")], throughTree: throughTree,
        {
          $0.placements = [.init(column: "p", target: .partition, alias: "p")]
          $0.routeByField = "p"
        }, [["1", "Order", "x", value]])[0]
    }
    #expect(try partition("7").partition == 7)
    #expect(try partition("7").topic == "outbox.event.7")
    #expect(throws: PipelineError.self) { try partition("-1") }
    #expect(throws: PipelineError.self) { try partition("2147483648") }
    let versions = try events(
      [column("v", "int8")], throughTree: throughTree,
      {
        $0.schemaVersionField = "v"
        $0.placements = [.init(column: "v", target: .envelope, alias: "v")]
      }, [["1", "Order", #"{"a":1}"#, "1"], ["2", "Order", "text", "1"], ["3", "Order", "[]", "1"]])
    #expect(
      values(versions) == [#"{"payload":{"a":1},"v":1}"#, #"{"payload":"text","v":1}"#, #"{"payload":[],"v":1}"#])
  }

  @Test func decodedMessagesKeepWhatTheyHold() throws {
    var decode = DecodeLogicalMessage(includesNulls: false)
    decode.isExact = true
    let kind = try RecordedOutboxTests.eventRouter {
      $0.isExact = true
      $0.expandsJSONPayload = true
    }
    let steps = [
      TransformStep(alias: "decode", kind: .record(decode), predicate: nil),
      TransformStep(alias: "outbox", kind: kind, predicate: nil),
    ]
    let payloads = [
      #"{"amount": 12.50, "big": 12345678901234567890123, "none": null, "of": []}"#, #"[1, "x", [2.0]]"#, "12.50", "7",
      #""plain""#, "null",
    ]
    let run = PipelineRun(try PipelineRun.options(key: .string, value: PipelineRun.json, transforms: steps))
    try run.transaction(1, at: 0, end: 200) {
      for (index, payload) in payloads.enumerated() {
        let content = #"{"id": "\#(index)", "aggregatetype": "Order", "aggregateid": "o", "payload": \#(payload)}"#
        let lsn = 110 + UInt64(index)
        try run.receive(
          WireBuilder.message(isTransactional: true, lsn: lsn, prefix: "outbox", content: Array(content.utf8)), at: lsn)
      }
    }
    #expect(
      values(run.records) == [
        #"{"amount":12.50,"big":12345678901234567890123,"none":null,"of":[]}"#, #"[1,"x",[2.0]]"#, "12.50", "7",
        #""plain""#, "null",
      ])
    #expect(run.records.allSatisfy { $0.topic == "outbox.event.Order" })
  }
}
