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

  /// Whether one of these server processes streams from the slot, or has the relay's lock of it. A session that ends gives
  /// the lock up first.
  public static func isHeld(
    _ name: String, byAnyOf processes: [Int32], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    // Keys of 8 bytes have 1 as objsubid. Source: PostgreSQL manual, "pg_locks".
    try connection.query(
      """
      SELECT EXISTS (
        SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND (classid::bigint << 32) | objid::bigint = $2::bigint AND pid = ANY ($3::int[])
      ) OR EXISTS (
        SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = $1 AND active_pid = ANY ($3::int[])
      )
      """,
      [
        name, String(ReplicationConnection.lockKey(slot: name)),
        "{\(processes.map { String($0) }.joined(separator: ","))}",
      ]
    ).firstValue == "t"
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
