import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayTestSupport
import Testing

/// Events of outbox rows, byte for byte as Debezium 3.6.3's EventRouter sent them.
@Suite struct RecordedOutboxTests {
  static func outbox(_ name: String, payload: String = "jsonb") -> TestTable {
    let text = TestTypes.characters(255)
    return TestTable(
      50, name, key: ["id"],
      [
        column("id", "uuid", notNull: true), column("aggregatetype", "varchar", modifier: text, notNull: true),
        column("aggregateid", "varchar", modifier: text, notNull: true),
        column("type", "varchar", modifier: text, notNull: true), column("payload", payload),
      ])
  }

  static func eventRouter(_ change: (inout EventRouterOptions) -> Void = { _ in }) throws -> TransformStep.Kind {
    var options = EventRouterOptions(
      router: RegexRouter(
        pattern: try JavaPattern("(?<routedByValue>.*)"),
        replacement: try JavaReplacement("outbox.event.${routedByValue}")))
    change(&options)
    return .eventRouter(options)
  }

  private func id(_ number: Int) -> WireBuilder.Value {
    let digits = String(number, radix: 16)
    return .text("00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)
  }

  @Test func withStringConverterThePayloadIsItsText() throws {
    let outbox = Self.outbox("outbox")
    let orders = TestTable(51, "orders", key: ["id"], [column("id", "int4", notNull: true), column("state", "text")])
    let run = PipelineRun(
      try PipelineRun.options(
        key: .string, value: .string, filter: ["public.outbox"],
        transforms: [TransformStep(alias: "outbox", kind: try Self.eventRouter(), predicate: nil)]))
    try run.snapshot(
      outbox, "00000000-0000-4000-8000-000000000000\tOrder\t0\tSnapshotted\t{\"old\": true}\n", .last,
      at: SnapshotOrigin(lsn: LSN(rawValue: 90), unixMicroseconds: 0, transactionID: 1))
    func insert(_ number: Int, _ values: [WireBuilder.Value]) throws {
      let id = WireBuilder.Value.text("0000000\(number)-0000-4000-8000-000000000000")
      try run.receive(WireBuilder.insert(outbox.oid, [id] + values), at: UInt64(100 + number))
    }
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(orders, at: 100, "1", "new")
      try insert(
        1,
        ["Order", "1", "OrderCreated", "{\"id\": 1, \"lines\": [{\"qty\": 2, \"sku\": \"a\"}], \"total\": 12.50}"])
    }
    try run.transaction(2, at: 0, end: 300) {
      try insert(
        2, ["Customer", "c-42", "CustomerMoved", "{\"name\": \"Zoë 漢 😀\", \"none\": null, \"tags\": []}"])
      try insert(3, ["Order", "1", "OrderShipped", nil])
      try insert(4, ["a b/c", "", "Odd", "\"just a string\""])
      try insert(5, ["Order", "ключ", "Num", "12345678901234567890.5"])
    }
    try run.transaction(3, at: 0, end: 400) {
      try run.update(outbox, at: 300, id(3), "Order", "1", "changed", nil)
      try run.delete(outbox, at: 301, id(3), nil, nil, nil, nil)
      try insert(6, ["Order", "2", "OrderCreated", "[1, 2, 3]"])
    }
    expectEqual(run.records, try RecordedEvent.all("outbox-string"))
  }

  @Test func withJsonConverterThePayloadIsAString() throws {
    let outbox = Self.outbox("outboxevent")
    let run = PipelineRun(
      try PipelineRun.options(
        key: .string, filter: ["public.outboxevent"],
        transforms: [TransformStep(alias: "outbox", kind: try Self.eventRouter(), predicate: nil)]))
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(
        outbox, id(1), "Order", "o-1", "OrderCreated",
        "{\"id\": 1, \"note\": null, \"lines\": [{\"qty\": 2, \"sku\": \"A\"}], \"total\": \"10.50\"}")
      try run.insert(
        outbox, id(2), "Order", "o-1", "OrderPaid",
        "{\"at\": {\"ms\": 1706933106000, \"iso\": \"2024-02-03T04:05:06Z\"}, \"exp\": 100, \"neg\": -1.50, \"paid\": true, \"zero\": 0, \"small\": 0.0000001}"
      )
      try run.insert(
        outbox, id(3), "Customer", "c-9", "CustomerRenamed",
        "{\"name\": \"Zoë Åström – 東京 🎉\", \"empty\": \"\", \"quote\": \"say \\\"hi\\\" \\\\ / \\t tab\"}")
      try run.insert(
        outbox, id(4), "Shipment_v2.eu-west", "Ключ/4 ü", "Shipped",
        "{\"b\": {\"c\": {\"d\": [1, [2, [3]], {}]}}, \"z\": 1, \"aa\": 2, \"big\": 123456789012345678901234567890.123456789}"
      )
      try run.insert(outbox, id(16), "Misc", "m", "SqlNull", nil)
    }
    expectEqual(run.records, try RecordedEvent.all("router-default"))
  }

  @Test func withBinaryDataConverterThePayloadIsItsBytes() throws {
    let outbox = Self.outbox("outboxevent", payload: "bytea")
    let run = PipelineRun(
      try PipelineRun.options(
        key: .string, value: .binaryData(.json(schemasEnabled: false, JSONOptions())), filter: ["public.outboxevent"],
        transforms: [TransformStep(alias: "outbox", kind: try Self.eventRouter(), predicate: nil)]))
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(outbox, id(1), "Order", "o-1", "T", "\\x00ff10807f")
      try run.insert(outbox, id(2), "Order", "o-2", "T", "\\x7b2261223a317d")
      try run.insert(outbox, id(3), "Order", "o-3", "T", "\\x")
      try run.insert(outbox, id(4), "Order", "o-4", "T", nil)
      try run.insert(outbox, id(5), "Order", "o-5", "T", "\\x5a6fc3ab")
    }
    expectEqual(run.records, try RecordedEvent.all("router-bytea"))
  }

  private func runPlacements(_ placements: [EventRouterOptions.Placement]) throws -> PipelineRun {
    let text = TestTypes.characters(255)
    let outbox = TestTable(
      53, "outboxevent", key: ["id"],
      [
        column("id", "uuid", notNull: true), column("aggregatetype", "varchar", modifier: text, notNull: true),
        column("aggregateid", "varchar", modifier: text, notNull: true),
        column("type", "varchar", modifier: text, notNull: true), column("payload", "jsonb"),
        column("amount", "numeric", modifier: TestTypes.numeric(12, 2)), column("at", "timestamptz"),
        column("part", "int4"), column("tags", "jsonb"), column("flag", "bool", notNull: true, default: "false"),
      ])
    let kind = try Self.eventRouter { $0.placements = placements }
    let run = PipelineRun(
      try PipelineRun.options(
        key: .string, transforms: [TransformStep(alias: "outbox", kind: kind, predicate: nil)]))
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(
        outbox, id(1), "Order", "k-1", "Type1", "{\"a\": 1, \"b\": {\"c\": [1, 2]}, \"n\": null}", "12.30",
        "2024-01-02 03:04:05+00", "0", "{\"t\": 1}", "t")
      try run.insert(
        outbox, id(2), "Payment", "k-2", "Type2", "{\"x\": \"é\", \"amt\": 10.10}", nil, nil, "3", nil, "f")
      try run.insert(
        outbox, id(3), "Order", "k-0", "Type3", "{}", "-1.00", "2024-05-31 22:00:00.123456+00", nil, "[]", "t")
      try run.insert(
        outbox, id(4), "Payment", "k-1", "Type4", "\"scalar\"", "0.00", "2024-01-01 00:00:00+00", "1", "\"s\"", "t")
      try run.insert(outbox, id(5), "Order", "k-2", "Type5", nil, "1.00", "2024-01-01 00:00:00+00", "2", "null", "t")
      try run.delete(outbox, id(1), nil, nil, nil, nil, nil, nil, nil, nil, nil)
    }
    return run
  }

  @Test func aPlacedPartitionIsTheRecordsAndNullLeavesItOpen() throws {
    let run = try runPlacements([
      .init(column: "part", target: .partition, alias: "part"),
      .init(column: "type", target: .header, alias: "eventType"),
    ])
    expectEqual(run.records, try RecordedEvent.all("router-placement-partition"))
  }

  @Test func placedColumnsStandBesideThePayload() throws {
    let run = try runPlacements([
      .init(column: "type", target: .envelope, alias: "eventType"),
      .init(column: "amount", target: .envelope, alias: "amount"),
      .init(column: "at", target: .envelope, alias: "createdAt"),
      .init(column: "tags", target: .envelope, alias: "tags"), .init(column: "flag", target: .envelope, alias: "flag"),
      .init(column: "aggregatetype", target: .header, alias: "aggregatetype"),
      .init(column: "type", target: .header, alias: "eventType"),
    ])
    expectEqual(run.records, try RecordedEvent.all("router-placement-envelope"))
  }

  @Test func aNegatedPredicateSparesTablesAndALaterRouterRenamesEvents() throws {
    let outbox = Self.outbox("outboxevent")
    let accounts = TestTable(
      52, "accounts", key: ["id"],
      [
        column("id", "int4", notNull: true), column("owner", "text"),
        column("balance", "numeric", modifier: TestTypes.numeric(12, 2)),
      ])
    let rename = RegexRouter(
      pattern: try JavaPattern("outbox\\.event\\.(.*)"), replacement: try JavaReplacement("events.$1"))
    let run = PipelineRun(
      try PipelineRun.options(
        filter: ["public.accounts", "public.outboxevent"],
        transforms: [
          TransformStep(
            alias: "outbox", kind: try Self.eventRouter(),
            predicate: Predicate(.topicNameMatches(try JavaPattern(".*accounts")), isNegated: true)),
          TransformStep(alias: "rename", kind: .regexRouter(rename), predicate: nil),
        ]))
    try run.transaction(934, at: 1_795_228_125_285_025, end: 92_027_552) {
      try run.insert(accounts, at: 92_026_960, "1", "Ada", "10.00")
      try run.insert(
        outbox, at: 92_027_160, id(1), "Account", "1", "AccountOpened", "{\"id\": 1, \"balance\": \"10.00\"}")
    }
    try run.transaction(935, at: 1_795_228_125_285_504, end: 92_027_984) {
      try run.update(accounts, at: 92_027_552, "1", "Ada", "12.50")
      try run.insert(
        outbox, at: 92_027_624, id(2), "Account", "1", "BalanceChanged", "{\"id\": 1, \"balance\": \"12.50\"}")
      try run.delete(outbox, at: 92_027_800, id(2), nil, nil, nil, nil)
    }
    try run.transaction(936, at: 1_795_228_125_285_538, end: 92_028_100) {
      try run.delete(accounts, at: 92_027_984, "1", nil, nil)
    }
    try run.transaction(937, at: 1_795_228_125_285_600, end: 92_028_300) {
      try run.delete(outbox, at: 92_028_100, id(1), nil, nil, nil, nil)
    }
    expectEqual(run.records, try RecordedEvent.all("router-predicate-negate"))
  }
}
