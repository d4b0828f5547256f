import EventEncoding
import EventRouting
import Logging
import PostgresSource
import Primitives

/// Blocking snapshots: the stream stands still between two transactions, tables are read, and the stream goes on where it
/// stood. Source: Debezium 3.6, `ChangeEventSourceCoordinator.doBlockingSnapshot`.
extension ConnectorRunner {
  /// Takes the snapshot if one is due. Throws when the connection is lost; it is then due again once the stream is back.
  /// One that the server refuses is given up with a warning, as in Debezium.
  func takeBlockingSnapshot(_ loop: inout ProductionLoop) throws(RelayFailure) {
    guard let snapshot = loop.dueBlockingSnapshot else { return }
    logger.info("a blocking snapshot of \(snapshot.collections.joined(separator: ", ")) interrupts the stream")
    loop.interruptStream()
    loop.sink.gather(false)
    do throws(RelayFailure) {
      guard try read(snapshot, into: &loop) else { return }
    } catch {
      guard case .source(let failure) = error, !failure.remedy.losesStreamOnly else { throw error }
      logger.warning("the blocking snapshot is given up: \(failure)")
      try loop.notifySnapshot(.aborted, [:], RelayClock.now())
    }
    try loop.resumeStream()
    status.update { $0.state = .running }
    logger.info("the stream goes on at LSN \(loop.handedOver)")
  }

  /// Returns `false` when the connector is to stop: the snapshot stays due, for the next start.
  private func read(_ snapshot: BlockingSnapshot, into loop: inout ProductionLoop) throws(RelayFailure) -> Bool {
    status.update { $0.state = .snapshot }
    let first: SnapshotReader
    let work: SnapshotRun.Work
    let origin: SnapshotOrigin
    do throws(PostgresError) {
      first = SnapshotReader(try PostgresConnection(reading: plan.database, watch: sessionWatch()))
      let view = SnapshotView.own(.repeatableRead)
      let opened = try view.open(on: first.connection, isShared: false)
      // The rows stand where the stream stands still, whatever the log has since.
      origin = SnapshotOrigin(
        lsn: snapshot.lsn, unixMicroseconds: opened.origin.unixMicroseconds, transactionID: snapshot.transactionID,
        lastCommit: snapshot.lastCommit)
      var plan = plan.snapshot
      // One reader takes each table as a whole: to count rows and look for bounds would hold the stream up for longer.
      plan.readers = 1
      plan.chunkMultiplier = 1
      plan.tableChunkMultipliers = [:]
      plan.selectOverrides = Dictionary(
        snapshot.queries.map { ($0.key.description, $0.value) }, uniquingKeysWith: { first, _ in first })
      work = try self.work(
        try tables(of: snapshot, loop.pipeline.tableFilter, on: first.connection), plan, view,
        loop.pipeline.messageKeys, on: first.connection)
    } catch {
      if isGivenUp(error.kind == .connection) { return false }
      throw .source(ErrorPolicy.sourceError(error))
    }
    do throws(RelayFailure) {
      return try SnapshotRun(logger: logger, status: status, stop: stop).run(
        work, at: origin, by: [first], into: &loop)
    } catch {
      if case .source(let source) = error, isGivenUp(source.remedy == .reconnect) { return false }
      throw error
    }
  }

  /// Captured tables whose whole name one of the patterns matches, in the order of a snapshot.
  private func tables(
    of snapshot: BlockingSnapshot, _ filter: TableFilter, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> [TableCatalog.Table] {
    // Each was compiled when the signal came.
    guard let inclusion = try? SnapshotInclusion(snapshot.collections) else { return [] }
    let all = try TableCatalog.tables(on: connection).filter {
      let id = TableID(schema: $0.schema, name: $0.name)
      return filter.includes(id) && inclusion.includes(id)
    }
    let order = filter.snapshotOrder(all.map { TableID(schema: $0.schema, name: $0.name) })
    return order.compactMap { id in all.first { $0.schema == id.schema && $0.name == id.name } }
  }
}
