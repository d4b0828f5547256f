import CLibpq
import Glibc
import PgOutput
import Primitives

/// A connection in replication mode: identifies the server, makes the slot, and streams.
/// Source: PostgreSQL manual, "Streaming Replication Protocol"; `src/bin/pg_basebackup/pg_recvlogical.c`.
@safe
public struct ReplicationConnection: ~Copyable {
  /// Answer of IDENTIFY_SYSTEM.
  public struct SystemIdentity: Sendable, Equatable {
    /// Unique to the cluster, as decimal text; kept by its standbys.
    public let systemIdentifier: String
    public let timeline: Int
    public let walFlushed: LSN
    public let database: String
  }

  /// Answer of CREATE_REPLICATION_SLOT.
  public struct CreatedSlot: Sendable, Equatable {
    /// From here on the slot has every change; the exported snapshot shows the database just before it.
    public let consistentPoint: LSN
    /// Valid until this connection's next command.
    public let snapshotName: String?
  }

  public enum Received: Equatable, Sendable {
    case frame
    /// Nothing has arrived yet: wait for `socket` to become readable.
    case nothing
  }

  private let handle: OpaquePointer
  private let answerWithinMilliseconds: Int
  private let watch: SessionWatch?
  /// The server is reached over a Unix socket.
  public let isLocal: Bool

  /// - Parameters:
  ///   - answerWithinMilliseconds: bound of what a living server answers at once; see `tryLock`.
  ///   - silenceMaxMilliseconds: after so long either end gives the other up: the kernels where a host has vanished, the server
  ///     also where we answer no more. Needs PostgreSQL 12. `nil`: 25 s for the kernels, and what the server is set to.
  ///   - watch: looks after the server while a command takes long, as a slot's creation does that waits for transactions.
  public init(
    _ settings: ConnectionSettings, answerWithinMilliseconds: Int = 10_000, silenceMaxMilliseconds: Int? = nil,
    watch: SessionWatch? = nil
  ) throws(PostgresError) {
    self.answerWithinMilliseconds = answerWithinMilliseconds
    var extra = SessionSettings.pinned(settings)
    extra["replication"] = "database"
    // The server must notice soon that we are gone, since this session's lock keeps other relays waiting.
    var session = ["tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3]
    if let silence = silenceMaxMilliseconds {
      // Asked at half of the time, and three times more until its end.
      let (idle, interval) = (max(silence / 2_000, 1), max(silence / 6_000, 1))
      session.merge([
        "tcp_keepalives_idle": idle, "tcp_keepalives_interval": interval, "tcp_user_timeout": silence,
        "wal_sender_timeout": silence,
      ]) { $1 }
      extra["keepalives_idle"] = String(idle)
      extra["keepalives_interval"] = String(interval)
      extra["tcp_user_timeout"] = String(silence)
    }
    for (name, value) in session.sorted(by: { $0.key < $1.key }) {
      extra["options", default: ""] += " -c \(name)=\(value)"
    }
    unsafe handle = try PostgresConnection.connect(settings, extra: extra)
    isLocal = unsafe ReadAhead.isUnixSocket(PQsocket(handle))
    self.session = unsafe ServerSession.asked(on: handle, withinMilliseconds: answerWithinMilliseconds)
    self.watch = watch
    watch?.session = self.session
  }

  deinit { unsafe PQfinish(handle) }

  /// For poll(2). Stays the same while the connection lives.
  public var socket: Int32 { unsafe PQsocket(handle) }

  public var serverVersion: Int { Int(unsafe PQserverVersion(handle)) }

  /// Runs a command of the replication grammar, or plain SQL, by the simple protocol.
  public func command(_ text: String) throws(PostgresError) -> QueryResult {
    unsafe try answer(result(of: text))
  }

  private func result(of text: String) throws(PostgresError) -> OpaquePointer? {
    guard let watch else { return unsafe PQexec(handle, text) }
    guard unsafe PQsendQuery(handle, text) == 1 else { throw unsafe PostgresError(connection: handle) }
    return unsafe try watch.answer(on: handle)
  }

  /// The same for what never has to wait for another session.
  func quickCommand(_ text: String) throws(PostgresError) -> QueryResult {
    unsafe try answer(BoundedAnswer.of(text, on: handle, withinMilliseconds: answerWithinMilliseconds))
  }

  private func answer(_ result: OpaquePointer?) throws(PostgresError) -> QueryResult {
    defer { unsafe PQclear(result) }
    switch unsafe PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return unsafe QueryResult(copying: result)
    default: throw unsafe PostgresError(result: result, connection: handle)
    }
  }

  public func identifySystem() throws(PostgresError) -> SystemIdentity {
    let answer = try quickCommand("IDENTIFY_SYSTEM")
    guard let row = answer.rows.first, row.count >= 4, let identifier = row[0],
      let timeline = row[1].flatMap({ Int($0) }),
      let position = row[2].flatMap({ LSN($0) }), let database = row[3]
    else {
      throw PostgresError(kind: .unexpectedAnswer, message: "IDENTIFY_SYSTEM gave an unexpected answer")
    }
    return SystemIdentity(
      systemIdentifier: identifier, timeline: timeline, walFlushed: position, database: database)
  }

  /// Takes the right to use a slot, also while nobody streams from it: a relay that takes a snapshot has its slot
  /// idle, and must not be taken for a dead one. Held by this session and gone with it, like the stream itself. `false`:
  /// another session of the same database has it.
  ///
  /// A standby asks this for all its life: without a bound it would stand by for ever on a connection that hangs.
  public func tryLock(slot: String) throws(PostgresError) -> Bool {
    try awaitAnswer()
    let answer = try quickCommand(
      "SELECT pg_catalog.pg_try_advisory_lock(\(ReplicationConnection.lockKey(slot: slot)))")
    return answer.firstValue == "t"
  }

  /// Asks whether the session still stands, without waiting for the answer; see `hasAnswered`.
  public func ask() throws(PostgresError) {
    guard unsafe PQsendQuery(handle, "SELECT 1") == 1 else { throw unsafe PostgresError(connection: handle) }
  }

  /// Whether the answer to `ask` has come. Throws where the session is gone.
  public func hasAnswered() throws(PostgresError) -> Bool {
    // What the server says at the session's end is read even where the connection is closed behind it.
    _ = unsafe PQconsumeInput(handle)
    guard unsafe PQstatus(handle) == CONNECTION_OK else { throw unsafe PostgresError(connection: handle) }
    guard unsafe PQisBusy(handle) == 0 else { return false }
    try awaitAnswer()
    return true
  }

  /// What was asked for before the next command, which libpq refuses otherwise; returns at once where nothing was.
  func awaitAnswer() throws(PostgresError) {
    let result = unsafe try BoundedAnswer.last(on: handle, withinMilliseconds: answerWithinMilliseconds)
    if unsafe result != nil { _ = unsafe try answer(result) }
  }

  /// FNV-1a of the slot's name behind a text of our own: the same in every version of the relay and of the server.
  static func lockKey(slot: String) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "sluice slot \(slot)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int64(bitPattern: hash)
  }

  /// The history of `timeline`, by TIMELINE_HISTORY: positions of an older timeline beyond its end are of commits that this
  /// server never had.
  public func history(of timeline: Int) throws(PostgresError) -> TimelineHistory {
    // The first timeline has no history file.
    if timeline <= 1 { return TimelineHistory() }
    let answer = try command("TIMELINE_HISTORY \(timeline)")
    guard let row = answer.rows.first, row.count >= 2, let content = row[1] else {
      throw PostgresError(kind: .unexpectedAnswer, message: "TIMELINE_HISTORY gave an unexpected answer")
    }
    return TimelineHistory(file: content)
  }

  /// This session, asked for before it can have anything that others wait for, and kept: libpq forgets the process with the
  /// connection, and the session may outlive that.
  public let session: ServerSession

  /// Makes a logical slot for pgoutput. With `exportsSnapshot` the snapshot lives until the next command here; a temporary
  /// slot lives as long as this connection. `isFailover` needs PostgreSQL 17.
  public func createSlot(
    _ name: String, exportsSnapshot: Bool, isTemporary: Bool = false, isFailover: Bool = false
  ) throws(PostgresError) -> CreatedSlot {
    let option: String
    if serverVersion >= 150_000 {
      option = "(SNAPSHOT '\(exportsSnapshot ? "export" : "nothing")'\(isFailover ? ", FAILOVER true" : ""))"
    } else {
      option = exportsSnapshot ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT"
    }
    let kind = isTemporary ? " TEMPORARY" : ""
    let answer = try command(
      "CREATE_REPLICATION_SLOT \(PostgresConnection.quoted(identifier: name))\(kind) LOGICAL pgoutput \(option)")
    guard let row = answer.rows.first, row.count >= 3, let point = row[1].flatMap({ LSN($0) }) else {
      throw PostgresError(kind: .unexpectedAnswer, message: "CREATE_REPLICATION_SLOT gave an unexpected answer")
    }
    return CreatedSlot(consistentPoint: point, snapshotName: row[2])
  }

  /// Begins to stream. `options` are pgoutput's, as name and value; both are quoted here.
  public func startReplication(
    slot: String, at position: LSN, options: [(name: String, value: String)]
  ) throws(PostgresError) {
    let list = options.map {
      "\(PostgresConnection.quoted(identifier: $0.name)) \(PostgresConnection.quoted(literal: $0.value))"
    }
    let result = unsafe try result(
      of: "START_REPLICATION SLOT \(PostgresConnection.quoted(identifier: slot)) LOGICAL \(position) "
        + "(\(list.joined(separator: ", ")))")
    defer { unsafe PQclear(result) }
    guard unsafe PQresultStatus(result) == PGRES_COPY_BOTH else {
      throw unsafe PostgresError(result: result, connection: handle)
    }
    // From here on writes must not block: a status update that cannot go out now goes out later.
    guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw unsafe PostgresError(connection: handle) }
  }

  /// Lends the next frame to `body`, if a whole one is there. Reads what the socket has, never waits.
  /// The bytes are libpq's and freed when `body` returns.
  public func receive(
    readingSocket: Bool, _ body: (RawSpan) -> Void
  ) throws(PostgresError) -> Received {
    if readingSocket {
      guard unsafe PQconsumeInput(handle) != 0 else { throw unsafe PostgresError(connection: handle) }
      // libpq reads as far as its buffer goes, and makes it larger when it is full: later one read takes all.
      var reads = 1
      while isLocal, reads < ReplicationConnection.readsAtOnceMax, readAhead() > 0 { reads += 1 }
    }
    var buffer: UnsafeMutablePointer<CChar>?
    let count = unsafe PQgetCopyData(handle, &buffer, 1)
    switch count {
    case 0: return .nothing
    case -1: throw endOfStream()
    case -2: throw unsafe PostgresError(connection: handle)
    default:
      // PQgetCopyData returns the length of a buffer that it allocated, or one of the codes above.
      unsafe body(RawSpan(_unsafeStart: UnsafeRawPointer(buffer!), byteCount: Int(count)))
      unsafe PQfreemem(buffer)
      return .frame
    }
  }

  /// From 16 KiB, as libpq begins, to more than a Unix socket holds.
  private static let readsAtOnceMax = 4

  /// Reads what waits in the socket before libpq's buffer is empty, and returns how many bytes that were.
  public func readAhead() -> Int { unsafe ReadAhead.takeWaiting(handle) }

  /// The server ended the copy: its last result says why.
  private func endOfStream() -> PostgresError {
    let result = unsafe PQgetResult(handle)
    defer { unsafe PQclear(result) }
    if unsafe result != nil, unsafe PQresultStatus(result) == PGRES_FATAL_ERROR {
      return unsafe PostgresError(result: result, connection: handle)
    }
    return PostgresError(kind: .connection, message: "the server ended the replication stream")
  }

  /// Queues a message to the server and sends what the socket takes.
  public func send(_ message: RawSpan) throws(PostgresError) {
    let queued = unsafe message.withUnsafeBytes { bytes in
      unsafe PQputCopyData(handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
    }
    guard queued >= 0 else { throw unsafe PostgresError(connection: handle) }
    try flush()
  }

  /// Sends what is queued, as far as the socket takes it. Returns whether some is left.
  @discardableResult
  public func flush() throws(PostgresError) -> Bool {
    let left = unsafe PQflush(handle)
    guard left >= 0 else { throw unsafe PostgresError(connection: handle) }
    return left == 1
  }

  /// Ends the stream in order and waits, but no longer than the time-out, so that the last status update is taken and the
  /// slot is free when this returns.
  public func endReplication(timeoutMilliseconds: Int32) {
    _ = unsafe PQputCopyEnd(handle, nil)
    var waited: Int32 = 0
    while waited < timeoutMilliseconds {
      if unsafe PQflush(handle) < 0 { return }
      if unsafe PQconsumeInput(handle) == 0 { return }
      var buffer: UnsafeMutablePointer<CChar>?
      let count = unsafe PQgetCopyData(handle, &buffer, 1)
      if count < 0 { break }
      if count > 0 {
        unsafe PQfreemem(buffer)
        continue
      }
      var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&descriptor, 1, 20)
      waited += 20
    }
  }
}
