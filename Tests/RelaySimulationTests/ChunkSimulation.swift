import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayRuntime
import RelayTestSupport

/// A database of one table with a key, a signalling table and a slot. Whoever reads chunks sees the state of the moment, while
/// the log goes its own pace.
final class ChunkWorld: ChunkReading {
  static let table: UInt32 = 1
  static let signals: UInt32 = 2

  private(set) var rows: [Int: Int] = [:]
  private(set) var frames: [(lsn: UInt64, bytes: [UInt8])] = []
  private(set) var walEnd: UInt64 = 1_000
  private var version = 0
  let watermarks: IncrementalSnapshot.Watermarks
  private static let chunkRows = 3

  private enum Step {
    case open, read, close
  }
  private var request: ChunkRequest?
  private var step = Step.open
  private var answer: ChunkAnswer?

  init(_ watermarks: IncrementalSnapshot.Watermarks) { self.watermarks = watermarks }

  // MARK: Changes

  private func transaction(_ messages: [[UInt8]]) {
    let begin = walEnd
    let commit = begin + UInt64(messages.count + 1) * 8
    frames.append((begin, WireBuilder.xLogData(at: begin, WireBuilder.begin(commitLSN: commit))))
    for (index, message) in messages.enumerated() {
      let lsn = begin + UInt64(index) * 8
      frames.append((lsn, WireBuilder.xLogData(at: lsn, message)))
    }
    walEnd = commit + 8
    frames.append((commit, WireBuilder.xLogData(at: commit, WireBuilder.commit(commitLSN: commit, endLSN: walEnd))))
  }

  func change(_ keys: [Int], deleting: Bool) {
    var messages: [[UInt8]] = []
    for key in keys {
      version += 1
      if deleting {
        guard rows.removeValue(forKey: key) != nil else { continue }
        messages.append(WireBuilder.delete(ChunkWorld.table, [.text(String(key)), .null]))
      } else {
        let row = [WireBuilder.Value.text(String(key)), .text(String(version))]
        messages.append(
          rows.updateValue(version, forKey: key) == nil
            ? WireBuilder.insert(ChunkWorld.table, row) : WireBuilder.update(ChunkWorld.table, row))
      }
    }
    if !messages.isEmpty { transaction(messages) }
  }

  func signal(_ id: String, _ type: String, _ data: String) {
    transaction([WireBuilder.insert(ChunkWorld.signals, [.text(id), .text(type), .text(data)])])
  }

  // MARK: Chunks

  func begin(_ request: ChunkRequest) {
    self.request = request
    answer = nil
    step = .open
  }

  func poll() -> ChunkAnswer? {
    defer { answer = nil }
    return answer
  }

  /// The thread that reads goes one step.
  func readOn() {
    guard let request else { return }
    switch step {
    case .open:
      if watermarks == .signalTable { signal("\(request.id)-open", SignalMessage.windowOpen, "{}") }
      step = .read
    case .read:
      answer = read(request)
      step = .close
    case .close:
      if watermarks == .signalTable { signal("\(request.id)-close", SignalMessage.windowClose, "{}") }
      self.request = nil
    }
  }

  private func read(_ request: ChunkRequest) -> ChunkAnswer {
    let after = request.after?[0].flatMap { Int($0) } ?? Int.min
    guard let maximum = request.maximum?[0].flatMap({ Int($0) }) ?? rows.keys.max() else {
      return ChunkAnswer(id: request.id, finished: [.init(.empty)])
    }
    let keys = rows.keys.filter { $0 > after && (request.after == nil || $0 <= maximum) }.sorted()
      .prefix(ChunkWorld.chunkRows)
    guard let last = keys.last else { return ChunkAnswer(id: request.id, finished: [.init(.succeeded)]) }
    var batch = RowBatch(columnCount: 2)
    for key in keys {
      for text in [String(key), String(rows[key]!)] {
        let bytes = Array(text.utf8)
        batch.append(bytes.span.bytes)
      }
    }
    return ChunkAnswer(
      id: request.id,
      rows: .init(
        chunk: WindowRows(relation: ChunkWorld.relation, table: ChunkWorld.description, rows: batch),
        end: [String(last)], maximum: [String(maximum)]),
      closesAt: watermarks == .position ? LSN(rawValue: walEnd) : nil)
  }

  // MARK: Descriptions

  private static func column(_ name: String, _ type: TypeOID, _ typeName: String) -> ColumnDescription {
    ColumnDescription(name: name, type: TypeDescription(oid: type, name: typeName), typeModifier: -1, isNullable: false)
  }

  static let description = TableDescription(
    id: TableID(schema: "public", name: "t"),
    columns: [column("key", .int4, "int4"), column("version", .int4, "int4")], keyColumns: ["key"])

  static let signalDescription = TableDescription(
    id: TableID(schema: "public", name: "sig"),
    columns: ["id", "type", "data"].map { column($0, .text, "text") }, keyColumns: ["id"])

  static let relation = Relation(
    oid: RelationOID(rawValue: table), schema: "public", name: "t", replicaIdentity: .default,
    columns: description.columns.map {
      Relation.Column(isKey: $0.name == "key", name: $0.name, type: $0.type.oid, typeModifier: -1)
    })

  static let relationFrames = [
    WireBuilder.xLogData(
      at: 0, WireBuilder.relation(table, name: "t", columns: [("key", 23, -1, true), ("version", 23, -1, false)])),
    WireBuilder.xLogData(
      at: 0,
      WireBuilder.relation(
        signals, name: "sig", columns: [("id", 25, -1, true), ("type", 25, -1, false), ("data", 25, -1, false)])),
  ]
}

/// A connection to a `ChunkWorld` that starts at a position.
struct ChunkSource: ReplicationSource, ~Copyable {
  private let world: ChunkWorld
  private var preamble = ChunkWorld.relationFrames
  private var next: Int
  private var available = 0
  private var owesKeepalive = false
  private var isBroken = false

  init(_ world: ChunkWorld, from position: LSN) {
    self.world = world
    next = world.frames.firstIndex { $0.lsn >= position.rawValue } ?? world.frames.count
  }

  mutating func deliver(_ count: Int) { available += count }
  mutating func disconnect() { isBroken = true }

  mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    if !preamble.isEmpty {
      let frame = preamble.removeFirst()
      body(frame.span.bytes)
      return .frame
    }
    if next < world.frames.count, available > 0 {
      available -= 1
      let frame = world.frames[next].bytes
      body(frame.span.bytes)
      next += 1
      return .frame
    }
    if next == world.frames.count, owesKeepalive {
      owesKeepalive = false
      let frame = WireBuilder.keepalive(walEnd: world.walEnd)
      body(frame.span.bytes)
      return .frame
    }
    return .nothing
  }

  mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) {
    owesKeepalive = update.replyRequested || owesKeepalive
  }
  mutating func execute(_ sql: String) throws(SourceError) {}
  mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer { .missing }

  mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    relation.name == "t" ? ChunkWorld.description : ChunkWorld.signalDescription
  }
}

/// Keeps keys and values in the order in which Kafka would, and acknowledges them later.
struct ChunkSink: EventSink, ~Copyable {
  final class Log {
    /// Key and version, `nil` for a delete, in the order written.
    var records: [(key: Int, version: Int?, isRead: Bool)] = []
  }

  private let log: Log
  private var topics: [String] = []
  private var tickets: [UInt64] = []
  private let queueMax: Int

  init(_ log: Log, queueMax: Int) {
    self.log = log
    self.queueMax = queueMax
  }

  mutating func addTopic(_ name: String) throws(SinkError) -> Int {
    topics.append(name)
    return topics.count - 1
  }

  mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued {
    guard tickets.count < queueMax else { return .queueFull }
    tickets.append(ticket)
    guard topics[record.topic] == "p.public.t", let key = record.key, let value = record.value else { return .accepted }
    let bytes = record.bytes.array
    let number = Int(String(decoding: bytes[key], as: UTF8.self).filter(\.isNumber))!
    let text = String(decoding: bytes[value], as: UTF8.self)
    let after = text.split(separator: "\"after\":", maxSplits: 1)[1]
    let version =
      after.hasPrefix("null")
      ? nil : Int(after.split(separator: "\"version\":", maxSplits: 1)[1].prefix { $0.isNumber })
    log.records.append((number, version, text.contains("\"op\":\"r\"")))
    return .accepted
  }

  var acknowledgements = 0
  mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
    while acknowledgements > 0, !tickets.isEmpty {
      acknowledgements -= 1
      body(tickets.removeFirst(), .acknowledged)
    }
    acknowledgements = 0
  }
}
