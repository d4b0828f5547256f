import ConnectData
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
    public let commitLSN: UInt64
    public let endLSN: UInt64
    public let rows: [Row]
  }

  public static let relation: UInt32 = 16_384
  public private(set) var transactions: [Transaction] = []
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
    let commitLSN = walEnd + UInt64(rows.count) * 8
    let endLSN = commitLSN + 40
    transactions.append(Transaction(commitLSN: commitLSN, endLSN: endLSN, rows: rows))
    walEnd = endLSN
  }

  /// WAL of another database or of unpublished tables.
  public func writeUnpublished(bytes: UInt64) { walEnd += bytes }

  func take(_ update: StandbyStatusUpdate) {
    statusUpdates += 1
    if update.flushed.rawValue < confirmed { wentBack = true }
    confirmed = max(confirmed, update.flushed.rawValue)
  }

  /// What a walsender sends that starts at `position`: frames in order, with how far the log is after each.
  func frames(from position: UInt64) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    let start = max(position, confirmed)
    var described = false
    for transaction in transactions where transaction.commitLSN >= start {
      frames += ScriptedPostgres.frames(of: transaction, describing: !described)
      described = described || !transaction.rows.isEmpty
    }
    return frames
  }

  static func frames(of transaction: Transaction, describing: Bool) -> [[UInt8]] {
    var lsn = transaction.commitLSN - UInt64(transaction.rows.count) * 8
    var frames = [WireBuilder.xLogData(at: lsn, WireBuilder.begin(commitLSN: transaction.commitLSN))]
    if describing, !transaction.rows.isEmpty {
      frames.append(
        WireBuilder.xLogData(
          at: 0,
          WireBuilder.relation(
            relation, name: "t", columns: [("key", 23, -1, true), ("version", 23, -1, false)])))
    }
    for row in transaction.rows {
      frames.append(
        WireBuilder.xLogData(
          at: lsn, WireBuilder.insert(relation, [.text(String(row.key)), .text(String(row.version))])))
      lsn += 8
    }
    frames.append(
      WireBuilder.xLogData(
        at: transaction.commitLSN,
        WireBuilder.commit(commitLSN: transaction.commitLSN, endLSN: transaction.endLSN)))
    return frames
  }

  static let description = TableDescription(
    id: TableID(schema: "public", name: "t"),
    columns: [
      ColumnDescription(
        name: "key", type: TypeDescription(oid: .int4, name: "int4"), typeModifier: -1, isNullable: false),
      ColumnDescription(
        name: "version", type: TypeDescription(oid: .int4, name: "int4"), typeModifier: -1, isNullable: false),
    ], keyColumns: ["key"])
}

/// One connection to a `ScriptedPostgres`.
public struct ScriptedSource: ReplicationSource, ~Copyable {
  private let server: ScriptedPostgres
  private var queue: [[UInt8]]
  private var sentTransactions: Int
  private var described: Bool
  private var isBroken = false
  /// Frames that have arrived and not been lent.
  private var available = 0

  public init(_ server: ScriptedPostgres, from position: LSN) {
    self.server = server
    queue = server.frames(from: position.rawValue)
    sentTransactions = server.transactions.count
    described = queue.contains { $0.count > 25 && $0[25] == UInt8(ascii: "R") }
  }

  /// Lets up to `count` more frames arrive; new commits of the server are sent behind.
  public mutating func deliver(_ count: Int) {
    while sentTransactions < server.transactions.count {
      let transaction = server.transactions[sentTransactions]
      queue += ScriptedPostgres.frames(of: transaction, describing: !described)
      described = described || !transaction.rows.isEmpty
      sentTransactions += 1
    }
    available = min(queue.count, available + count)
  }

  /// With everything sent, the server tells where its log ends.
  public mutating func keepalive(replyRequested: Bool) {
    guard queue.isEmpty, sentTransactions == server.transactions.count else { return }
    queue.append(WireBuilder.keepalive(walEnd: server.walEnd, replyRequested: replyRequested))
    available += 1
  }

  /// The connection breaks: what has not been lent is gone.
  public mutating func disconnect() { isBroken = true }

  public mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    guard available > 0 else { return .nothing }
    available -= 1
    let frame = queue.removeFirst()
    body(frame.span.bytes)
    return .frame
  }

  public mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    server.take(update)
  }

  public mutating func execute(_ sql: String) throws(SourceError) {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
  }

  public mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    return .missing
  }

  public mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    if isBroken { throw SourceError(.reconnect, "the script cut the connection") }
    return ScriptedPostgres.description
  }
}
