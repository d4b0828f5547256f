import Logging
import PostgresSource
import Synchronization

/// The server's sessions by which this relay has asked for a slot. A busy server ends a session some time after its client
/// has left: what such a one still holds is no other relay's.
final class OwnSessions: Sendable {
  private let streams = Mutex<[ServerSession]>([])
  private let rights = Mutex<[ServerSession]>([])

  /// One for each connection that is made; by then the oldest have long ended.
  private static let most = 64

  /// - Parameter holdsRight: a session beside the stream's, which outlives any number of those.
  func began(_ session: ServerSession, holdsRight: Bool = false) {
    let add = { (sessions: inout [ServerSession]) in
      if sessions.count >= OwnSessions.most { sessions.removeFirst() }
      sessions.append(session)
    }
    if holdsRight { rights.withLock { add(&$0) } } else { streams.withLock { add(&$0) } }
  }

  enum Holder: Equatable, Sendable {
    case nobody
    /// Sessions of this relay, and no other.
    case own
    case other
  }

  /// Who streams from the slot or has its lock; the session that asks does not count.
  func holder(of slot: String, on connection: borrowing ReplicationConnection) throws(PostgresError) -> Holder {
    let asking = connection.session
    return holder(among: try connection.holders(ofSlot: slot).filter { !asking.isSame(as: $0) })
  }

  func holder(among told: [ServerSession]) -> Holder {
    if told.isEmpty { return .nobody }
    let isOwn = told.map { told in
      streams.withLock { OwnSessions.recall(told, &$0) } || rights.withLock { OwnSessions.recall(told, &$0) }
    }
    return isOwn.contains(false) ? .other : .own
  }

  /// What the server still tells of is the last to be forgotten.
  private static func recall(_ told: ServerSession, _ sessions: inout [ServerSession]) -> Bool {
    guard let index = sessions.firstIndex(where: { $0.isSame(as: told) }) else { return false }
    sessions.append(sessions.remove(at: index))
    return true
  }

  /// Waits while the slot is theirs alone, until `pause` says that it is enough. Returns `false` then.
  static func outlast<Failure: Error>(
    logger: Logger, holder: () throws(Failure) -> Holder, pause: () throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    var isTold = false
    while try holder() == .own {
      if !isTold { logger.info("the server still has this relay's earlier session: waiting until it has ended") }
      isTold = true
      if try !pause() { return false }
    }
    return true
  }
}
