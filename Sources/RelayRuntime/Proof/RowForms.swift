import EventEncoding
import EventRouting
import PgOutput
import Primitives

/// Makes the records that the connector would publish of a row, by its own pipeline: as a snapshot reads it, and as a
/// change brings it. So whatever its converters, masks and transforms do is in what is compared.
struct RowForms: ~Copyable {
  /// A record as far as it is compared.
  struct Made {
    let topic: String
    let key: [UInt8]?
    /// Value of the header `id`.
    let id: [UInt8]?
    let content: RecordContent
    var isEvent: Bool { id != nil && content.operation == 0 }
  }

  private var snapshot: EventPipeline
  private var change: EventPipeline
  /// The same at another time and place of the log: what differs says nothing of the row.
  private var later: EventPipeline
  private var message = ByteWriter(minimumCapacity: 1_024)
  private var oid = RelationOID(rawValue: 0)
  /// Columns that the stream has: generated ones it has not.
  private var streamed: [Int] = []
  private var keyColumns: Set<Int> = []

  private static let first = LSN(rawValue: 0x1_0000_0010)
  private static let second = LSN(rawValue: 0x2_0000_0020)
  private static let origin = SnapshotOrigin(lsn: first, unixMicroseconds: 1_000_000_000_000_000, transactionID: 1)

  init(_ options: PipelineOptions, later laterOptions: PipelineOptions) throws(PipelineError) {
    snapshot = EventPipeline(Self.plain(options), lastCommit: nil)
    change = EventPipeline(Self.plain(options), lastCommit: nil)
    later = EventPipeline(Self.plain(laterOptions), lastCommit: LSN(rawValue: 1))
    _ = try Self.begin(&change, at: Self.first, transaction: 1_000, microseconds: 0)
    _ = try Self.begin(&later, at: Self.second, transaction: 2_001, microseconds: 86_400_123_456)
  }

  /// What a row's record does not depend on is left out.
  private static func plain(_ options: PipelineOptions) -> PipelineOptions {
    var options = options
    options.providesTransactionMetadata = false
    options.deadLetter = nil
    options.processingFailureMode = .fail
    options.signals = nil
    options.reselection = nil
    options.skippedOperations = []
    options.skipsUnchangedRows = false
    return options
  }

  mutating func begin(_ table: SnapshotTable) {
    oid = table.oid
    let columns = table.description.columns
    streamed = columns.indices.filter { !columns[$0].isGenerated }
    keyColumns = Set(columns.indices.filter { table.description.keyColumns.contains(columns[$0].name) })
    let relation = Relation(
      oid: oid, schema: table.relation.schema, name: table.relation.name,
      replicaIdentity: table.relation.replicaIdentity, columns: streamed.map { table.relation.columns[$0] })
    let description = TableDescription(
      id: table.description.id, columns: streamed.map { columns[$0] }, keyColumns: table.description.keyColumns)
    snapshot.install(table.relation, table.description, origin: .snapshot)
    change.install(relation, description)
    later.install(relation, description)
  }

  // MARK: One row's records

  /// As a snapshot reads it.
  mutating func asRead(
    _ tuple: TupleLayout, _ bytes: RawSpan, _ reader: inout RecordContentReader
  ) throws(PipelineError) -> Made? {
    try snapshot.snapshotRow(oid, tuple, bytes, marker: .true, at: Self.origin, now: 1_000_000_000_000_000_000)
    return Self.take(&snapshot, &reader)
  }

  /// As an INSERT brings it.
  mutating func asInserted(
    _ tuple: TupleLayout, _ bytes: RawSpan, _ reader: inout RecordContentReader
  ) throws(PipelineError) -> Made? {
    write("I", "N", tuple, bytes)
    _ = try Self.receive(&change, message, at: Self.first)
    return Self.take(&change, &reader)
  }

  /// As it comes at another time: as an UPDATE brings it, where that gives a record, else as an INSERT does.
  mutating func asComesLater(
    _ tuple: TupleLayout, _ bytes: RawSpan, _ reader: inout RecordContentReader
  ) throws(PipelineError) -> Made? {
    for tag: Unicode.Scalar in ["U", "I"] {
      write(tag, "N", tuple, bytes)
      do throws(PipelineError) {
        _ = try Self.receive(&later, message, at: Self.second)
      } catch {
        // An event router may refuse updates.
        guard tag == "U", error.concernsOneRecord else { throw error }
      }
      if let made = Self.take(&later, &reader) { return made }
    }
    return nil
  }

  /// Columns that an update may leave out.
  var omittedColumns: [Int] { streamed.filter { !keyColumns.contains($0) } }

  /// As an UPDATE brings it that does not touch the column, of which the server then may not send the value.
  mutating func asUnavailable(
    _ column: Int, _ tuple: TupleLayout, _ bytes: RawSpan, _ reader: inout RecordContentReader
  ) throws(PipelineError) -> Made? {
    write("U", "N", tuple, bytes, leavingOut: column)
    _ = try Self.receive(&later, message, at: Self.second)
    return Self.take(&later, &reader)
  }

  /// Whether a DELETE of the row says in Kafka that it is gone.
  mutating func deleteIsPublished(
    _ tuple: TupleLayout, _ bytes: RawSpan, _ reader: inout RecordContentReader
  ) throws(PipelineError) -> Bool {
    write("D", "O", tuple, bytes)
    _ = try Self.receive(&later, message, at: Self.second)
    var isPublished = false
    while !later.records.isEmpty {
      if let made = Self.next(&later, &reader), made.content.kind == .deletion { isPublished = true }
    }
    return isPublished
  }

  // MARK: Messages

  /// Source: PostgreSQL manual, "Logical Replication Message Formats", Insert, Update, Delete, TupleData.
  private mutating func write(
    _ tag: Unicode.Scalar, _ tupleTag: Unicode.Scalar, _ tuple: TupleLayout, _ bytes: RawSpan,
    leavingOut omitted: Int? = nil
  ) {
    message.removeAll()
    message.append(UInt8(ascii: tag))
    message.append(bigEndian: oid.rawValue)
    message.append(UInt8(ascii: tupleTag))
    message.append(bigEndian: Int16(streamed.count))
    for index in streamed {
      switch tuple[index] {
      case _ where index == omitted: message.append(UInt8(ascii: "u"))
      case .null, .unchanged: message.append(UInt8(ascii: "n"))
      case .text(let range), .binary(let range):
        message.append(UInt8(ascii: "t"))
        message.append(bigEndian: Int32(range.count))
        message.append(bytes.extracting(range))
      }
    }
  }

  private static func begin(
    _ pipeline: inout EventPipeline, at lsn: LSN, transaction: UInt32, microseconds: Int64
  ) throws(PipelineError) -> EventPipeline.Step {
    var begin = ByteWriter(minimumCapacity: 32)
    begin.append(UInt8(ascii: "B"))
    begin.append(bigEndian: lsn.rawValue)
    begin.append(bigEndian: microseconds)
    begin.append(bigEndian: transaction)
    return try receive(&pipeline, begin, at: lsn)
  }

  private static func receive(
    _ pipeline: inout EventPipeline, _ message: borrowing ByteWriter, at lsn: LSN
  ) throws(PipelineError) -> EventPipeline.Step {
    try pipeline.receive(
      message.bytes, XLogDataHeader(walStart: lsn, walEnd: lsn, sentAt: PostgresTimestamp(microsecondsSince2000: 0)),
      now: Int64(lsn.rawValue) &* 1_000_003)
  }

  /// The first record; a row has one.
  private static func take(_ pipeline: inout EventPipeline, _ reader: inout RecordContentReader) -> Made? {
    guard !pipeline.records.isEmpty else { return nil }
    defer { pipeline.records.removeAll() }
    return next(&pipeline, &reader)
  }

  private static func next(_ pipeline: inout EventPipeline, _ reader: inout RecordContentReader) -> Made? {
    defer { pipeline.records.removeFirst() }
    let topic = pipeline.topics.names[pipeline.records.first.record.topic]
    return made(pipeline.records.first.record, topic: topic, &reader)
  }

  private static func made(
    _ record: borrowing EncodedRecord, topic: String, _ reader: inout RecordContentReader
  ) -> Made {
    let bytes = record.bytes.bytes
    var id: [UInt8]?
    for header in record.headers {
      if let value = header.value, bytes.extracting(header.name).equals("id") { id = copy(bytes.extracting(value)) }
    }
    let content = if let value = record.value { reader.read(bytes.extracting(value)) } else { reader.read(nil) }
    return Made(topic: topic, key: record.key.map { copy(bytes.extracting($0)) }, id: id, content: content)
  }

  private static func copy(_ span: RawSpan) -> [UInt8] { unsafe span.withUnsafeBytes { unsafe [UInt8]($0) } }
}
