import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayTestSupport
import Testing

/// Chains with a transform that takes trees give what chains of bytes give, where that transform changes nothing.
@Suite struct TreeChainTests {
  /// Counts what passes, and changes nothing.
  private struct Identity: RecordTransform {
    mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool { true }
  }

  /// Drops what its predicate lets through.
  private struct DropAll: RecordTransform {
    mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool { false }
  }

  private struct Refuse: RecordTransform {
    mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
      throw TransformFailure("refused")
    }
  }

  private let table = TestTable(
    1, "t", key: ["id"],
    [
      column("id", "int4", notNull: true), column("v", "text", default: "'x'::text"),
      column("n", "numeric", modifier: TestTypes.numeric(10, 2), notNull: true),
    ])

  private func identity(_ predicate: Predicate? = nil) -> TransformStep {
    TransformStep(alias: "identity", kind: .record(Identity()), predicate: predicate)
  }

  private func regexRouter(_ pattern: String, _ replacement: String) throws -> TransformStep {
    TransformStep(
      alias: "r",
      kind: .regexRouter(
        RegexRouter(pattern: try JavaPattern(pattern), replacement: try JavaReplacement(replacement))), predicate: nil)
  }

  private func records(
    _ transforms: [TransformStep], schemas: Bool = false, header: HeaderConverter = .simple
  ) throws -> [SentRecord] {
    let json = RecordConverter.json(schemasEnabled: schemas, JSONOptions())
    var options = try PipelineRun.options(key: json, value: json, transforms: transforms)
    options.providesTransactionMetadata = true
    options.skippedOperations = []
    options.headerConverter = header
    let run = PipelineRun(options)
    try run.transaction(9, at: 1_700_000_000_123_456, first: 100, end: 200) {
      try run.insert(table, at: 100, "1", nil, "1.50")
      try run.update(table, at: 110, old: ("K", ["1", nil, nil]), "2", .unchanged, "2.50")
      try run.update(table, at: 120, old: ("O", ["2", "full", "2.50"]), "2", .unchanged, "2.60")
      try run.delete(table, at: 130, "2", nil, nil)
      try run.receive(WireBuilder.truncate([1]), at: 140)
      try run.receive(
        WireBuilder.message(isTransactional: true, lsn: 150, prefix: "p", content: [1, 2]), at: 150)
    }
    try run.heartbeat()
    return run.records
  }

  @Test(arguments: [false, true])
  func aTreeThatNothingChangesIsWrittenAsTheBytesAre(schemas: Bool) throws {
    expectEqual(try records([identity()], schemas: schemas), try records([], schemas: schemas))
    let header = HeaderConverter.converter(.json(schemasEnabled: true, JSONOptions()))
    expectEqual(
      try records([identity()], schemas: schemas, header: header), try records([], schemas: schemas, header: header))
  }

  @Test func routersWorkBeforeAndBehindATree() throws {
    let router = try regexRouter("fin\\.(.*)", "bank.$1")
    expectEqual(try records([router, identity()]), try records([router]))
    expectEqual(try records([identity(), router]), try records([router]))
  }

  @Test func aPredicateKeepsARecordFromBecomingATree() throws {
    let drop = TransformStep(
      alias: "drop", kind: .record(DropAll()),
      predicate: Predicate(.topicNameMatches(try JavaPattern("fin\\.public\\.t")), isNegated: false))
    #expect(
      try records([drop]).map(\.topic) == [
        "fin.transaction", "fin.message", "fin.transaction", "__debezium-heartbeat.fin",
      ])
    let tombstones = TransformStep(
      alias: "drop", kind: .record(DropAll()), predicate: Predicate(.recordIsTombstone, isNegated: false))
    let kept = try records([identity(), tombstones])
    #expect(kept == (try records([])).filter { $0.value != nil })
    let keyChanges = TransformStep(
      alias: "drop", kind: .record(DropAll()),
      predicate: Predicate(.hasHeaderKey("__debezium.newkey"), isNegated: false))
    #expect(try records([keyChanges]).count == (try records([])).count - 2)
  }

  @Test func aRefusalNamesAliasTableKeyAndPosition() throws {
    let run = PipelineRun(
      try PipelineRun.options(transforms: [TransformStep(alias: "no", kind: .record(Refuse()), predicate: nil)]))
    try run.begin()
    let error = #expect(throws: PipelineError.self) { try run.insert(table, at: 7, "1", nil, "1.50") }
    #expect(error?.description == "at LSN 0/7 (table public.t, key id): transform no: refused")
    #expect(run.records.isEmpty)
  }
}
