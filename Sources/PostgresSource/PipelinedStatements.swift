import CLibpq
import Glibc
import Primitives

/// Writes many database transactions over one connection without waiting for each answer (libpq's pipeline mode).
///
/// Every transaction travels as BEGIN, its statements, COMMIT; answers are asked for with `synchronise()` and counted by
/// `collect`. The server takes transactions in the order in which they were sent, so what is committed is always a prefix
/// of what was sent. After an error the connection is of no more use: connect again, find out what was committed, resend.
/// Source: PostgreSQL manual, "Pipeline Mode".
@safe
public struct PipelinedStatements: ~Copyable {
  private let connection: PostgresConnection
  private let socket: Int32
  /// Names of the prepared statements as C strings, one run; BEGIN and COMMIT come last.
  private let names: [[CChar]]
  private let beginStatement: Int
  private let commitStatement: Int
  /// Oldest first.
  private var inFlight: [StatementCalls] = []
  /// Answers that the oldest transaction has had.
  private var answersOfOldest = 0
  private var synchronisationsInFlight = 0
  /// Pointers, lengths and formats of one call's parameters; here so that no call allocates.
  private var values: [UnsafePointer<CChar>?]
  private let formats: [Int32]

  /// After an error that the server reported: the transaction that it refused, and at which of its calls; no call when
  /// it refused BEGIN or COMMIT.
  public private(set) var refused: (transaction: StatementCalls, call: Int?)?

  /// Connects, prepares `statements`, whose places in the list are their numbers in `StatementCalls`, and enters
  /// pipeline mode.
  public init(_ settings: ConnectionSettings, statements: [StatementText]) throws(PostgresError) {
    let fresh = try PostgresConnection(settings)
    let handle = unsafe fresh.handle
    // libpq would print warnings such as that of a server shutting down, across whatever the screen shows.
    unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
    var names: [[CChar]] = []
    for (place, statement) in (statements + [StatementText("BEGIN"), StatementText("COMMIT")]).enumerated() {
      let name = Array("g\(place)".utf8CString)
      let types = statement.parameterTypes.map { Oid($0.rawValue) }
      let result = unsafe PQprepare(handle, name, statement.sql, Int32(types.count), types)
      defer { unsafe PQclear(result) }
      guard unsafe PQresultStatus(result) == PGRES_COMMAND_OK else {
        throw unsafe PostgresError(result: result, connection: handle)
      }
      names.append(name)
    }
    guard unsafe PQsetnonblocking(handle, 1) == 0, unsafe PQenterPipelineMode(handle) == 1 else {
      throw unsafe PostgresError(connection: handle)
    }
    connection = fresh
    self.names = names
    beginStatement = statements.count
    commitStatement = statements.count + 1
    let most = statements.map(\.parameterTypes.count).max() ?? 0
    unsafe values = unsafe Array(repeating: nil, count: most)
    formats = Array(repeating: 1, count: most)
    socket = unsafe PQsocket(handle)
  }

  /// Process that serves this connection, as in `pg_stat_activity.pid`.
  public var backendProcessID: Int32 { unsafe PQbackendPID(connection.handle) }

  /// Transactions sent whose COMMIT is not yet answered.
  public var transactionsInFlight: Int { inFlight.count }

  /// Puts one transaction into the pipeline. It leaves for the server by `synchronise()` at the latest.
  public mutating func send(_ transaction: StatementCalls) throws(PostgresError) {
    try send(statement: beginStatement)
    for call in transaction.calls { try send(call, of: transaction) }
    try send(statement: commitStatement)
    inFlight.append(transaction)
  }

  /// Ends a batch: the server answers everything up to here without waiting for more.
  public mutating func synchronise() throws(PostgresError) {
    guard unsafe PQpipelineSync(connection.handle) == 1 else {
      throw unsafe PostgresError(connection: connection.handle)
    }
    synchronisationsInFlight += 1
  }

  /// Takes the answers that have come and returns how many transactions, the oldest first, are committed by them. With
  /// none at hand waits up to `waitMicroseconds` for the socket.
  public mutating func collect(waitMicroseconds: Int64) throws(PostgresError) -> Int {
    let handle = unsafe connection.handle
    let unsent = unsafe PQflush(handle)
    guard unsent >= 0 else { throw unsafe PostgresError(connection: handle) }
    var committed = try takeAnswers()
    if committed > 0 || waitMicroseconds < 0 { return committed }
    var events = Int16(POLLIN)
    if unsent == 1 { events |= Int16(POLLOUT) }
    var descriptor = pollfd(fd: socket, events: events, revents: 0)
    var milliseconds = Int32(clamping: waitMicroseconds / 1000)
    if milliseconds == 0, waitMicroseconds > 0 {
      // poll(2) counts in milliseconds; a shorter wait is slept through.
      usleep(UInt32(waitMicroseconds))
      milliseconds = 0
    }
    let ready = unsafe poll(&descriptor, 1, milliseconds)
    // An interrupted wait is as good as one that timed out: the caller looks at its stop flag and comes again.
    if ready <= 0 { return 0 }
    guard unsafe PQconsumeInput(handle) == 1, unsafe PQflush(handle) >= 0 else {
      // The reason for the end may have been read just before it: an answer tells more than "closed unexpectedly".
      committed += try takeAnswers()
      throw unsafe PostgresError(connection: handle)
    }
    return committed + (try takeAnswers())
  }

  /// A statement without parameters.
  private func send(statement: Int) throws(PostgresError) {
    let handle = unsafe connection.handle
    guard unsafe PQsendQueryPrepared(handle, names[statement], 0, nil, nil, nil, 0) == 1 else {
      throw unsafe PostgresError(connection: handle)
    }
  }

  private mutating func send(
    _ call: StatementCalls.Call, of transaction: StatementCalls
  ) throws(PostgresError) {
    let handle = unsafe connection.handle
    let parameters = call.firstParameter..<call.firstParameter + call.parameterCount
    let name = names[call.statement]
    let formats = formats
    let sent = unsafe transaction.withParameterBytes { bytes in
      unsafe transaction.lengths.withUnsafeBufferPointer { lengths in
        unsafe values.withUnsafeMutableBufferPointer { values in
          for parameter in parameters {
            // A null pointer is NULL; an empty text has an address.
            unsafe values[parameter - parameters.lowerBound] =
              lengths[parameter] < 0
              ? nil
              : unsafe (bytes.baseAddress! + transaction.offsets[parameter]).assumingMemoryBound(to: CChar.self)
          }
          return unsafe PQsendQueryPrepared(
            handle, name, Int32(call.parameterCount), values.baseAddress,
            lengths.baseAddress.map { unsafe $0 + call.firstParameter }, formats, 0)
        }
      }
    }
    guard sent == 1 else { throw unsafe PostgresError(connection: handle) }
  }

  private mutating func takeAnswers() throws(PostgresError) -> Int {
    let handle = unsafe connection.handle
    var committed = 0
    var separators = 0
    while committed < inFlight.count || synchronisationsInFlight > 0 {
      if unsafe PQisBusy(handle) == 1 { break }
      guard let result = unsafe PQgetResult(handle) else {
        // One null pointer stands between the answers of two statements. More of them: nothing is asked for.
        separators += 1
        if separators > 2 { break }
        continue
      }
      separators = 0
      defer { unsafe PQclear(result) }
      switch unsafe PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
        guard committed < inFlight.count else {
          throw PostgresError(kind: .unexpectedAnswer, message: "the server sent an answer that nothing asked for")
        }
        answersOfOldest += 1
        if answersOfOldest == inFlight[committed].count + 2 {
          answersOfOldest = 0
          committed += 1
        }
      case PGRES_PIPELINE_SYNC:
        synchronisationsInFlight -= 1
      default:
        if committed < inFlight.count {
          let transaction = inFlight[committed]
          let call = answersOfOldest - 1
          refused = (transaction, call >= 0 && call < transaction.count ? call : nil)
        }
        throw unsafe PostgresError(result: result, connection: handle)
      }
    }
    inFlight.removeFirst(committed)
    return committed
  }
}
