import CLibpq
import Glibc

/// Tells a server that takes its time from one that is not there any more, while an answer is waited for that may take long: a
/// `COPY` that looks for its first row, a count, a lock. The connection does not tell. Where a proxy or a load balancer stands
/// between whose other side is gone, its kernel answers keepalives for ever. So after a silence another session is asked
/// whether the server still has this one.
///
/// Belongs to its connection's thread.
public final class SessionWatch {
  private let settings: ConnectionSettings
  private let silenceMaxMilliseconds: Int
  private let isStopping: @Sendable () -> Bool
  private let atStop: AtStop
  private var hasCancelled = false
  var session: ServerSession?
  private var failuresInARow = 0

  /// What becomes of a statement whose answer does not come at once when the relay stops.
  public enum AtStop: Sendable {
    /// The connection is closed. What the server is at, it may still end.
    case giveUp
    /// The server is asked to end it, and answers: a slot that it is making is then not left behind.
    case cancel
  }

  /// How soon a stop is seen.
  private static let stepMilliseconds: Int32 = 250
  /// A server that takes no new session may go on with this one.
  private static let failuresMax = 3
  private static let answerMilliseconds = 10_000

  /// - Parameters:
  ///   - settings: how the connection was made, for the session that asks.
  ///   - silenceMaxMilliseconds: when to ask, and again.
  public init(
    _ settings: ConnectionSettings, silenceMaxMilliseconds: Int = 30_000, atStop: AtStop = .giveUp,
    isStopping: @escaping @Sendable () -> Bool
  ) {
    self.settings = settings
    self.silenceMaxMilliseconds = silenceMaxMilliseconds
    self.isStopping = isStopping
    self.atStop = atStop
  }

  func learn(_ handle: OpaquePointer) {
    session = unsafe ServerSession.asked(on: handle, withinMilliseconds: SessionWatch.answerMilliseconds)
  }

  /// The same inside a transaction, which must not fail because a role may not read `pg_stat_activity`.
  func learnAgain(_ handle: OpaquePointer) {
    let answer = unsafe try? BoundedAnswer.of(
      "SELECT pg_catalog.pg_backend_pid()", on: handle, withinMilliseconds: SessionWatch.answerMilliseconds)
    defer { unsafe PQclear(answer) }
    let process = unsafe QueryResult(copying: answer).firstValue.flatMap { Int32($0) }
    guard let process, process != session?.process else { return }
    session = ServerSession(process: process, startedAtMicroseconds: nil)
  }

  /// The last result of what was sent, for the caller to clear. Throws, and closes the connection, where the server has not
  /// the session any more or the relay stops.
  func answer(on handle: OpaquePointer) throws(PostgresError) -> OpaquePointer? {
    var silentSince: ContinuousClock.Instant?
    return unsafe try BoundedAnswer.last(on: handle) { () throws(PostgresError) in
      unsafe try wait(on: handle, since: &silentSince)
    }
  }

  /// The same for the next result; `nil` behind the last.
  func nextResult(on handle: OpaquePointer) throws(PostgresError) -> OpaquePointer? {
    var silentSince: ContinuousClock.Instant?
    return unsafe try BoundedAnswer.next(on: handle) { () throws(PostgresError) in
      unsafe try wait(on: handle, since: &silentSince)
    }
  }

  private func wait(on handle: OpaquePointer, since start: inout ContinuousClock.Instant?) throws(PostgresError) {
    var entry = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
    if unsafe poll(&entry, 1, SessionWatch.stepMilliseconds) > 0 {
      start = nil
      failuresInARow = 0
      return
    }
    if isStopping() {
      switch atStop {
      case .giveUp:
        throw PostgresError(kind: .connection, message: "the server's answer was not waited for any more, for the stop")
      case .cancel:
        if !hasCancelled { unsafe cancel(handle) }
        hasCancelled = true
      }
    }
    try lookAfterSilence(since: &start)
  }

  private func cancel(_ handle: OpaquePointer) {
    let request = unsafe PQgetCancel(handle)
    defer { unsafe PQfreeCancel(request) }
    // Where it cannot be sent, the answer is waited for.
    var reason = [CChar](repeating: 0, count: 256)
    unsafe PQcancel(request, &reason, Int32(reason.count))
  }

  /// To be called while nothing comes; `start` is when that began, `nil` at first.
  func lookAfterSilence(since start: inout ContinuousClock.Instant?) throws(PostgresError) {
    let now = ContinuousClock.now
    guard let since = start else {
      start = now
      failuresInARow = 0
      return
    }
    guard now - since >= .milliseconds(silenceMaxMilliseconds) else { return }
    try look()
    start = .now
  }

  private func look() throws(PostgresError) {
    guard let session else { return }
    let isThere: Bool
    do throws(PostgresError) {
      var other = try PostgresConnection(settings)
      other.answerWithinMilliseconds = SessionWatch.answerMilliseconds
      isThere = try session.stillStands(by: other)
      failuresInARow = 0
    } catch {
      // A server that answers, and has no session to spare or does not tell of them, is there.
      if !error.sqlState.isEmpty || error.message.contains("FATAL") { failuresInARow = 0 } else { failuresInARow += 1 }
      guard failuresInARow >= SessionWatch.failuresMax else { return }
      throw PostgresError(
        kind: .connection,
        message: "the server is silent, and cannot be asked whether it still has the session: \(error.withoutValues)")
    }
    guard !isThere else { return }
    throw PostgresError(
      kind: .connection,
      message:
        "the server has no session \(session.process) any more, while its connection still stands here: what is between (a proxy, a load balancer) has not passed its end on"
    )
  }
}
