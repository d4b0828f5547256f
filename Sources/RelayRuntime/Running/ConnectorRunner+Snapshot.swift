import EventEncoding
import Logging
import PostgresSource
import Primitives

/// What is read before the stream.
extension ConnectorRunner {
  func snapshot(
    _ captured: [TableCatalog.Table], exported: (name: String, at: LSN)?, into loop: inout ProductionLoop
  ) throws(ConnectorFailure) -> Bool {
    status.update { $0.state = .snapshot }
    let run = SnapshotRun(logger: logger, status: status, stop: stop)
    let connection = try connect()
    let origin: SnapshotOrigin
    let tables: [SnapshotRun.Table]
    do throws(PostgresError) {
      origin = try SnapshotRun.begin(exported: exported, on: connection)
      tables = try SnapshotRun.tables(captured, on: connection)
    } catch {
      loop.sink.abandon()
      throw ConnectorFailure(postgres: error, doing: "opening the snapshot")
    }
    logger.info("snapshot of \(tables.count) tables begins at LSN \(origin.lsn)")
    do throws(RelayFailure) {
      return try run.run(tables, at: origin, on: connection, into: &loop)
    } catch {
      loop.sink.abandon()
      throw ConnectorFailure(error)
    }
  }
}
