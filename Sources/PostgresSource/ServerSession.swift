import CLibpq

/// A session of the server: its process and when it began. The number alone is given again, soon where a server has
/// restarted.
public struct ServerSession: Sendable, Equatable {
  public let process: Int32
  /// `backend_start`, in microseconds of the Unix epoch; `nil` where the server does not tell: a role sees it of its own
  /// sessions, and of others with the rights of `pg_read_all_stats`. Source: PostgreSQL manual, "pg_stat_activity".
  public let startedAtMicroseconds: Int64?

  public init(process: Int32, startedAtMicroseconds: Int64?) {
    self.process = process
    self.startedAtMicroseconds = startedAtMicroseconds
  }

  /// Whether the server tells of this session, which told its own beginning by the same role: one whose beginning is not
  /// told now is another role's.
  public func isSame(as told: ServerSession) -> Bool {
    process == told.process && (startedAtMicroseconds == nil || startedAtMicroseconds == told.startedAtMicroseconds)
  }
}

extension ServerSession {
  static let start = "(extract(epoch FROM backend_start) * 1000000)::bigint"

  /// The session of a connection. What goes wrong shows at the next command.
  static func asked(on handle: OpaquePointer, withinMilliseconds limit: Int) -> ServerSession {
    // Behind a pooler libpq knows another number.
    let answer = unsafe try? BoundedAnswer.of(
      "SELECT pid, \(start) FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()",
      on: handle, withinMilliseconds: limit)
    defer { unsafe PQclear(answer) }
    let row = unsafe QueryResult(copying: answer).rows.first ?? []
    guard row.count == 2, let process = row[0].flatMap({ Int32($0) }) else {
      return ServerSession(process: unsafe PQbackendPID(handle), startedAtMicroseconds: nil)
    }
    return ServerSession(process: process, startedAtMicroseconds: row[1].flatMap { Int64($0) })
  }

  /// Whether the server still has it, asked by the same role.
  func stillStands(by connection: borrowing PostgresConnection) throws(PostgresError) -> Bool {
    let answer = try connection.query(
      "SELECT \(ServerSession.start) FROM pg_catalog.pg_stat_activity WHERE pid = \(process)")
    guard let row = answer.rows.first else { return false }
    let told = ServerSession(process: process, startedAtMicroseconds: row[0].flatMap { Int64($0) })
    return startedAtMicroseconds == nil || told.isSame(as: self)
  }
}

extension ReplicationConnection {

  /// The sessions that stream from the slot, or have the relay's lock of it. One that ends gives the lock up first.
  ///
  /// Asked here, not on a connection for the catalogue, whose first statements may have given up the login's role.
  public func holders(ofSlot name: String) throws(PostgresError) -> [ServerSession] {
    // Keys of 8 bytes have 1 as objsubid. Source: PostgreSQL manual, "pg_locks". A session that is in one view and not in the
    // other any more has ended in between.
    let answer = try quickCommand(
      """
      SELECT holder.pid, \(ServerSession.start)
      FROM (
        SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND (classid::bigint << 32) | objid::bigint = \(ReplicationConnection.lockKey(slot: name))
        UNION
        SELECT active_pid FROM pg_catalog.pg_replication_slots
        WHERE slot_name = \(PostgresConnection.quoted(literal: name)) AND active_pid IS NOT NULL
      ) AS holder JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = holder.pid
      """)
    return answer.rows.compactMap { row in
      guard row.count == 2, let process = row[0].flatMap({ Int32($0) }) else { return nil }
      return ServerSession(process: process, startedAtMicroseconds: row[1].flatMap { Int64($0) })
    }
  }
}
