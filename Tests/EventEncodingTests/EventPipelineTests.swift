import ConnectData
import EventRouting
import PgOutput
import Primitives
import RelayTestSupport
import Testing

@testable import EventEncoding

@Suite struct EventPipelineTests {
  private let table = TestTable(1, "t", key: ["id"], [column("id", "int4", notNull: true), column("v", "text")])

  private func run(_ change: (inout PipelineOptions) throws -> Void = { _ in }) throws -> PipelineRun {
    var options = try PipelineRun.options()
    try change(&options)
    return PipelineRun(options)
  }

  /// The text of `error` must give position and cause.
  private func refusal(_ body: () throws -> Void) throws -> String {
    try #require(throws: PipelineError.self) { try body() }.description
  }

  // MARK: Steps

  @Test func eachMessageTellsTheLoopWhatToDo() throws {
    let run = try run()
    #expect(try run.receive(WireBuilder.begin(commitLSN: 40)) == .began)
    #expect(try run.receive(WireBuilder.type(600, schema: "public", name: "mood")) == .rows)
    #expect(try run.receive(WireBuilder.origin(commitLSN: 1, name: "o")) == .rows)
    guard case .needsTable(let relation) = try run.receive(table.relation) else {
      Issue.record("a relation must be looked up")
      return
    }
    #expect(relation.oid == RelationOID(rawValue: 1) && relation.name == "t")
    let message = WireBuilder.message(isTransactional: true, lsn: 30, prefix: "p", content: [])
    #expect(try run.receive(message) == .message(isTransactional: true))
    #expect(
      try run.receive(WireBuilder.commit(commitLSN: 40, endLSN: 48, microseconds: 9), at: 40)
        == .committed(endLSN: LSN(rawValue: 48), at: PostgresTimestamp(microsecondsSince2000: 9)))
  }

  /// The server sends none: its transaction, its time and where a restart goes on would be another's, or nobody's.
  @Test func aMessageOfATransactionIsRefusedOutsideOfOne() throws {
    let run = PipelineRun(try PipelineRun.options())
    let message = WireBuilder.message(isTransactional: true, lsn: 90, prefix: "p", content: [1])
    #expect(throws: PipelineError.self) { try run.receive(message, at: 90) }
    try run.transaction(7, at: 0, end: 200) { try run.receive(message, at: 100) }
    #expect(throws: PipelineError.self) { try run.receive(message, at: 210) }
    #expect(run.records.count == 1)
    try run.receive(WireBuilder.message(isTransactional: false, lsn: 220, prefix: "p", content: [1]), at: 220)
    #expect(run.records.count == 2)
  }

  @Test func theLastCommitOfAnEarlierLifeIsTheFirstPartOfTheSequence() throws {
    let run = PipelineRun(try PipelineRun.options(), lastCommit: LSN(rawValue: 77))
    try run.transaction(7, at: 0, end: 200) { try run.insert(table, at: 100, "1", "a") }
    #expect(run.records[0].valueText!.contains(#""sequence":"[\"77\",\"100\"]""#))
  }

  @Test func aReplicationOriginIsTold() throws {
    let run = try run()
    try run.begin()
    try run.receive(WireBuilder.origin(commitLSN: 4_711, name: "node \"b\""))
    try run.insert(table, at: 100, "1", "a")
    #expect(run.records[0].valueText!.contains(#""xmin":null,"origin":"node \"b\"","origin_lsn":4711}"#))
  }

  @Test func tombstonesCanBeLeftOut() throws {
    let run = try run { $0.sendsTombstones = false }
    try run.transaction(7, at: 0, end: 200) {
      try run.delete(table, "1", nil)
      try run.update(table, old: ("K", ["1", nil]), "2", "a")
    }
    #expect(run.records.map { $0.value == nil } == [false, false, false])
  }

  @Test func skippedOperationsGiveNoRecordAndAreCounted() throws {
    let run = try run { $0.skippedOperations = [.create, .delete, .truncate] }
    try run.transaction(7, at: 0, end: 200) {
      try run.insert(table, "1", "a")
      try run.delete(table, "1", nil)
      try run.receive(WireBuilder.truncate([1]))
      try run.update(table, "1", "b")
    }
    #expect(run.records.count == 1)
    #expect(run.capturedChanges == 4)
  }

  @Test func aSkippedHalfOfAKeyChangeIsLeftOut() throws {
    let run = try run { $0.skippedOperations = [.delete, .update] }
    try run.transaction(7, at: 0, end: 200) { try run.update(table, old: ("K", ["1", nil]), "2", "a") }
    #expect(run.records.map { $0.key.map { String(decoding: $0, as: UTF8.self) } } == [#"{"id":2}"#])
  }

  @Test func anUpdateThatChangesNothingCapturedIsLeftOutOnRequest() throws {
    let run = try run {
      $0.skipsUnchangedRows = true
      $0.columnFilter = try ColumnFilter(excludeList: ["public.t.v"])
    }
    try run.transaction(7, at: 0, end: 200) {
      try run.update(table, old: ("O", ["1", "a"]), "1", "b")
      try run.update(table, "1", "b")
    }
    #expect(run.records.count == 1)
    #expect(run.records[0].valueText!.contains(#""before":null"#))
  }

  @Test func aKeyColumnThatIsLeftOutKeepsItsValue() throws {
    let table = TestTable(3, "t", key: ["id"], [column("id", "int4", notNull: true), column("v", "text")])
    func key(without list: [String], _ origin: RowOrigin) throws -> String? {
      var options = try PipelineRun.options()
      options.columnFilter = try ColumnFilter(excludeList: list)
      let relation = Relation(
        oid: RelationOID(rawValue: 3), schema: "public", name: "t", replicaIdentity: .default,
        columns: table.columns.map {
          Relation.Column(isKey: $0.name == "id", name: $0.name, type: $0.typeOID, typeModifier: -1)
        })
      var parts = PlanParts()
      let plan = RelationPlan(
        relation: relation, table: table.description, topic: 0, topicName: "p.public.t", origin: origin,
        options: options, parts: &parts)
      return plan.keyColumns.first.map { "\($0.schema.isOptional) \($0.codec.form)" }
    }
    #expect(try key(without: ["public.t.id"], .snapshot) == "false integer(byteCount: 4)")
    #expect(try key(without: ["public.t.*"], .snapshot) == "false integer(byteCount: 4)")
    #expect(try key(without: ["public.t.*"], .stream) == "true integer(byteCount: 4)")
  }

  @Test func otherColumnsCanBeTheKey() throws {
    let run = try run { $0.messageKeys = try MessageKeyColumns([["public.t.v"], ["public.t.id"]]) }
    try run.transaction(7, at: 0, end: 200) {
      try run.insert(table, "1", "a")
      try run.update(table, old: ("O", ["1", "a"]), "1", "b")
    }
    #expect(
      run.records.map { $0.key.map { String(decoding: $0, as: UTF8.self) } } == [
        #"{"v":"a","id":1}"#, #"{"v":"a","id":1}"#, #"{"v":"a","id":1}"#, #"{"v":"b","id":1}"#,
      ])
  }

  @Test func logicalMessagesAreChosenByPrefixAndCountAsCommitsAllTheSame() throws {
    let run = try run { $0.messageFilter = try MessagePrefixFilter(excludeList: ["x"]) }
    try run.receive(WireBuilder.message(isTransactional: false, lsn: 30, prefix: "x", content: []))
    try run.receive(WireBuilder.message(isTransactional: false, lsn: 40, prefix: "y", content: []))
    try run.transaction(7, at: 0, end: 200) { try run.insert(table, at: 100, "1", "a") }
    #expect(run.records.count == 2)
    #expect(run.records[1].valueText!.contains(#""sequence":"[\"40\",\"100\"]""#))
  }

  @Test func tablesThatAreNotCapturedGiveNothing() throws {
    let run = try run { $0.filter = try TableFilter(tableIncludeList: ["public.other"]) }
    try run.transaction(7, at: 0, end: 200) { try run.insert(table, "1", "a") }
    #expect(run.records.isEmpty)
    #expect(run.capturedChanges == 0)
  }

  @Test func anUpdateThatSendsItsOldKeyUnchangedIsOneRecord() throws {
    let run = try run()
    try run.transaction(7, at: 0, end: 200) { try run.update(table, old: ("O", ["1", "a"]), "1", "b") }
    #expect(run.records.count == 1)
    #expect(run.records[0].valueText!.hasPrefix(#"{"before":{"id":1,"v":"a"},"after":{"id":1,"v":"b"},"#))
  }

  @Test func anUnchangedKeyColumnIsNoKeyChangeAndComesFromTheOldRow() throws {
    let run = try run()
    try run.transaction(7, at: 0, end: 200) {
      try run.update(table, old: ("O", ["1", "a"]), .unchanged, "b")
    }
    #expect(run.records.map { $0.key.map { String(decoding: $0, as: UTF8.self) } } == [#"{"id":1}"#])
  }

  @Test func aTableThatChangedIsReadByItsNewDescription() throws {
    let run = try run()
    let wider = TestTable(
      1, "t", key: ["id"], [column("id", "int4", notNull: true), column("w", "bool"), column("v", "text")])
    try run.transaction(7, at: 0, end: 200) {
      try run.insert(table, "1", "a")
      try run.describe(wider)
      try run.insert(wider, "2", "t", "b")
    }
    #expect(run.records[0].valueText!.contains(#""after":{"id":1,"v":"a"}"#))
    #expect(run.records[1].valueText!.contains(#""after":{"id":2,"w":true,"v":"b"}"#))
  }

  @Test func namesAreEscapedInRecordsAndSanitizedInTopics() throws {
    let odd = TestTable(
      2, schema: "a \"b\"", "ü.t", key: ["i\"d"], [column("i\"d", "int4", notNull: true)])
    let run = try run()
    try run.transaction(7, at: 0, end: 200) { try run.insert(odd, "1") }
    #expect(run.records[0].topic == "fin.a__b_._.t")
    #expect(run.records[0].keyText == #"{"i\"d":1}"#)
    #expect(run.records[0].valueText!.contains(#""schema":"a \"b\"","table":"ü.t""#))
  }

  // MARK: Transaction metadata

  /// The order that `java.util.HashMap` gives these names; two of them have one hash, and the thirteenth makes the map
  /// grow.
  @Test func countsOfATransactionComeInTheOrderOfAJavaHashMap() throws {
    let names = [
      "public.transfers", "public.accounts", "public.ledger", "public.customers", "public.cards", "audit.log",
      "public.été", "public.a😀b", "public.Aa", "public.BB", "public.aAa", "public.aBB", "public.t13",
    ]
    let twelve = [
      "public.cards", "public.customers", "public.transfers", "public.ledger", "public.accounts", "public.Aa",
      "public.BB", "public.a😀b", "audit.log", "public.été", "public.aAa", "public.aBB",
    ]
    let thirteen = [
      "public.cards", "public.t13", "public.customers", "public.transfers", "public.a😀b", "public.été", "public.aAa",
      "public.aBB", "public.ledger", "public.accounts", "public.Aa", "public.BB", "audit.log",
    ]
    for (count, expected) in [(12, twelve), (13, thirteen)] {
      let run = try run { $0.providesTransactionMetadata = true }
      try run.begin()
      for (index, name) in names.prefix(count).enumerated() {
        let parts = name.split(separator: ".").map(String.init)
        let table = TestTable(
          UInt32(100 + index), schema: parts[0], parts[1], key: ["id"], [column("id", "int4", notNull: true)])
        try run.insert(table, "1")
      }
      try run.commit(end: 500)
      let end = run.records.last!
      let list = expected.map { "{\"data_collection\":\"\($0)\",\"event_count\":1}" }.joined(separator: ",")
        .split(separator: "😀").joined(separator: "\\uD83D\\uDE00")
      #expect(end.valueText!.contains("\"data_collections\":[\(list)]"))
      #expect(end.headers.isEmpty)
    }
  }

  @Test func aTransactionOfFilteredTablesHasBeginAndEnd() throws {
    let run = try run {
      $0.providesTransactionMetadata = true
      $0.filter = try TableFilter(tableIncludeList: ["public.other"])
    }
    try run.transaction(7, at: 1_000, first: 90, end: 200) { try run.insert(table, at: 100, "1", "a") }
    #expect(
      run.records.map(\.valueText) == [
        #"{"status":"BEGIN","id":"7:90","event_count":null,"data_collections":null,"ts_ms":1}"#,
        #"{"status":"END","id":"7:200","event_count":0,"data_collections":[],"ts_ms":1}"#,
      ])
    #expect(
      run.records.map { $0.key.map { String(decoding: $0, as: UTF8.self) } } == [#"{"id":"7:90"}"#, #"{"id":"7:200"}"#])
    #expect(run.records.map(\.topic) == ["fin.transaction", "fin.transaction"])
  }

  /// A message takes a place among the events of its transaction, but is none of a table.
  @Test func messagesCountAmongTheEventsOfTheirTransaction() throws {
    let run = try run { $0.providesTransactionMetadata = true }
    try run.begin()
    try run.receive(WireBuilder.message(isTransactional: true, lsn: 95, prefix: "p", content: [0x78]), at: 95)
    try run.insert(table, at: 100, "1", "a")
    try run.commit(end: 200)
    let values = run.records.compactMap(\.valueText)
    #expect(values[1].contains(#""total_order":1,"data_collection_order":1},"message""#))
    #expect(values[2].contains(#""total_order":2,"data_collection_order":1},"op""#))
    #expect(values[3].contains(#""event_count":2,"data_collections":[{"data_collection":"public.t","event_count":1},"#))
  }

  @Test(arguments: [
    (ValueOptions.BinaryHandling.bytes, "//4=", "bytes"), (.base64, "//4=", "string"),
    (.base64URLSafe, "__4=", "string"),
    (.hex, "fffe", "string"),
  ])
  func messageContentFollowsTheBinaryHandlingMode(
    mode: ValueOptions.BinaryHandling, text: String, type: String
  ) throws {
    let run = try run {
      $0.values.binary = mode
      $0.valueConverter = .json(schemasEnabled: true, JSONOptions())
    }
    try run.receive(
      WireBuilder.message(isTransactional: false, lsn: 95, prefix: "p", content: [0xFF, 0xFE]), at: 95)
    let value = try #require(run.records.first?.valueText)
    #expect(value.contains(#"{"type":"\#(type)","optional":true,"field":"content"}"#))
    #expect(value.contains(#""message":{"prefix":"p","content":"\#(text)"}"#))
  }

  @Test func theTopicOfMessagesHasAPointWhateverTheDelimiter() throws {
    let run = try run { $0.topics = TopicName(prefix: "fin", delimiter: "-") }
    try run.receive(WireBuilder.message(isTransactional: false, lsn: 95, prefix: "p", content: [0x78]), at: 95)
    #expect(run.records.map(\.topic) == ["fin.message"])
  }

  // MARK: Event router

  private let outbox = RecordedOutboxTests.outbox("outbox")

  private func routing(_ change: (inout EventRouterOptions) -> Void = { _ in }) throws -> PipelineRun {
    let kind = try RecordedOutboxTests.eventRouter(change)
    return try run { $0.transforms = [TransformStep(alias: "o", kind: kind, predicate: nil)] }
  }

  private let id = WireBuilder.Value.text("00000000-0000-4000-8000-000000000001")

  @Test func anUpdateOfTheOutboxIsDroppedUnlessItMustBeFatal() throws {
    for behavior in [EventRouterOptions.InvalidOperationBehavior.warn, .error] {
      let run = try routing { $0.invalidOperationBehavior = behavior }
      try run.begin()
      try run.update(outbox, id, "T", "k", "t", "{}")
      #expect(run.records.isEmpty)
    }
    let run = try routing { $0.invalidOperationBehavior = .fatal }
    try run.begin()
    let text = try refusal { try run.update(outbox, at: 0x10, id, "T", "k", "t", "{}") }
    #expect(text.contains("LSN 0/10") && text.contains("transform o") && text.contains("public.outbox, key id"))
  }

  @Test func tablesOfWhichARouterMayMakeEventsAreKnownBeforeTheirRows() throws {
    let router = try RecordedOutboxTests.eventRouter()
    let isOutbox = Predicate(.topicNameMatches(try JavaPattern(".*outbox")), isNegated: false)
    func routed(_ steps: [TransformStep]) throws -> [Bool] {
      let options = try PipelineRun.options(transforms: steps)
      return ["outbox", "orders"].map { options.mayRouteEvents(of: TableID(schema: "public", name: $0)) }
    }
    let renaming = TransformStep(
      alias: "r",
      kind: .regexRouter(
        RegexRouter(pattern: try JavaPattern("(.*)orders"), replacement: try JavaReplacement("$1an_outbox"))),
      predicate: nil)
    let guarded = TransformStep(alias: "o", kind: router, predicate: isOutbox)
    let flat = TransformStep(alias: "f", kind: .record(DropRecord()), predicate: nil)
    #expect(try routed([]) == [false, false])
    #expect(try routed([TransformStep(alias: "o", kind: router, predicate: nil)]) == [true, true])
    #expect(try routed([guarded]) == [true, false])
    #expect(try routed([renaming, guarded]) == [true, true])
    #expect(try routed([guarded, flat]) == [true, false])
    // What a transform of records makes of the topic shows with a row only.
    #expect(try routed([flat, guarded]) == [true, true])
    #expect(
      try routed([TransformStep(alias: "o", kind: router, predicate: Predicate(.hasHeaderKey("h"), isNegated: true))])
        == [true, true])
  }

  @Test func aTruncateOfTheOutboxIsAnError() throws {
    let kind = try RecordedOutboxTests.eventRouter()
    let run = try run {
      $0.skippedOperations = []
      $0.transforms = [TransformStep(alias: "o", kind: kind, predicate: nil)]
    }
    try run.begin()
    try run.describe(outbox)
    #expect(try refusal { try run.receive(WireBuilder.truncate([outbox.oid]), at: 1) }.contains("truncate"))
  }

  @Test func aNullRouteStopsTheStream() throws {
    let run = try routing()
    try run.begin()
    #expect(
      try refusal { try run.insert(outbox, at: 1, id, nil, "k", "t", "{}") }
        .contains("column 'aggregatetype', which route.by.field names, is NULL"))
    #expect(run.records.isEmpty)
  }

  @Test func aMissingColumnStopsTheStreamAtTheFirstRow() throws {
    let run = try routing { $0.payloadField = "body" }
    try run.begin()
    try run.describe(outbox)
    #expect(
      try refusal { try run.insert(outbox, at: 1, id, "T", "k", "t", "{}") }
        .contains("the table has no column 'body', which table.field.event.payload names"))
  }

  @Test func anEmptyPayloadBecomesATombstoneWhereThatIsAsked() throws {
    let run = try routing { $0.sendsTombstoneOnEmptyPayload = true }
    try run.begin()
    try run.insert(outbox, id, "T", "k", "t", nil)
    try run.insert(outbox, id, "T", "k", "t", " \t")
    try run.insert(outbox, id, "T", "k", "t", "{}")
    #expect(run.records.map { $0.value == nil } == [true, true, false])
  }

  @Test func aPredicateSeesTheTopicThatAnEarlierRouterGave() throws {
    let rename = RegexRouter(
      pattern: try JavaPattern("fin\\.public\\.(.*)"), replacement: try JavaReplacement("bank-$1"))
    let kind = try RecordedOutboxTests.eventRouter()
    let run = try run {
      $0.transforms = [
        TransformStep(alias: "rename", kind: .regexRouter(rename), predicate: nil),
        TransformStep(
          alias: "o", kind: kind,
          predicate: Predicate(.topicNameMatches(try JavaPattern("bank-outbox")), isNegated: false)),
      ]
    }
    try run.begin()
    try run.insert(table, "1", "a")
    try run.insert(outbox, id, "Order", "k", "t", "{}")
    #expect(run.records.map(\.topic) == ["bank-t", "outbox.event.Order"])
  }

  @Test func aHeaderPredicateSeesTheHeadersOfAKeyChange() throws {
    let rename = RegexRouter(pattern: try JavaPattern(".*"), replacement: try JavaReplacement("moved"))
    let run = try run {
      $0.transforms = [
        TransformStep(
          alias: "m", kind: .regexRouter(rename),
          predicate: Predicate(.hasHeaderKey("__debezium.newkey"), isNegated: false))
      ]
    }
    try run.begin()
    try run.update(table, old: ("K", ["1", nil]), "2", "a")
    #expect(run.records.map(\.topic) == ["moved", "moved", "fin.public.t"])
  }

  @Test func aTombstonePredicateTellsTombstonesFromDeletes() throws {
    let rename = RegexRouter(pattern: try JavaPattern(".*"), replacement: try JavaReplacement("gone"))
    let run = try run {
      $0.transforms = [
        TransformStep(
          alias: "m", kind: .regexRouter(rename), predicate: Predicate(.recordIsTombstone, isNegated: false))
      ]
    }
    try run.begin()
    try run.delete(table, "1", nil)
    #expect(run.records.map(\.topic) == ["fin.public.t", "gone"])
  }

  @Test func aReplacementWithoutItsGroupStopsTheStream() throws {
    let rename = RegexRouter(pattern: try JavaPattern(".*"), replacement: try JavaReplacement("$1"))
    let run = try run { $0.transforms = [TransformStep(alias: "r", kind: .regexRouter(rename), predicate: nil)] }
    try run.begin()
    #expect(try refusal { try run.insert(table, at: 1, "1", "a") }.contains("transform r: the pattern has no group 1"))
    #expect(run.records.isEmpty)
  }

  @Test func theEventsTimeIsItsColumnInMilliseconds() throws {
    var columns = outbox.columns
    columns.append(column("at", "timestamp"))
    let timed = TestTable(51, "timed", key: ["id"], columns)
    let run = try routing { $0.timestampField = "at" }
    try run.begin()
    try run.insert(timed, id, "T", "k", "t", "{}", "2024-01-02 03:04:05.678901")
    try run.insert(timed, id, "T", "k", "t", "{}", nil)
    #expect(run.records.map(\.timestampMilliseconds) == [1_704_164_645_678, PipelineRun.now / 1_000_000])
    #expect(
      try refusal { try run.insert(timed, at: 1, id, "T", "k", "t", "{}", "1969-12-31 23:00:00") }
        .contains("before 1970"))
  }

  @Test func aHeartbeatPassesTheEventRouter() throws {
    let run = try routing()
    try run.heartbeat()
    #expect(run.records.map(\.topic) == ["__debezium-heartbeat.fin"])
  }

  @Test func aByteConverterRefusesAnEnvelope() throws {
    let run = try run { $0.valueConverter = .byteArray }
    try run.begin()
    #expect(try refusal { try run.insert(table, at: 1, "1", "a") }.contains("the converter takes bytes only"))
    #expect(run.records.isEmpty)
  }

  // MARK: What must not come

  @Test func aRowOfAnUndescribedRelationIsAnError() throws {
    let run = try run()
    try run.begin()
    for message in [
      WireBuilder.insert(9, ["1"]), WireBuilder.update(9, ["1"]), WireBuilder.delete(9, ["1"]),
    ] {
      #expect(
        try refusal { try run.receive(message, at: 0x1_0000_00AB) }
          == "at LSN 1/AB: a change of relation 9, which was never described")
    }
  }

  @Test func aTruncateOfAnUndescribedRelationIsPassedOver() throws {
    let run = try run { $0.skippedOperations = [] }
    try run.begin()
    try run.receive(WireBuilder.truncate([9]))
    #expect(run.records.isEmpty)
  }

  @Test func aRowWithAnotherNumberOfColumnsIsAnError() throws {
    let run = try run()
    try run.begin()
    try run.describe(table)
    for message in [
      WireBuilder.insert(1, ["1"]), WireBuilder.insert(1, ["1", "a", "b"]), WireBuilder.insert(1, []),
      WireBuilder.update(1, ["1"]), WireBuilder.update(1, old: ("K", ["1"]), ["1", "a"]), WireBuilder.delete(1, ["1"]),
    ] {
      let text = try refusal { try run.receive(message, at: 0xAB) }
      #expect(text.hasPrefix("at LSN 0/AB (table public.t, key "), "\(text)")
      #expect(text.contains("where the relation has 2"))
    }
    #expect(run.records.isEmpty)
  }

  @Test func beginInsideATransactionIsAnError() throws {
    let run = try run()
    try run.begin()
    #expect(
      try refusal { try run.receive(WireBuilder.begin(commitLSN: 1), at: 0xAB) }
        == "at LSN 0/AB: BEGIN inside a transaction")
  }

  @Test func commitOutsideATransactionIsAnError() throws {
    let run = try run()
    #expect(
      try refusal { try run.receive(WireBuilder.commit(commitLSN: 1, endLSN: 2), at: 0xAB) }
        == "at LSN 0/AB: COMMIT outside a transaction")
  }

  @Test func aRowOutsideATransactionIsAnError() throws {
    let run = try run { $0.skippedOperations = [] }
    try run.describe(table)
    for message in [
      WireBuilder.insert(1, ["1", "a"]), WireBuilder.update(1, ["1", "a"]), WireBuilder.delete(1, ["1", nil]),
      WireBuilder.truncate([1]),
    ] {
      #expect(try refusal { try run.receive(message, at: 0xAB) }.contains("at LSN 0/AB"))
      #expect(try refusal { try run.receive(message, at: 0xAB) }.contains("a row outside a transaction"))
    }
    #expect(run.records.isEmpty)
  }

  @Test func aBinaryValueIsAnError() throws {
    let run = try run()
    try run.begin()
    #expect(
      try refusal { try run.insert(table, at: 1, .binary([0, 0, 0, 1]), "a") }.contains("a value in binary format"))
  }

  @Test func bytesThatAreNoMessageAreAnErrorWithTheirPosition() throws {
    let run = try run()
    let text = try refusal { try run.receive([UInt8(ascii: "?")], at: 0xAB) }
    #expect(text.hasPrefix("at LSN 0/AB: a message of the stream cannot be decoded"))
    #expect(throws: PipelineError.self) { try run.receive([]) }
  }

  @Test func aValueThatCannotBeConvertedIsNullAndWarnedOf() throws {
    let run = try run()
    try run.begin()
    try run.insert(TestTable(3, "n", key: [], [column("n", "int4")]), at: 5, "many")
    #expect(run.records[0].valueText!.contains(#""after":{"n":null}"#))
    let warning = try #require(run.takeConversionWarning())
    #expect(warning.column == "n" && warning.lsn == LSN(rawValue: 5))
    #expect(run.takeConversionWarning() == nil)
  }

  @Test func aValueThatCannotBeConvertedStopsTheStreamWhereThatIsAsked() throws {
    let run = try run { $0.conversionFailureMode = .fail }
    try run.begin()
    let text = try refusal {
      try run.insert(TestTable(3, "n", key: [], [column("n", "int4")]), at: 5, "secret")
    }
    #expect(text.contains("public.n") && text.contains("column n cannot be converted"))
    #expect(!text.contains("secret"))
  }

  @Test func aKeyThatCannotBeConvertedStopsTheStreamWhateverTheMode() throws {
    let key = TestTable(3, "n", key: ["n"], [column("n", "int4")])
    for mode in [ConversionFailureMode.warn, .skip] {
      let run = try run { $0.conversionFailureMode = mode }
      try run.begin()
      #expect(try refusal { try run.insert(key, at: 5, "many") }.contains("column n cannot be converted"))
      #expect(run.records.isEmpty)
    }
  }

  @Test func aNewStreamForgetsTheOpenTransactionAndTheRelations() throws {
    let run = try run()
    try run.begin()
    try run.insert(table, "1", "a")
    run.restartStream()
    #expect(try run.receive(WireBuilder.begin(commitLSN: 1)) == .began)
    #expect(try refusal { try run.receive(WireBuilder.insert(1, ["1", "a"])) }.contains("never described"))
  }
}
