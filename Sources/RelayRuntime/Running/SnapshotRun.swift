import EventEncoding
import EventRouting
import Glibc
import Logging
import PgOutput
import PostgresSource
import Primitives

/// Reads the captured tables on one snapshot and hands their rows to the loop, one table after the other by schema and
/// name, each by COPY.
struct SnapshotRun {
  struct Table {
    let oid: RelationOID
    let id: TableID
    let estimatedRows: Int64
    /// Of the relation message that stands for the stream's.
    let relation: Relation
    let description: TableDescription
  }

  let logger: Logger
  let status: ConnectorStatus
  let stop: StopSignal

  /// Progress is logged this often.
  private static let progressMilliseconds: Int64 = 5_000

  /// Opens the snapshot on `connection`: the slot's exported one, or one of its own. Its rows carry the slot's consistent
  /// point, or the log's position now, and a transaction id of its own, as Debezium's do.
  static func begin(
    exported: (name: String, at: LSN)?, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> SnapshotOrigin {
    try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    if let exported {
      try connection.execute("SET TRANSACTION SNAPSHOT \(PostgresConnection.quoted(literal: exported.name))")
    }
    let answer = try connection.query(
      """
      SELECT CASE WHEN pg_catalog.pg_is_in_recovery()
          THEN pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()) ELSE pg_catalog.txid_current() END,
        (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint,
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
          ELSE pg_catalog.pg_current_wal_lsn() END
      """)
    guard let row = answer.rows.first, let transaction = row[0].flatMap({ UInt64($0) }),
      let microseconds = row[1].flatMap({ Int64($0) }), let lsn = row[2].flatMap({ LSN($0) })
    else { throw PostgresError(kind: .unexpectedAnswer, message: "the snapshot's position could not be read") }
    return SnapshotOrigin(lsn: exported?.at ?? lsn, unixMicroseconds: microseconds, transactionID: transaction)
  }

  /// The captured tables as they are in the snapshot, in the order given.
  static func tables(
    _ captured: [TableCatalog.Table], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [Table] {
    var catalog = TableCatalog()
    var tables: [Table] = []
    for table in captured {
      let id = TableID(schema: table.schema, name: table.name)
      let description = try PostgresReplicationSource.describe(table.oid, id, &catalog, on: connection)
      let identity = try TableCatalog.replicaIdentity(ofTable: table.oid, on: connection)
      let relation = Relation(
        oid: table.oid, schema: id.schema, name: id.name,
        replicaIdentity: Relation.ReplicaIdentity(rawValue: identity) ?? .default,
        columns: description.columns.map {
          Relation.Column(
            isKey: description.keyColumns.contains($0.name), name: $0.name, type: $0.typeOID,
            typeModifier: $0.typeModifier)
        })
      tables.append(
        Table(
          oid: table.oid, id: id, estimatedRows: table.estimatedRows, relation: relation, description: description))
    }
    return tables
  }

  /// Reads all tables. Returns `false` when it was asked to stop before the end.
  func run(
    _ tables: [Table], at origin: SnapshotOrigin, on connection: borrowing PostgresConnection,
    into loop: inout ProductionLoop
  ) throws(RelayFailure) -> Bool {
    var feed = SnapshotFeed(origin: origin)
    let started = RelayClock.now().monotonicMilliseconds
    var lastProgress = started
    var rows: UInt64 = 0
    let estimate = tables.reduce(0) { $0 + UInt64(max(0, $1.estimatedRows)) }
    status.update { $0.snapshotRowsEstimated = estimate }
    for (index, table) in tables.enumerated() {
      loop.pipeline.install(table.relation, table.description)
      feed.beginTable(table.oid, isFirst: index == 0)
      let columns = table.description.columns.map { PostgresConnection.quoted(identifier: $0.name) }
      let name =
        "\(PostgresConnection.quoted(identifier: table.id.schema)).\(PostgresConnection.quoted(identifier: table.id.name))"
      var reader: CopyOutReader
      do throws(PostgresError) {
        reader = try CopyOutReader(
          "COPY (SELECT \(columns.joined(separator: ", ")) FROM \(name)) TO STDOUT", on: connection)
      } catch {
        throw .source(ErrorPolicy.sourceError(error))
      }
      var tableRows: UInt64 = 0
      while true {
        let time = RelayClock.now()
        if stop.level >= .drain { return false }
        guard try loop.turnSnapshot(time) else {
          wait(for: loop.sink.descriptor)
          continue
        }
        if time.monotonicMilliseconds - lastProgress >= SnapshotRun.progressMilliseconds {
          lastProgress = time.monotonicMilliseconds
          report(table.id, tableRows, rows, estimate, milliseconds: time.monotonicMilliseconds - started)
        }
        let batch = try feed.read(&reader, into: &loop, time)
        tableRows += batch.rows
        rows += batch.rows
        let total = rows
        status.update { $0.snapshotRows = total }
        publish(&loop)
        if batch.isAtEnd { break }
      }
      logger.info("snapshot of \(table.id): \(tableRows) rows")
    }
    try feed.finish(into: &loop, RelayClock.now())
    loop.endSnapshot()
    do throws(PostgresError) {
      try connection.execute("COMMIT")
    } catch {
      throw .source(ErrorPolicy.sourceError(error))
    }
    return try waitForAcknowledgements(&loop)
  }

  private func waitForAcknowledgements(_ loop: inout ProductionLoop) throws(RelayFailure) -> Bool {
    while true {
      let isHandedOver = try loop.turnSnapshot(RelayClock.now())
      publish(&loop)
      if isHandedOver, loop.recordsInFlight == 0 { return true }
      if stop.level >= .drain { return false }
      wait(for: loop.sink.descriptor)
    }
  }

  private func publish(_ loop: inout ProductionLoop) {
    StatusPublisher.publish(&loop, to: status)
  }

  private func wait(for descriptor: Int32) {
    var entries = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stop.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = unsafe poll(&entries, 2, 100)
  }

  private func report(_ table: TableID, _ tableRows: UInt64, _ rows: UInt64, _ estimate: UInt64, milliseconds: Int64) {
    let rate = milliseconds > 0 ? rows * 1_000 / UInt64(milliseconds) : 0
    var text = "snapshot: \(rows) rows, \(rate)/s, now \(table) at \(tableRows)"
    if estimate > rows, rate > 0 { text += ", about \((estimate - rows) / rate) s left" }
    logger.info("\(text)")
  }
}
