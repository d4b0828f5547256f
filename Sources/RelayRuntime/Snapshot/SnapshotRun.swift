import EventEncoding
import EventRouting
import Glibc
import Logging
import PgOutput
import PostgresSource
import Primitives

/// Reads the chunks of a snapshot by COPY, on as many connections as there are readers, and hands their rows to the loop.
struct SnapshotRun {
  let logger: Logger
  let status: ConnectorStatus
  let stop: StopSignal

  /// Rows taken from one reader before the next has its turn and acknowledgements are collected again.
  private static let rowsPerTurnMax: UInt64 = 512

  /// What a run has before it. `tables` are in the order of the snapshot, and `chunks` in that order too.
  struct Work {
    var tables: [SnapshotTable]
    var chunks: [SnapshotChunk]
    /// See `SnapshotSequence`.
    var marksEnds = true
    /// For notifications: the tables, and those of signals.
    var captured: [TableID] = []
    /// Whether finished tables are told, so that they can be stored.
    var savesProgress = false
    /// Tables that could not be gone on with: nothing is stored before all of them are finished.
    var indivisible: Set<TableID> = []

    /// Puts the indivisible tables before the others, each part in its order.
    mutating func putIndivisibleFirst() {
      let first = tables.indices.filter { indivisible.contains(tables[$0].id) }
      let places = first + tables.indices.filter { !indivisible.contains(tables[$0].id) }
      let chunks = Dictionary(grouping: chunks, by: \.table)
      self.chunks = places.enumerated().flatMap { place, before in (chunks[before] ?? []).map { $0.moved(to: place) } }
      tables = places.map { tables[$0] }
    }

    var list: String { tables.map(\.id.description).joined(separator: ",") }
    var capturedList: String { captured.map(\.description).joined(separator: ",") }
  }

  /// Reads everything. Returns `false` when it was asked to stop before the end.
  /// - Parameter saving: is given the tables of which every row is acknowledged, at the start and whenever there are more.
  func run(
    _ work: Work, at origin: SnapshotOrigin, by readers: [SnapshotReader], into loop: inout ProductionLoop,
    saving: (Set<TableID>) throws(RelayFailure) -> Void = { (_) throws(RelayFailure) in }
  ) throws(RelayFailure) -> Bool {
    var chunkCounts = work.tables.map { _ in 0 }
    for chunk in work.chunks { chunkCounts[chunk.table] += 1 }
    var sequence = SnapshotSequence(chunksOfTables: chunkCounts, marksEnds: work.marksEnds)
    var feed = SnapshotFeed(origin: origin)
    var progress = SnapshotProgress(
      tables: work.tables, chunks: chunkCounts, at: RelayClock.now().monotonicMilliseconds)
    status.update { $0.snapshotRowsEstimated = progress.estimate }
    var waiting = work.chunks[...]
    var ends = SnapshotEnds(needed: work.indivisible)
    if work.savesProgress {
      try saving(ends.finished)
      loop.resumesSnapshot = ends.mayBeSaved
    }
    try loop.notifySnapshot(.started, [:], RelayClock.now())
    while true {
      let time = RelayClock.now()
      if stop.level >= .drain { return false }
      guard try loop.turnSnapshot(time) else {
        wait(for: [], loop.sink)
        continue
      }
      if work.savesProgress, ends.isDue(held: feed.heldTable) {
        // Nothing more is read until the rows of these tables are acknowledged.
        guard loop.recordsInFlight == 0 else {
          wait(for: [], loop.sink)
          continue
        }
        try saving(ends.finished)
        ends.saved()
        loop.resumesSnapshot = true
      }
      var isMoving = false
      var isReading = false
      let rowsBefore = progress.rows
      var sockets: [Int32] = []
      for reader in readers {
        if reader.chunk == nil {
          guard let chunk = waiting.popFirst() else { continue }
          try begin(chunk, work, reader, into: &loop, time)
        }
        guard let chunk = reader.chunk else { continue }
        isReading = true
        let table = work.tables[chunk.table]
        let before = reader.rows
        let outcome = try reader.send(
          // The next table's first row sends the last one of a table that has ended, and stays behind itself.
          rowsMax: work.savesProgress && ends.hasUnsaved ? 1 : SnapshotRun.rowsPerTurnMax, of: table.oid, &sequence,
          &feed, into: &loop, time)
        progress.add(rows: reader.rows - before, toTable: chunk.table)
        switch outcome {
        case .needsData: sockets.append(reader.socket)
        case .needsOthers: break
        case .paused: isMoving = true
        case .ended:
          isMoving = true
          if let done = progress.endChunk(ofTable: chunk.table) {
            logger.info("\(done.text)")
            ends.end(table.id, table.oid)
            try loop.notifySnapshot(
              .tableScanCompleted,
              [
                "scanned_collection": table.id.description, "data_collections": work.capturedList,
                "total_rows_scanned": String(done.rows), "status": TableScanStatus.succeeded.rawValue,
              ], time)
          }
        }
      }
      let rows = progress.rows
      status.update { $0.snapshotRows = rows }
      StatusPublisher.publish(&loop, to: status)
      if let text = progress.line(at: time.monotonicMilliseconds) { logger.info("\(text)") }
      if !isReading, waiting.isEmpty { break }
      // The server writes a few rows at a time: to wake up for each would take as long as the rows. A Unix socket is full of
      // them within a millisecond.
      let isFlowing = progress.rows > rowsBefore
      loop.sink.gather(isFlowing)
      if isMoving { continue }
      if isFlowing { ReadPace.nap(microseconds: ReadPace.pauseMicroseconds) } else { wait(for: sockets, loop.sink) }
    }
    loop.sink.gather(false)
    try feed.finish(into: &loop, RelayClock.now())
    for reader in readers {
      do throws(PostgresError) {
        try reader.connection.execute("COMMIT")
      } catch {
        throw .source(ErrorPolicy.sourceError(error))
      }
    }
    return try waitForAcknowledgements(&loop)
  }

  private func begin(
    _ chunk: SnapshotChunk, _ work: Work, _ reader: SnapshotReader, into loop: inout ProductionLoop, _ time: RelayTime
  ) throws(RelayFailure) {
    let table = work.tables[chunk.table]
    if chunk.isFirstOfTable {
      loop.pipeline.install(table.relation, table.description, origin: .snapshot)
      try loop.notifySnapshot(
        .inProgress, ["current_collection_in_progress": table.id.description, "data_collections": work.list], time)
    }
    do throws(PostgresError) {
      try reader.begin(chunk, of: table)
    } catch {
      // See `SnapshotView.boundLockWaits`: it can only be begun again, once who waits has had the table.
      if error.sqlState == "55P03" { throw .source(SourceError(.reconnect, "reading \(table.id): \(error)")) }
      throw .source(ErrorPolicy.sourceError(error))
    }
  }

  private func waitForAcknowledgements(_ loop: inout ProductionLoop) throws(RelayFailure) -> Bool {
    var hasEnded = false
    while true {
      let time = RelayClock.now()
      let isHandedOver = try loop.turnSnapshot(time)
      StatusPublisher.publish(&loop, to: status)
      if isHandedOver, hasEnded, loop.recordsInFlight == 0 { return true }
      if isHandedOver, !hasEnded {
        hasEnded = true
        try loop.endSnapshot(time)
        try loop.notifySnapshot(.completed, [:], time)
        continue
      }
      if stop.level >= .drain { return false }
      wait(for: [], loop.sink)
    }
  }

  /// Rows before one that cannot be delivered are delivered all the same, within the time that a stop has.
  func settle(_ loop: inout ProductionLoop, after failure: RelayFailure, timeoutMilliseconds: Int64) {
    switch failure {
    case .source, .sink, .refused: return
    case .pipeline, .record: break
    }
    let until = RelayClock.now().monotonicMilliseconds + timeoutMilliseconds
    while stop.level < .now {
      let time = RelayClock.now()
      // The first failure is the one to tell.
      guard time.monotonicMilliseconds < until, let isHandedOver = try? loop.turnSnapshot(time) else { return }
      StatusPublisher.publish(&loop, to: status)
      if isHandedOver, loop.recordsInFlight == 0 { return }
      wait(for: [], loop.sink)
    }
  }

  private func wait(for sockets: [Int32], _ sink: borrowing KafkaEventSink) {
    var entries = ([sink.descriptor, stop.wakeUp.descriptor] + sockets).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    _ = unsafe poll(&entries, nfds_t(entries.count), Int32(min(100, sink.waitMilliseconds ?? .max)))
  }
}
