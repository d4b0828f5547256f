import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayTestSupport
import Testing

/// A table of a test: what the server describes in a relation message, and what the catalogue adds to it.
struct TestTable {
  let oid: UInt32
  let schema: String
  let name: String
  let columns: [ColumnDescription]
  let key: [String]

  init(_ oid: UInt32, schema: String = "public", _ name: String, key: [String], _ columns: [ColumnDescription]) {
    self.oid = oid
    self.schema = schema
    self.name = name
    self.key = key
    self.columns = columns
  }

  var id: TableID { TableID(schema: schema, name: name) }
  var description: TableDescription { TableDescription(id: id, columns: columns, keyColumns: key) }
  var relation: [UInt8] {
    WireBuilder.relation(
      oid, schema: schema, name: name,
      columns: columns.map { ($0.name, $0.typeOID.rawValue, $0.typeModifier, key.contains($0.name)) })
  }
}

/// A column by the names of PostgreSQL's types.
func column(
  _ name: String, _ type: String, modifier: Int32 = -1, notNull: Bool = false, default expression: String? = nil
) -> ColumnDescription {
  ColumnDescription(
    name: name, type: TestTypes.type(type), typeModifier: modifier, isNullable: !notNull,
    defaultExpression: expression)
}

enum TestTypes {
  static let oids: [String: TypeOID] = [
    "bool": .bool, "bytea": .bytea, "int8": .int8, "int2": .int2, "int4": .int4, "text": .text, "float4": .float4,
    "float8": .float8, "inet": .inet, "bpchar": .bpchar, "varchar": .varchar, "date": .date, "time": .time,
    "timestamp": .timestamp, "timestamptz": .timestamptz, "numeric": .numeric, "uuid": .uuid, "jsonb": .jsonb,
  ]

  static func type(_ name: String) -> TypeDescription {
    switch name {
    case "_text": TypeDescription(oid: TypeOID(rawValue: 1_009), name: name, kind: .array(element: type("text")))
    case "_int4": TypeDescription(oid: TypeOID(rawValue: 1_007), name: name, kind: .array(element: type("int4")))
    default: TypeDescription(oid: oids[name]!, name: name)
    }
  }

  /// `atttypmod` of `numeric(precision,scale)`.
  static func numeric(_ precision: Int32, _ scale: Int32) -> Int32 { (precision << 16 | scale) + 4 }
  /// `atttypmod` of `varchar(length)` and `char(length)`.
  static func characters(_ length: Int32) -> Int32 { length + 4 }
}

/// A pipeline fed with messages, and the records it gave.
final class PipelineRun {
  /// Nanoseconds since 1970.
  static let now: Int64 = 1_795_225_000_123_456_789
  static let runID = "01a1fbeb-f0f2-7f6f-83af-42445af57a74"

  private var pipeline: EventPipeline
  private var tables: [UInt32: TestTable] = [:]
  private(set) var records: [SentRecord] = []
  private(set) var recordPlaces: [RecordPlace?] = []

  init(
    _ options: PipelineOptions, lastCommit: LSN? = nil, refusals: RecordRefusals = RecordRefusals(),
    heldKeys: HeldKeys? = nil
  ) {
    pipeline = EventPipeline(options, lastCommit: lastCommit, refusals: refusals, heldKeys: heldKeys)
  }

  static let json = RecordConverter.json(schemasEnabled: false, JSONOptions())

  /// A connector as the recorded ones: prefix `fin`, database `bank`, JSON without schemas.
  static func options(
    key: RecordConverter = json, value: RecordConverter = json, filter: [String] = [],
    transforms: [TransformStep] = []
  ) throws -> PipelineOptions {
    var options = PipelineOptions(
      topics: TopicName(prefix: "fin"), database: "bank", values: ValueOptions(), keyConverter: key,
      valueConverter: value, filter: try TableFilter(tableIncludeList: filter), columnFilter: try ColumnFilter(),
      transforms: transforms, runID: runID)
    options.heartbeatTopic = "__debezium-heartbeat.fin"
    return options
  }

  /// Answers `needsRow`.
  func supply(_ answer: RowAnswer) throws(PipelineError) {
    defer { drain() }
    try pipeline.supply(answer)
  }

  func takeReselectionWarning() -> ReselectionWarning? { pipeline.takeReselectionWarning() }

  @discardableResult
  func receive(_ message: [UInt8], at lsn: UInt64 = 0) throws(PipelineError) -> EventPipeline.Step {
    let position = LSN(rawValue: lsn)
    defer { drain() }
    let step = try pipeline.receive(
      message.span.bytes,
      XLogDataHeader(walStart: position, walEnd: position, sentAt: PostgresTimestamp(microsecondsSince2000: 0)),
      now: PipelineRun.now)
    if case .needsTable(let relation) = step, let table = tables[relation.oid.rawValue] {
      pipeline.install(relation, table.description)
    }
    return step
  }

  private func drain() {
    while !pipeline.records.isEmpty {
      let bytes = pipeline.records.first.record.bytes.array
      recordPlaces.append(pipeline.records.first.recordPlace)
      records.append(
        SentRecord(
          topic: pipeline.topics.names[pipeline.records.first.record.topic],
          partition: pipeline.records.first.record.partition,
          key: pipeline.records.first.record.key.map { Array(bytes[$0]) },
          value: pipeline.records.first.record.value.map { Array(bytes[$0]) },
          headers: pipeline.records.first.record.headers.map { header in
            .init(
              name: String(decoding: bytes[header.name], as: UTF8.self), value: header.value.map { Array(bytes[$0]) })
          }, timestampMilliseconds: pipeline.records.first.record.timestampMilliseconds))
      pipeline.records.removeFirst()
    }
  }

  /// A blocking snapshot begins.
  func interrupt() { pipeline.setPlansAside() }

  /// The rows of a chunk, all at once.
  func chunk(_ rows: WindowRows) throws {
    pipeline.openWindow(rows, isDeduplicating: true)
    while try pipeline.emitWindowRow(now: PipelineRun.now) {}
    drain()
  }

  func describe(_ table: TestTable) throws {
    tables[table.oid] = table
    try receive(table.relation)
  }

  func begin(_ xid: UInt32 = 7, at unixMicroseconds: Int64 = 0, first lsn: UInt64 = 0) throws {
    try receive(
      WireBuilder.begin(
        commitLSN: 0,
        microseconds: PostgresTimestamp(unixMicroseconds: unixMicroseconds).microsecondsSince2000, xid: xid), at: lsn)
  }

  func commit(end: UInt64) throws { try receive(WireBuilder.commit(commitLSN: end, endLSN: end), at: end) }

  /// One transaction whose first record in the log stands at `first`.
  func transaction(_ xid: UInt32, at unixMicroseconds: Int64, first: UInt64 = 0, end: UInt64, _ body: () throws -> Void)
    throws
  {
    try begin(xid, at: unixMicroseconds, first: first)
    try body()
    try commit(end: end)
  }

  func insert(_ table: TestTable, at lsn: UInt64 = 0, _ values: WireBuilder.Value...) throws {
    try describeOnce(table)
    try receive(WireBuilder.insert(table.oid, values), at: lsn)
  }

  func update(
    _ table: TestTable, at lsn: UInt64 = 0, old: (tag: Character, values: [WireBuilder.Value])? = nil,
    _ values: WireBuilder.Value...
  ) throws {
    try describeOnce(table)
    try receive(WireBuilder.update(table.oid, old: old, values), at: lsn)
  }

  func delete(_ table: TestTable, at lsn: UInt64 = 0, tag: Character = "K", _ values: WireBuilder.Value...) throws {
    try describeOnce(table)
    try receive(WireBuilder.delete(table.oid, tag: tag, values), at: lsn)
  }

  private func describeOnce(_ table: TestTable) throws {
    if tables[table.oid] == nil { try describe(table) }
  }

  /// A row of `COPY … TO STDOUT`.
  func snapshot(_ table: TestTable, _ line: String, _ marker: SnapshotMarker, at origin: SnapshotOrigin) throws {
    try describeOnce(table)
    var row = CopyRow()
    let bytes = Array(line.utf8)
    try row.decode(text: bytes.span.bytes)
    try pipeline.snapshotRow(
      RelationOID(rawValue: table.oid), row.tuple, row.bytes.bytes, marker: marker, at: origin, now: PipelineRun.now)
    drain()
  }

  /// A dead letter's change once more.
  func replay(_ letter: LetteredChange, _ table: TestTable) throws {
    _ = try pipeline.replay(letter, table.description, now: PipelineRun.now)
    drain()
  }

  func heartbeat() throws {
    try pipeline.heartbeat(now: PipelineRun.now, at: .invalid)
    drain()
  }

  func restartStream() { pipeline.streamRestarted() }
  var topics: [String] { pipeline.topics.names }
  var capturedChanges: UInt64 { pipeline.capturedChanges }
  /// How many dead letters there are since the last call.
  func takeDeadLetters() -> Int { pipeline.takeDeadLetters().errors.count }

  func takeSkippedChanges() -> [PipelineError] { pipeline.takeSkippedChanges().errors }
  func takeConversionWarning() -> ConversionWarning? { pipeline.takeConversionWarning() }
}

/// Byte for byte, record by record, so that a failure shows the first record that differs.
func expectEqual(_ actual: [SentRecord], _ expected: [SentRecord]) {
  #expect(actual.count == expected.count)
  for (index, (actual, expected)) in zip(actual, expected).enumerated() where actual != expected {
    Issue.record("record \(index):\n\(actual)\ninstead of\n\(expected)")
    return
  }
}
