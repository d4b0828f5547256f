import EventEncoding
import EventRouting
import PgOutput
import PostgresSource
import Primitives

/// The database's side: every row of the captured tables as it is in one snapshot, by the key under which Kafka must have
/// it.
struct ExpectedRows {
  let options: PipelineOptions
  let laterOptions: PipelineOptions
  /// `YYYY-MM-DD…` text of the window's begin, and columns that say when a row was last written.
  let window: (since: String, columns: [String])?
  let isStopped: () -> Bool

  /// Rows that are made in every form to learn what of a record says nothing of the row.
  private static let samplesMax = 64

  /// What of the row's table is being read.
  private struct Reading {
    let index: Int
    let table: SnapshotTable
    var samples = 0
    var aggregateColumn: Int?
    /// The last column says whether the row is inside the window.
    var hasWindowColumn = false
  }

  func read(
    _ tables: [SnapshotTable], on connection: borrowing PostgresConnection, into subject: inout ProofSubject,
    _ spill: inout ProofSpill, _ reader: inout RecordContentReader, _ report: inout ProofReport,
    progress: (String) -> Void
  ) throws(ConnectorFailure) {
    var forms: RowForms
    do throws(PipelineError) {
      forms = try RowForms(options, later: laterOptions)
    } catch {
      throw ConnectorFailure(.delivery, error.description)
    }
    var number: UInt64 = 0
    for table in tables {
      guard let select = table.select else {
        report.remarks.append(
          "\(table.id): not compared, as its statement in snapshot.select.statement.overrides is empty")
        continue
      }
      if isStopped() { return }
      var reading = Reading(index: subject.tables.count, table: table)
      subject.tables.append(try describe(table, on: connection))
      reading.aggregateColumn = table.description.columns.firstIndex { $0.name == aggregateColumn }
      let copied = windowed(select, table, &reading)
      forms.begin(table)
      let before = number
      try copy(copied, on: connection) { (row) throws(ConnectorFailure) in
        number += 1
        try take(&reading, row, number, &forms, &subject, &spill, &reader, &report)
      }
      progress("\(table.id): \(number - before) rows read")
      tellTopic(of: reading, number == before, &subject, &report)
    }
  }

  private var aggregateColumn: String? {
    for case .eventRouter(let router) in options.transforms.map(\.kind) { return router.routeByField }
    return nil
  }

  private func describe(
    _ table: SnapshotTable, on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) -> ProofTable {
    var proof = ProofTable(name: table.id.description)
    proof.publishesChanges = options.skippedOperations.isDisjoint(with: [.create, .update])
    do throws(PostgresError) {
      let late = try connection.query(
        "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND atthasmissing AND NOT attisdropped",
        [table.oid.description])
      for row in late.rows { if let name = row[0] { proof.lateColumns.insert(ContentHash.of(name)) } }
    } catch {
      throw ConnectorFailure(postgres: error, doing: "reading the catalogue")
    }
    return proof
  }

  private func windowed(_ select: String, _ table: SnapshotTable, _ reading: inout Reading) -> String {
    guard let window else { return select }
    guard
      let column = window.columns.first(where: { name in table.description.columns.contains { $0.name == name } })
    else { return select }
    reading.hasWindowColumn = true
    let condition =
      "\(PostgresConnection.quoted(identifier: column)) >= \(PostgresConnection.quoted(literal: window.since))::timestamptz"
    return "SELECT sluice_rows.*, coalesce(\(condition), true) FROM (\(select)) AS sluice_rows"
  }

  private func copy(
    _ select: String, on connection: borrowing PostgresConnection,
    _ body: (borrowing CopyRow) throws(ConnectorFailure) -> Void
  ) throws(ConnectorFailure) {
    var row = CopyRow()
    var failure: DecodeError?
    do throws(PostgresError) {
      var copy = try CopyOutReader("COPY (\(select)) TO STDOUT", on: connection)
      while true {
        if isStopped() { return }
        var isWaiting = false
        let hasRow = try Self.next(&copy, &row, &isWaiting, &failure)
        if let failure { throw PostgresError(kind: .unexpectedAnswer, message: "COPY: \(failure)") }
        if isWaiting { continue }
        guard hasRow else { return }
        do throws(ConnectorFailure) {
          try body(row)
        } catch {
          throw PostgresError(kind: .unexpectedAnswer, message: error.description)
        }
      }
    } catch {
      throw ConnectorFailure(postgres: error, doing: "reading rows")
    }
  }

  private static func next(
    _ copy: inout CopyOutReader, _ row: inout CopyRow, _ isWaiting: inout Bool, _ failure: inout DecodeError?
  ) throws(PostgresError) -> Bool {
    try copy.next(timeoutMilliseconds: 200, isWaiting: &isWaiting) { line in
      do throws(DecodeError) {
        try row.decode(text: line)
      } catch {
        failure = error
      }
    }
  }

  // MARK: One row

  private func take(
    _ reading: inout Reading, _ row: borrowing CopyRow, _ number: UInt64, _ forms: inout RowForms,
    _ subject: inout ProofSubject, _ spill: inout ProofSpill, _ reader: inout RecordContentReader,
    _ report: inout ProofReport
  ) throws(ConnectorFailure) {
    let bytes = row.bytes.bytes
    var tuple = row.tuple
    var isInWindow = window == nil
    if reading.hasWindowColumn {
      tuple = TupleLayout()
      for index in 0..<(row.tuple.count - 1) { tuple.append(row.tuple[index]) }
      if case .text(let range) = row.tuple[row.tuple.count - 1] { isInWindow = bytes.extracting(range).equals("t") }
    }
    guard tuple.count == reading.table.description.columns.count else {
      throw ConnectorFailure(.delivery, "\(reading.table.id): a row of \(tuple.count) columns")
    }
    let read = try Self.tolerant { () throws(PipelineError) in try forms.asRead(tuple, bytes, &reader) }
    let inserted = try Self.tolerant { () throws(PipelineError) in try forms.asInserted(tuple, bytes, &reader) }
    if reading.samples < Self.samplesMax {
      reading.samples += 1
      try sample(
        &subject.tables[reading.index], isFirst: reading.samples == 1, tuple, bytes, inserted.made, &forms, &reader)
    }
    guard let made = inserted.made ?? read.made else {
      // The connector cannot make a record of it either: it stops there, or sends a dead letter.
      if inserted.isRefused || read.isRefused {
        let topic = subject.topic(options.topics.data(reading.table.id))
        let line = subject.line(reading.index, topic, aggregate: nil, &report)
        report.lines[line].rows += 1
        report.lines[line].deadLettered += 1
      }
      return
    }
    var aggregate: String?
    if made.isEvent, let column = reading.aggregateColumn, case .text(let range) = tuple[column] {
      aggregate = unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
    let topic = subject.topic(made.topic)
    subject.tableOfTopic[topic] = reading.index
    subject.tables[reading.index].isOutbox = made.isEvent
    subject.tables[reading.index].hasKey = made.isEvent || made.key != nil
    let line = subject.line(reading.index, topic, aggregate: aggregate, &report)
    let volatile = subject.tables[reading.index].volatile
    func entry(_ form: RowForms.Made) -> ProofEntry {
      let identity =
        if form.isEvent, let id = form.id {
          unsafe ProofIdentity.event(id.span.bytes)
        } else if let key = form.key {
          unsafe ProofIdentity.key(key.span.bytes)
        } else {
          ProofIdentity.content(form.content.hash(without: volatile))
        }
      return ProofEntry(
        side: .expected, topic: UInt32(topic), identity: identity, line: UInt32(line), number: number,
        isInWindow: isInWindow, content: Self.content(form))
    }
    do throws(ProofSpill.Failure) {
      try spill.add(entry(made))
      // Some values have another form where a snapshot reads them.
      if let read = read.made, inserted.made != nil, read.topic == made.topic, read.key == made.key,
        read.content.hash(without: volatile) != made.content.hash(without: volatile)
      {
        try spill.add(entry(read))
      }
    } catch {
      throw ConnectorFailure(.delivery, error.description)
    }
  }

  /// An event's key is not what it is known by, so it is compared.
  static func content(_ made: RowForms.Made) -> RecordContent {
    var content = made.content
    if made.isEvent, let key = made.key {
      content.fields.append(.init(name: ContentHash.of(RecordContent.keyName), value: ContentHash.of(key)))
    }
    return content
  }

  private static func tolerant(
    _ make: () throws(PipelineError) -> RowForms.Made?
  ) throws(ConnectorFailure) -> (made: RowForms.Made?, isRefused: Bool) {
    do throws(PipelineError) {
      return (try make(), false)
    } catch {
      guard error.concernsOneRecord else { throw ConnectorFailure(.delivery, error.description) }
      return (nil, true)
    }
  }

  /// Learns which fields differ though the row is the same, what stands for values that an update does not send, and
  /// whether deletes are told.
  private func sample(
    _ table: inout ProofTable, isFirst: Bool, _ tuple: TupleLayout, _ bytes: RawSpan, _ made: RowForms.Made?,
    _ forms: inout RowForms, _ reader: inout RecordContentReader
  ) throws(ConnectorFailure) {
    guard let made else { return }
    let later = try Self.tolerant { () throws(PipelineError) in try forms.asComesLater(tuple, bytes, &reader) }
    if let later = later.made {
      for field in later.content.fields where made.content.value(of: field.name) != field.value {
        table.volatile.insert(field.name)
      }
      for field in made.content.fields where later.content.value(of: field.name) == nil {
        table.volatile.insert(field.name)
      }
    }
    guard isFirst, !made.isEvent else { return }
    for column in forms.omittedColumns {
      let unavailable = try Self.tolerant { () throws(PipelineError) in
        try forms.asUnavailable(column, tuple, bytes, &reader)
      }
      for field in unavailable.made?.content.fields ?? [] where !table.volatile.contains(field.name) {
        if made.content.value(of: field.name) != field.value { table.unavailable[field.name] = field.value }
      }
    }
    if options.skippedOperations.contains(.delete) {
      table.publishesDeletes = false
      return
    }
    do throws(PipelineError) {
      table.publishesDeletes = try forms.deleteIsPublished(tuple, bytes, &reader)
    } catch {
      // It cannot be told: what is left in Kafka is judged.
    }
  }

  /// An empty table's topic is read too: what is in it is extra.
  private func tellTopic(
    of reading: Reading, _ isEmpty: Bool, _ subject: inout ProofSubject, _ report: inout ProofReport
  ) {
    let hasRouter = options.transforms.contains { if case .eventRouter = $0.kind { true } else { false } }
    guard isEmpty, !hasRouter else { return }
    let topic = subject.topic(options.topics.data(reading.table.id))
    if subject.tableOfTopic[topic] == nil { subject.tableOfTopic[topic] = reading.index }
    subject.tables[reading.index].hasKey = !reading.table.description.keyColumns.isEmpty
    subject.tables[reading.index].publishesDeletes = !options.skippedOperations.contains(.delete)
    _ = subject.line(reading.index, topic, aggregate: nil, &report)
  }
}
