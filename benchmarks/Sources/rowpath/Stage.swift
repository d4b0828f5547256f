import Acknowledgement
import ConnectData
import EventEncoding
import EventRouting
import KafkaSink
import PgOutput
import Primitives

/// One part of the row path, driven with the same row again and again.
enum Stage: String, CaseIterable {
  /// pgoutput to offsets.
  case decode
  /// A row of a snapshot's COPY to offsets, in text format.
  case copyText = "copy-text"
  /// The same in binary, whose values become text.
  case copyBinary = "copy-binary"
  /// Frame to Kafka record: decoding, routing by table, key and envelope, headers.
  case encode
  /// Frame to Kafka record through EventRouter with an expanded payload.
  case route
  /// `encode`, and what the loop keeps of each record until Kafka has acknowledged it.
  case ledger
  /// Record to librdkafka, which sends it to a broker of its own in the same process, and back as a delivery report.
  case produce
  /// Allocates once a row: what the count of allocations must find.
  case control

  static let rowsPerTransaction = 100

  func run(rows: Int) throws {
    switch self {
    case .decode: try Stage.decode(rows)
    case .copyText: try Stage.copyText(rows)
    case .copyBinary: try Stage.copyBinary(rows)
    case .encode: try Stage.encode(.transactions, [], rows) { _ in }
    case .route: try Stage.encode(.outbox, [try Stage.eventRouter()], rows) { _ in }
    case .ledger: try Stage.ledger(rows)
    case .produce: try Stage.produce(rows)
    case .control: for row in 0..<rows { Stage.kept = [UInt8](repeating: UInt8(truncatingIfNeeded: row), count: 16) }
    }
  }

  /// Where the control's allocation goes, so that it is not optimised away. The program has one thread.
  nonisolated(unsafe) static var kept: [UInt8] = []

  private static func decode(_ rows: Int) throws {
    var decoder = PgOutputDecoder()
    let message = ReferenceRow.transactions.insertMessage
    for _ in 0..<rows {
      guard case .insert = try decoder.decode(message.span.bytes) else { throw Failure.unexpected }
    }
  }

  private static func copyText(_ rows: Int) throws {
    var row = CopyRow()
    let line = ReferenceRow.transactions.copyText
    for _ in 0..<rows { try row.decode(text: line.span.bytes) }
    guard row.tuple.count == ReferenceRow.transactions.columns.count else { throw Failure.unexpected }
  }

  private static func copyBinary(_ rows: Int) throws {
    var row = CopyRow()
    let (message, forms) = ReferenceRow.transactions.copyBinary
    for _ in 0..<rows {
      guard try row.decode(binary: message.span.bytes, forms.span) else { throw Failure.unexpected }
    }
    let expected = ReferenceRow.transactions.columns.map(\.text).joined()
    guard String(decoding: row.bytes.array, as: UTF8.self) == expected else { throw Failure.unexpected }
  }

  private static func ledger(_ rows: Int) throws {
    var ledger = InFlightLedger(startingAt: .invalid)
    var position: UInt64 = 0
    try encode(.transactions, [], rows) { isFirst in
      if isFirst {
        if ledger.hasOpenUnit {
          position += 100
          ledger.commit(endLSN: LSN(rawValue: position), committedAt: PostgresTimestamp(microsecondsSince2000: 0))
        }
        ledger.settle()
        ledger.begin(at: LSN(rawValue: position))
      }
      let ticket = ledger.openTicket
      ledger.recordAccepted()
      precondition(ledger.recordAcknowledged(ticket))
    }
  }

  private static func encode(
    _ row: ReferenceRow, _ transforms: [TransformStep], _ rows: Int, _ each: (_ isFirst: Bool) -> Void
  ) throws {
    var pipeline = try makePipeline(row, transforms)
    let insert = row.insertMessage
    var lsn: UInt64 = 0x1_0000_0000
    var message = ByteWriter()
    for number in 0..<rows {
      if number % rowsPerTransaction == 0 { try nextTransaction(&pipeline, &lsn, &message) }
      lsn += 200
      _ = try pipeline.receive(insert.span.bytes, header(lsn), now: 1_795_225_000_123_456_789)
      guard !pipeline.records.isEmpty else { throw Failure.unexpected }
      each(number % rowsPerTransaction == 0)
      pipeline.records.removeFirst()
    }
  }

  private static func produce(_ rows: Int) throws {
    var producer = try KafkaProducer(properties: [("test.mock.num.brokers", "1"), ("linger.ms", "0.5")])
    let topic = try producer.topicIndex("bench.public.transactions")
    var pipeline = try makePipeline(.transactions, [])
    var lsn: UInt64 = 0x1_0000_0000
    var message = ByteWriter()
    try nextTransaction(&pipeline, &lsn, &message)
    _ = try pipeline.receive(
      ReferenceRow.transactions.insertMessage.span.bytes, header(lsn), now: 1_795_225_000_123_456_789)
    pipeline.records.first.record.topic = topic
    var sent = 0
    var reported = 0
    while reported < rows {
      while sent < rows, sent - reported < 10_000 {
        guard try producer.enqueue(pipeline.records.first.record, ticket: UInt(sent)) == .accepted else { break }
        sent += 1
      }
      _ = producer.collectDeliveries(timeoutMilliseconds: 1) { _, result in
        precondition(result.error == nil)
        reported += 1
      }
    }
  }

  private static func makePipeline(_ row: ReferenceRow, _ transforms: [TransformStep]) throws -> EventPipeline {
    let json = RecordConverter.json(schemasEnabled: false, JSONOptions())
    var pipeline = EventPipeline(
      PipelineOptions(
        topics: TopicName(prefix: "bench"), database: "bench", values: ValueOptions(), keyConverter: json,
        valueConverter: json, filter: try TableFilter(), columnFilter: try ColumnFilter(), transforms: transforms,
        runID: "01a1fbeb-f0f2-7f6f-83af-42445af57a74"), lastCommit: LSN(rawValue: 0x1_0000_0000))
    guard
      case .needsTable(let relation) = try pipeline.receive(row.relationMessage.span.bytes, header(1), now: 0)
    else { throw Failure.unexpected }
    pipeline.install(relation, row.table)
    return pipeline
  }

  private static func nextTransaction(
    _ pipeline: inout EventPipeline, _ lsn: inout UInt64, _ message: inout ByteWriter
  ) throws {
    lsn += 100
    if lsn > 0x1_0000_0064 {
      message.removeAll()
      message.append(UInt8(ascii: "C"))
      message.append(0)
      message.append(bigEndian: lsn)
      message.append(bigEndian: lsn + 50)
      message.append(bigEndian: Int64(750_000_000_000_000))
      _ = try pipeline.receive(message.bytes, header(lsn), now: 0)
    }
    message.removeAll()
    message.append(UInt8(ascii: "B"))
    message.append(bigEndian: lsn + 20_000)
    message.append(bigEndian: Int64(750_000_000_000_000))
    message.append(bigEndian: UInt32(truncatingIfNeeded: lsn / 100))
    _ = try pipeline.receive(message.bytes, header(lsn), now: 0)
  }

  private static func header(_ lsn: UInt64) -> XLogDataHeader {
    let position = LSN(rawValue: lsn)
    return XLogDataHeader(
      walStart: position, walEnd: position, sentAt: PostgresTimestamp(microsecondsSince2000: 750_000_000_000_000))
  }

  private static func eventRouter() throws -> TransformStep {
    var options = EventRouterOptions(
      router: RegexRouter(
        pattern: try JavaPattern("(?<routedByValue>.*)"), replacement: try JavaReplacement("outbox.event.$1")))
    options.expandsJSONPayload = true
    options.keyField = "aggregate_id"
    options.routeByField = "aggregate_type"
    options.placements = [.init(column: "event_type", target: .header, alias: "event_type")]
    return TransformStep(alias: "outbox", kind: .eventRouter(options), predicate: nil)
  }

  enum Failure: Error { case unexpected }
}
