import ConnectData
import DequeModule
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayRuntime

/// A database of one table with a slot, as the walsender shows it: committed transactions in commit order, a confirmed
/// position that survives everything, and connections that break when the script says so.
public final class ScriptedPostgres {
  public struct Row: Hashable, Sendable {
    public let key: Int
    /// Counts up per key in commit order.
    public let version: Int
  }

  public struct Transaction: Sendable {
    public let xid: UInt32
    public let commitLSN: UInt64
    public let endLSN: UInt64
    public let rows: [Row]
  }

  /// What the log holds, in order, as a walsender that sends open transactions tells it.
  enum Event {
    case whole(Transaction)
    /// A block of rows, each with the id of its (sub)transaction.
    case block(xid: UInt32, lsn: UInt64, rows: [(row: Row, xid: UInt32)])
    case rolledBack(xid: UInt32, subtransaction: UInt32)
    case committed(xid: UInt32, Transaction)
  }

  /// A transaction that has not ended: its rows so far, each with the subtransaction it belongs to.
  private struct Open {
    let xid: UInt32
    let key: Int
    var rows: [(row: Row, xid: UInt32)] = []
    var subtransaction: (xid: UInt32, isDoomed: Bool)?
    var version = 0
    var hasBlock = false
  }

  public static let relation: UInt32 = 16_384
  public private(set) var transactions: [Transaction] = []
  private(set) var events: [Event] = []
  private var commitLSNs: [UInt32: UInt64] = [:]
  private var open: [Open] = []
  private var opened = 0
  private var lastXID: UInt32 = 4_294_967_200
  /// `confirmed_flush_lsn`: the server never sends what commits before it, and refuses to go back.
  public private(set) var confirmed: UInt64
  public private(set) var walEnd: UInt64 = 1_000
  private var versions: [Int: Int] = [:]
  public private(set) var committedRows: Set<Row> = []
  public private(set) var statusUpdates = 0
  /// A status update that went back, which the server would ignore and we must not send.
  public private(set) var wentBack = false

  public init() { confirmed = 1_000 }

  /// Commits one transaction. On PostgreSQL 17 the next transaction's first row can stand at this commit's end LSN, and
  /// so it does here.
  public func commit(keys: [Int]) {
    var rows: [Row] = []
    for key in keys {
      versions[key, default: 0] += 1
      rows.append(Row(key: key, version: versions[key]!))
      committedRows.insert(rows[rows.count - 1])
    }
    append(rows, nextXID()) { .whole($0) }
  }

  private func append(_ rows: [Row], _ xid: UInt32, _ event: (Transaction) -> Event) {
    let commitLSN = walEnd + UInt64(rows.count) * 8
    let transaction = Transaction(xid: xid, commitLSN: commitLSN, endLSN: commitLSN + 40, rows: rows)
    transactions.append(transaction)
    events.append(event(transaction))
    walEnd = transaction.endLSN
  }

  // MARK: Open transactions

  public var openTransactions: Int { open.count }
  public private(set) var rolledBackRows = 0

  /// Ids wrap around early.
  private func nextXID() -> UInt32 {
    lastXID = lastXID == .max ? 3 : lastXID + 1
    return lastXID
  }

  /// Begins a transaction on a key of its own.
  public func begin() {
    opened += 1
    open.append(Open(xid: nextXID(), key: 1_000_000 + opened))
  }

  /// An open transaction writes rows, and they go to whoever takes open transactions. `isDoomed`: in a subtransaction
  /// that will be rolled back; `nil`: in none. A subtransaction that is open stays as it is.
  public func write(_ index: Int, rows count: Int, isDoomed: Bool?) {
    if let isDoomed, open[index].subtransaction == nil { open[index].subtransaction = (nextXID(), isDoomed) }
    var rows: [(row: Row, xid: UInt32)] = []
    for _ in 0..<count {
      let row: Row
      if let (xid, isDoomed) = open[index].subtransaction, isDoomed {
        // Of a key that no commit ever holds.
        row = Row(key: -open[index].key, version: Int(xid % 1_000) + 1)
      } else {
        open[index].version += 1
        row = Row(key: open[index].key, version: open[index].version)
      }
      rows.append((row, open[index].subtransaction?.xid ?? open[index].xid))
    }
    open[index].rows += rows
    events.append(.block(xid: open[index].xid, lsn: walEnd, rows: rows))
    open[index].hasBlock = true
    walEnd += UInt64(count) * 8
  }

  /// Releases the subtransaction that is open, or rolls it back.
  public func endSubtransaction(_ index: Int) {
    guard let (xid, isDoomed) = open[index].subtransaction else { return }
    open[index].subtransaction = nil
    guard isDoomed else { return }
    let before = open[index].rows.count
    open[index].rows.removeAll { $0.xid == xid }
    rolledBackRows += before - open[index].rows.count
    events.append(.rolledBack(xid: open[index].xid, subtransaction: xid))
  }

  public func end(_ index: Int, rollingBack: Bool) {
    if !rollingBack { endSubtransaction(index) }
    let transaction = open.remove(at: index)
    guard transaction.hasBlock else { return }
    if rollingBack {
      rolledBackRows += transaction.rows.count
      events.append(.rolledBack(xid: transaction.xid, subtransaction: transaction.xid))
      return
    }
    let rows = transaction.rows.map(\.row)
    committedRows.formUnion(rows)
    append(rows, transaction.xid) { .committed(xid: transaction.xid, $0) }
    commitLSNs[transaction.xid] = transactions.last?.commitLSN
  }

  /// Of a transaction that was open and has committed.
  func commitLSN(ofOpened xid: UInt32) -> UInt64? { commitLSNs[xid] }

  /// WAL of another database or of unpublished tables.
  public func writeUnpublished(bytes: UInt64) { walEnd += bytes }

  func take(_ update: StandbyStatusUpdate) {
    statusUpdates += 1
    if update.flushed.rawValue < confirmed { wentBack = true }
    confirmed = max(confirmed, update.flushed.rawValue)
  }

  static func frames(of transaction: Transaction, describing: Bool) -> [[UInt8]] {
    var lsn = transaction.commitLSN - UInt64(transaction.rows.count) * 8
    var frames = [
      WireBuilder.xLogData(at: lsn, WireBuilder.begin(commitLSN: transaction.commitLSN, xid: transaction.xid))
    ]
    if describing, !transaction.rows.isEmpty {
      frames.append(WireBuilder.xLogData(at: 0, relationMessage))
    }
    for row in transaction.rows {
      frames.append(WireBuilder.xLogData(at: lsn, insert(row)))
      lsn += 8
    }
    frames.append(
      WireBuilder.xLogData(
        at: transaction.commitLSN,
        WireBuilder.commit(commitLSN: transaction.commitLSN, endLSN: transaction.endLSN)))
    return frames
  }

  static let relationMessage = WireBuilder.relation(
    relation, name: "t", columns: [("key", 23, -1, true), ("version", 23, -1, false)])

  static func insert(_ row: Row) -> [UInt8] {
    WireBuilder.insert(relation, [.text(String(row.key)), .text(String(row.version))])
  }

  public static let description = TableDescription(
    id: TableID(schema: "public", name: "t"),
    columns: [
      ColumnDescription(
        name: "key", type: TypeDescription(oid: .int4, name: "int4"), typeModifier: -1, isNullable: false),
      ColumnDescription(
        name: "version", type: TypeDescription(oid: .int4, name: "int4"), typeModifier: -1, isNullable: false),
    ], keyColumns: ["key"])
}

/// One connection to a `ScriptedPostgres`.
public struct ScriptedSource: PublicationSource, ~Copyable {
  private let server: ScriptedPostgres
  private var queue: Deque<[UInt8]> = []
  private let start: UInt64
  private let sendsOpen: Bool
  private let wrongRule: WrongRule?
  /// The end of what Kafka has acknowledged, for a server that is told too early.
  private let acknowledged: () -> LSN
  private var sentEvents = 0
  private var described = false
  private var describedIn: Set<UInt32> = []
  private var isBroken = false
  /// The relay is frozen inside a turn, after so many more frames, and goes on later.
  public var freezesAfterFrames: Int?
  /// Frames that have arrived and not been lent.
  private var available = 0

  /// - Parameter sendsOpen: transactions are sent before they have committed.
  public init(
    _ server: ScriptedPostgres, from position: LSN, sendsOpen: Bool = false, wrongRule: WrongRule? = nil,
    acknowledged: @escaping () -> LSN = { .invalid }
  ) {
    self.server = server
    self.wrongRule = wrongRule
    self.acknowledged = acknowledged
    self.sendsOpen = sendsOpen
    start = max(position.rawValue, server.confirmed)
  }

  /// Lets up to `count` more frames arrive; the server makes them as they are read.
  public mutating func deliver(_ count: Int) {
    sendEvents(frames: available + count)
    available = min(queue.count, available + count)
  }

  /// Until so many frames wait, or the log has no more.
  private mutating func sendEvents(frames count: Int) {
    while queue.count < count, sentEvents < server.events.count {
      send(server.events[sentEvents])
      sentEvents += 1
    }
  }

  /// What a walsender makes of the log. Commits before `start` are left out, and the blocks that belong to them.
  private mutating func send(_ event: ScriptedPostgres.Event) {
    switch event {
    case .whole(let transaction): send(transaction)
    case .block(let xid, let lsn, let rows):
      guard sendsOpen, !isBefore(xid) else { return }
      sendBlock(xid, at: lsn, rows)
    case .rolledBack(let xid, let subtransaction):
      guard sendsOpen, !isBefore(xid) else { return }
      if wrongRule == .rolledBackIsSent, xid != subtransaction { return }
      queue.append(
        WireBuilder.xLogData(at: 0, WireBuilder.streamAbort(xid: xid, subtransaction: subtransaction)))
    case .committed(let xid, let transaction):
      guard transaction.commitLSN >= start else { return }
      guard sendsOpen else {
        if !transaction.rows.isEmpty { send(transaction) }
        return
      }
      if describedIn.remove(xid) != nil { described = true }
      queue.append(
        WireBuilder.xLogData(
          at: transaction.endLSN,
          WireBuilder.streamCommit(xid: xid, commitLSN: transaction.commitLSN, endLSN: transaction.endLSN)))
    }
  }

  private func isBefore(_ xid: UInt32) -> Bool {
    server.commitLSN(ofOpened: xid).map { $0 < start } ?? false
  }

  private mutating func send(_ transaction: ScriptedPostgres.Transaction) {
    guard transaction.commitLSN >= start else { return }
    queue += ScriptedPostgres.frames(of: transaction, describing: !described)
    described = described || !transaction.rows.isEmpty
  }

  private mutating func sendBlock(_ xid: UInt32, at lsn: UInt64, _ rows: [(row: ScriptedPostgres.Row, xid: UInt32)]) {
    // The first block that this connection sends of it.
    let isFirst = describedIn.insert(xid).inserted
    queue.append(WireBuilder.xLogData(at: lsn, WireBuilder.streamStart(xid: xid, isFirst: isFirst)))
    if isFirst, let row = rows.first {
      queue.append(
        WireBuilder.xLogData(at: 0, WireBuilder.streamed(xid: row.xid, ScriptedPostgres.relationMessage)))
    }
    for (index, row) in rows.enumerated() {
      queue.append(
        WireBuilder.xLogData(
          at: lsn + UInt64(index) * 8, WireBuilder.streamed(xid: row.xid, ScriptedPostgres.insert(row.row))))
    }
    queue.append(WireBuilder.xLogData(at: 0, WireBuilder.streamStop))
  }

  /// With everything sent, the server tells where its log ends.
  public mutating func keepalive(replyRequested: Bool) {
    guard queue.isEmpty, sentEvents == server.events.count else { return }
    queue.append(WireBuilder.keepalive(walEnd: server.walEnd, replyRequested: replyRequested))
    available += 1
  }

  /// The connection breaks: what has not been lent is gone.
  public mutating func disconnect() { isBroken = true }

  public mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    guard available > 0 else { return .nothing }
    available -= 1
    if let left = freezesAfterFrames { freezesAfterFrames = max(0, left - 1) }
    let frame = queue.removeFirst()
    body(frame.span.bytes)
    return .frame
  }

  public mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    var update = update
    switch wrongRule {
    case .receivedIsConfirmed: update.flushed = update.written
    case .acknowledgedIsConfirmedBeforeStored: update.flushed = max(update.flushed, acknowledged())
    case .logEndIsConfirmed: update.flushed = LSN(rawValue: server.walEnd)
    default: break
    }
    server.take(update)
  }

  public mutating func checkPresence() throws(SourceError) {
    if freezesAfterFrames == 0 { throw SourceError(.reconnect, "the script froze the relay") }
  }

  public mutating func execute(_ sql: String) throws(SourceError) {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
  }

  public mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    return .missing
  }

  public mutating func shares(
    of relation: RelationOID, among publications: [String]
  ) throws(SourceError) -> RelationShares {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    return RelationShares(
      table: "public.t", operations: publications.map { _ in .all }, asOf: LSN(rawValue: server.walEnd))
  }

  public mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    return ScriptedPostgres.description
  }
}
