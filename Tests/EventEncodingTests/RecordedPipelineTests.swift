import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayTestSupport
import Testing

/// Wire bytes in, records out, compared byte for byte with what Debezium 3.6.3 sent for the same changes.
@Suite struct RecordedPipelineTests {
  static let accounts = TestTable(
    16_385, "accounts", key: ["id"],
    [
      column("id", "uuid", notNull: true),
      column("owner", "varchar", modifier: TestTypes.characters(40), notNull: true),
      column("balance", "numeric", modifier: TestTypes.numeric(15, 2), notNull: true, default: "0"),
      column("status", "text", notNull: true, default: "'active'::text"),
      column("opened_at", "timestamptz", notNull: true), column("note", "text"),
    ])
  static let transfers = TestTable(
    16_386, "transfers", key: ["id"],
    [
      column("id", "int8", notNull: true, default: "nextval('transfers_id_seq'::regclass)"),
      column("src", "uuid", notNull: true), column("dst", "uuid", notNull: true),
      column("amount", "numeric", modifier: TestTypes.numeric(15, 2), notNull: true), column("meta", "jsonb"),
      column("made_at", "timestamptz", notNull: true),
    ])

  private let ada = "11111111-1111-4111-8111-111111111111"
  private let grace = "22222222-2222-4222-8222-222222222222"
  private let linus = "33333333-3333-4333-8333-333333333333"
  private let kept = "55555555-5555-4555-8555-555555555555"
  private let after = "77777777-7777-4777-8777-777777777777"

  /// The changes that several recordings share; `lsn` are the positions of the recording in the order of the log, `at`
  /// the commit times.
  private func runAccounts(
    _ run: PipelineRun, snapshot: SnapshotOrigin, xid: [UInt32], at: [Int64], lsn: [UInt64], end: [UInt64]
  ) throws {
    let (accounts, transfers) = (Self.accounts, Self.transfers)
    try run.snapshot(
      accounts, "\(ada)\tAda\t100.00\tactive\t2024-01-01 10:00:00+00\t\\N\n", .first, at: snapshot)
    try run.snapshot(
      accounts, "\(grace)\tGrace\t2500.50\tfrozen\t2024-02-03 11:12:13.456789+00\tvip\n", .lastInDataCollection,
      at: snapshot)
    try run.snapshot(
      transfers, "1\t\(ada)\t\(grace)\t12.34\t{\"ref\": \"A-1\"}\t2024-03-01 00:00:00.000001+00\n", .last, at: snapshot)
    try run.transaction(xid[0], at: at[0], first: lsn[0], end: end[0]) {
      try run.insert(
        accounts, at: lsn[0], .text(linus), "Linus", "0.00", "active", "2024-05-05 05:05:05.5+00", "")
    }
    try run.transaction(xid[1], at: at[1], first: lsn[1], end: end[1]) {
      try run.insert(
        transfers, at: lsn[1], "2", .text(grace), .text(linus), "99.90", nil, "2024-05-06 00:00:00+00")
      try run.update(
        accounts, at: lsn[2], .text(grace), "Grace", "2400.60", "frozen", "2024-02-03 11:12:13.456789+00", "vip")
      try run.update(accounts, at: lsn[3], .text(linus), "Linus", "99.90", "active", "2024-05-05 05:05:05.5+00", "")
    }
    try run.transaction(xid[2], at: at[2], first: lsn[4], end: end[2]) {
      try run.insert(accounts, at: lsn[4], .text(kept), "Kept", "1.00", "x", "2024-05-05 05:05:05+00", nil)
      try run.insert(accounts, at: lsn[5], .text(after), "After", "1.00", "x", "2024-05-05 05:05:05+00", nil)
    }
    try run.transaction(xid[3], at: at[3], first: lsn[6], end: end[3]) {
      try run.update(accounts, at: lsn[6], .text(ada), "Ada", "100.00", "active", "2024-01-01 10:00:00+00", nil)
    }
    try run.transaction(xid[4], at: at[4], first: lsn[7], end: end[4]) {
      try run.delete(transfers, at: lsn[7], "1", nil, nil, nil, nil, nil)
    }
    try run.transaction(xid[5], at: at[5], first: lsn[8], end: end[5]) {
      try run.delete(accounts, at: lsn[8], .text(kept), nil, nil, nil, nil, nil)
      try run.delete(accounts, at: lsn[9], .text(after), nil, nil, nil, nil, nil)
    }
  }

  @Test func snapshotChangesAndTransactionMetadataAreDebeziums() throws {
    var options = try PipelineRun.options()
    options.providesTransactionMetadata = true
    let run = PipelineRun(options)
    try runAccounts(
      run,
      snapshot: SnapshotOrigin(
        lsn: LSN(rawValue: 457_489_504), unixMicroseconds: 1_795_225_437_077_026, transactionID: 2_426),
      xid: [2_427, 2_428, 2_430, 2_433, 2_434, 2_435],
      at: [
        1_795_225_438_497_838, 1_795_225_438_498_962, 1_795_225_438_499_994, 1_795_225_438_500_076,
        1_795_225_438_500_198, 1_795_225_438_500_515,
      ],
      lsn: [
        457_489_664, 457_489_880, 457_490_168, 457_490_288, 457_490_688, 457_491_072, 457_491_304, 457_491_464,
        457_491_584, 457_491_664,
      ], end: [457_489_880, 457_490_480, 457_491_304, 457_491_464, 457_491_584, 457_491_792])
    expectEqual(run.records, try RecordedEvent.all("transaction-metadata"))
  }

  @Test func aRouterWithPredicateRenamesOnlyTheTopicsItMatches() throws {
    let router = RegexRouter(
      pattern: try JavaPattern("fin\\.public\\.(.*)"), replacement: try JavaReplacement("bank.$1"))
    let run = PipelineRun(
      try PipelineRun.options(transforms: [
        TransformStep(
          alias: "r", kind: .regexRouter(router),
          predicate: Predicate(.topicNameMatches(try JavaPattern(".*accounts")), isNegated: false))
      ]))
    try runAccounts(
      run,
      snapshot: SnapshotOrigin(
        lsn: LSN(rawValue: 386_826_928), unixMicroseconds: 1_795_225_324_939_048, transactionID: 2_152),
      xid: [2_153, 2_154, 2_156, 2_159, 2_160, 2_161],
      at: [
        1_795_225_326_510_073, 1_795_225_326_511_846, 1_795_225_326_512_430, 1_795_225_326_512_512,
        1_795_225_326_512_640, 1_795_225_326_513_000,
      ],
      lsn: [
        386_827_088, 386_827_304, 386_827_592, 386_827_712, 386_828_088, 386_828_472, 386_828_704, 386_828_864,
        386_828_984, 386_829_064,
      ], end: [386_827_304, 386_827_880, 386_828_704, 386_828_864, 386_828_984, 386_829_192])
    expectEqual(run.records, try RecordedEvent.all("regex-router"))
  }

  @Test func withSchemasTheyStandBeforeThePayload() throws {
    let json = RecordConverter.json(schemasEnabled: true, JSONOptions())
    let run = PipelineRun(try PipelineRun.options(key: json, value: json))
    try run.snapshot(
      Self.accounts, "\(ada)\tAda\t100.00\tactive\t2024-01-01 10:00:00+00\t\\N\n", .first,
      at: SnapshotOrigin(
        lsn: LSN(rawValue: 262_768_920), unixMicroseconds: 1_795_225_133_748_901, transactionID: 1_685))
    expectEqual(run.records, try RecordedEvent.all("default-config"))
  }

  @Test func contextHeadersCanBeLeftOut() throws {
    var options = try PipelineRun.options()
    options.addsContextHeaders = false
    let run = PipelineRun(options)
    try run.transaction(2_024, at: 1_795_225_251_738_930, end: 333_904_032) {
      try run.insert(
        Self.accounts, at: 333_903_816, .text(linus), "Linus", "0.00", "active", "2024-05-05 05:05:05.5+00", "")
    }
    expectEqual(run.records, try RecordedEvent.all("no-context-headers"))
  }

  @Test func aHeartbeatIsForPartitionZeroAndHasNoHeaders() throws {
    let run = PipelineRun(try PipelineRun.options())
    try run.heartbeat()
    expectEqual(run.records, try RecordedEvent.all("heartbeat"))
  }

  @Test func truncatesAreOneRecordATableWithoutKey() throws {
    var options = try PipelineRun.options()
    options.skippedOperations = []
    let run = PipelineRun(options)
    let p = TestTable(1, "p", key: ["id"], [column("id", "int4", notNull: true)])
    let c = TestTable(2, "c", key: ["id"], [column("id", "int4", notNull: true), column("p", "int4")])
    let other = TestTable(
      3, "other", key: ["id"],
      [
        column("id", "int4", notNull: true, default: "nextval('other_id_seq'::regclass)"), column("v", "text"),
      ])
    try run.transaction(2_460, at: 1_795_225_451_112_307, end: 466_280_320) {
      try run.insert(p, at: 466_280_048, "1")
    }
    try run.transaction(2_461, at: 1_795_225_451_112_914, end: 466_280_672) {
      try run.insert(c, at: 466_280_320, "1", "1")
    }
    try run.transaction(2_462, at: 1_795_225_451_113_198, end: 466_281_048) {
      try run.insert(other, at: 466_280_776, "1", "x")
    }
    try run.transaction(2_463, at: 1_795_225_451_114_006, end: 466_282_736) {
      try run.receive(WireBuilder.truncate([2]), at: 466_282_480)
    }
    try run.transaction(2_464, at: 1_795_225_451_116_107, end: 466_289_800) {
      try run.insert(c, at: 466_282_736, "2", "1")
      try run.receive(WireBuilder.truncate([1, 3, 2], options: 3), at: 466_289_488)
      try run.insert(other, at: 466_289_648, "1", "y")
    }
    expectEqual(run.records, try RecordedEvent.all("truncate"))
  }

  @Test func logicalMessagesStandInAndOutsideOfTransactions() throws {
    let run = PipelineRun(try PipelineRun.options())
    let t = TestTable(1, "t", key: ["id"], [column("id", "int4", notNull: true)])
    func message(_ prefix: String, _ content: [UInt8], at lsn: UInt64, transactional: Bool = true) throws {
      try run.receive(
        WireBuilder.message(isTransactional: transactional, lsn: lsn, prefix: prefix, content: content), at: lsn)
    }
    try message("now", Array("not transactional".utf8), at: 311_906_480, transactional: false)
    try run.transaction(1_951, at: 1_795_225_219_959_224, end: 311_906_528) {
      try message("audit", Array("in a transaction é".utf8), at: 311_906_120)
      try run.insert(t, at: 311_906_120, "1")
      try message("other", [0, 255], at: 311_906_408)
    }
    try run.transaction(1_952, at: 1_795_225_219_959_316, end: 311_906_632) { try message("", [], at: 311_906_584) }
    try run.transaction(1_953, at: 1_795_225_219_959_390, end: 311_906_744) {
      try message("json", Array("{\"a\": 1}".utf8), at: 311_906_696)
    }
    try message("kept", [UInt8(ascii: "x")], at: 311_906_864, transactional: false)
    expectEqual(run.records, try RecordedEvent.all("logical-message"))
  }
}
