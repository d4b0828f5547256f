import Primitives

/// A replication slot as the catalogue shows it. Source: PostgreSQL manual, "pg_replication_slots".
public struct ReplicationSlot: Sendable, Equatable {
  public let name: String
  public let plugin: String?
  public let database: String?
  /// The process that streams from it, if one does.
  public let activePID: Int?
  /// The position up to which the relay has confirmed; the stream never starts before it.
  public let confirmedFlush: LSN?
  public let restart: LSN?
  /// `reserved`, `extended`, `unreserved`, or `lost` when WAL that the slot needs is gone.
  public let walStatus: String?

  /// `nil` where there is no such slot.
  public static func find(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> ReplicationSlot? {
    let answer = try connection.query(
      """
      SELECT slot_name, plugin, database, active_pid, confirmed_flush_lsn, restart_lsn, wal_status
      FROM pg_catalog.pg_replication_slots WHERE slot_name = $1
      """, [name])
    guard let row = answer.rows.first, let found = row[0] else { return nil }
    return ReplicationSlot(
      name: found, plugin: row[1], database: row[2], activePID: row[3].flatMap { Int($0) },
      confirmedFlush: row[4].flatMap { LSN($0) }, restart: row[5].flatMap { LSN($0) }, walStatus: row[6])
  }

  /// Whether standbys keep the slot in step. PostgreSQL 17 and later; `true` where there is no such slot.
  public static func isFailover(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    try connection.query(
      "SELECT failover FROM pg_catalog.pg_replication_slots WHERE slot_name = $1", [name]
    ).firstValue != "f"
  }

  /// The oldest transaction whose catalogue rows the slot needs: what `source.xmin` tells.
  public static func catalogXmin(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> UInt64? {
    try connection.query(
      "SELECT catalog_xmin FROM pg_catalog.pg_replication_slots WHERE slot_name = $1", [name]
    ).firstValue.flatMap { UInt64($0) }
  }

  /// `wal_sender_timeout` as it holds for this role; 0 is none.
  public static func senderTimeoutMilliseconds(
    on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Int64? {
    try connection.query("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'").firstValue
      .flatMap { Int64($0) }
  }

  public static func drop(
    _ name: String, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    try connection.query("SELECT pg_catalog.pg_drop_replication_slot($1)", [name])
  }
}
