import EventEncoding
import EventRouting
import Logging
import PostgresSource
import Primitives

/// What is read before the stream.
extension ConnectorRunner {
  /// `save` is called with how far it is, if that is asked for: before the first row, and when tables are finished.
  /// Returns where the snapshot stands in the log, or `nil` when it was asked to stop before the end.
  func snapshot(
    _ captured: [TableCatalog.Table], _ view: SnapshotView, into loop: inout ProductionLoop, savesProgress: Bool,
    saving save: (ResumableSnapshot) throws(ConnectorFailure) -> Void
  ) throws(ConnectorFailure) -> SnapshotOrigin? {
    status.update { $0.state = .snapshot }
    guard pause(milliseconds: plan.snapshot.delayMilliseconds, before: "the snapshot") else { return nil }
    let tables = try included(captured)
    // Rows of two tables must not stand in one Kafka transaction when it ends with the first of them.
    let readerCount = plan.transactions == nil ? plan.snapshot.readers : 1
    var readers = [SnapshotReader(try connect())]
    let origin: SnapshotOrigin
    var work: SnapshotRun.Work
    do throws(PostgresError) {
      let opened = try view.open(on: readers[0].connection, isShared: readerCount > 1)
      origin = opened.origin
      work = try self.work(tables, plan.snapshot, view, loop.pipeline.messageKeys, on: readers[0].connection)
      while readers.count < min(readerCount, work.chunks.count) {
        let reader = SnapshotReader(try PostgresConnection(reading: plan.database, watch: sessionWatch()))
        try view.join(opened.shared, on: reader.connection)
        guard try hasLocks(work, on: reader.connection) else { break }
        readers.append(reader)
      }
    } catch {
      if isGivenUp(error.kind == .connection) { return nil }
      loop.sink.abandon()
      throw ConnectorFailure(postgres: error, doing: "opening the snapshot")
    }
    logger.info(
      "snapshot of \(work.tables.count) tables begins at LSN \(origin.lsn), \(readers.count) connections, \(work.chunks.count) chunks"
    )
    if savesProgress {
      work.savesProgress = true
      work.indivisible = Set(
        candidates(work.tables, loop.pipeline.options).filter { $0.obstacle != nil }.map(\.table))
      work.putIndivisibleFirst()
    }
    let run = SnapshotRun(logger: logger, status: status, stop: stop)
    StartMemory.releaseNow()
    do throws(RelayFailure) {
      return try run.run(work, at: origin, by: readers, into: &loop) { (finished) throws(RelayFailure) in
        do throws(ConnectorFailure) {
          try save(ResumableSnapshot(tables: work.tables.map(\.id), finished: finished))
        } catch {
          throw .sink(SinkError(error.description, remedy: error.kind == .unreachable ? .startOver : .stop))
        }
      } ? origin : nil
    } catch {
      if case .source(let source) = error, isGivenUp(source.remedy == .reconnect) { return nil }
      run.settle(&loop, after: error, timeoutMilliseconds: plan.drainMilliseconds)
      let error = root(of: error, &loop)
      loop.sink.abandon()
      throw failure(error, of: loop, isInSnapshot: true)
    }
  }

  /// A statement that is waited for no more, since the relay stops, is no failure of the server.
  func isGivenUp(_ isUnreachable: Bool) -> Bool { isUnreachable && stop.level > .run }

  /// Locks what several connections read, before any of them has begun. `false`: somebody waits for a lock of a table, and a
  /// further connection would wait behind.
  private func hasLocks(
    _ work: SnapshotRun.Work, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    try SnapshotView.boundLockWaits(on: connection)
    do throws(PostgresError) {
      for chunk in work.chunks where chunk.count > 1 && chunk.isFirstOfTable {
        try connection.execute("SELECT FROM \(work.tables[chunk.table].quotedName) LIMIT 0")
      }
      return true
    } catch {
      guard error.sqlState == "55P03" else { throw error }
      logger.warning(
        "the snapshot goes on with fewer connections, since somebody waits for a lock of a table: \(error)")
      return false
    }
  }

  /// What is to know of tables before the rest of a snapshot is left to chunks.
  func candidates(_ tables: [SnapshotTable], _ options: PipelineOptions) -> [ResumableSnapshot.Candidate] {
    tables.map {
      ResumableSnapshot.Candidate(
        $0.id, hasKey: !$0.description.keyColumns.isEmpty,
        hasOverride: plan.snapshot.selectOverrides[$0.id.description] != nil,
        isOutbox: options.mayRouteEvents(of: $0.id))
    }
  }

  /// Those of `snapshot.include.collection.list`.
  func included(_ captured: [TableCatalog.Table]) throws(ConnectorFailure) -> [TableCatalog.Table] {
    if plan.snapshot.includeList.isEmpty { return captured }
    do throws(JavaPattern.Refusal) {
      let filter = try SnapshotInclusion(plan.snapshot.includeList)
      return captured.filter { filter.includes(TableID(schema: $0.schema, name: $0.name)) }
    } catch {
      throw ConnectorFailure(
        .configuration, "snapshot.include.collection.list: the pattern \(error.pattern): \(error.reason)")
    }
  }

  func work(
    _ captured: [TableCatalog.Table], _ snapshot: SnapshotPlan, _ view: SnapshotView, _ messageKeys: MessageKeyColumns?,
    on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> SnapshotRun.Work {
    if let timeout = snapshot.lockTimeoutMilliseconds {
      try SnapshotView.lock(
        captured.map { TableID(schema: $0.schema, name: $0.name) }, timeoutMilliseconds: timeout, on: connection)
    }
    let readable = captured.filter { !plan.signals.tables.contains(TableID(schema: $0.schema, name: $0.name)) }
    let tables = try SnapshotTable.read(readable, overrides: snapshot.selectOverrides, on: connection)
    let planner = SnapshotChunkPlanner(plan: snapshot, messageKeys: messageKeys, seesOneState: view.isOneState)
    let (ordered, chunks) = try planner.chunks(of: tables, on: connection)
    for table in tables where table.select == nil {
      logger.warning(
        "table \(table.id) is left out of the snapshot: its statement in snapshot.select.statement.overrides is empty")
    }
    return SnapshotRun.Work(
      tables: ordered, chunks: chunks,
      marksEnds:
        !(snapshot.readsTablesWhole && min(plan.transactions == nil ? snapshot.readers : 1, ordered.count) > 1),
      captured: captured.map { TableID(schema: $0.schema, name: $0.name) })
  }
}
