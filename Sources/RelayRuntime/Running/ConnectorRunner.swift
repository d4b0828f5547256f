import EventEncoding
import EventRouting
import Glibc
import KafkaSink
import Logging
import PgOutput
import PostgresSource
import Primitives

/// The loop as it runs in production.
typealias ProductionLoop = RelayLoop<PostgresReplicationSource, KafkaEventSink, StateRecordStore>

/// One connector's life on its own thread: check, start as the state says, snapshot, stream, reconnect, stop.
/// Not Sendable: everything in it belongs to that thread.
struct ConnectorRunner {
  let plan: ConnectorPlan
  let status: ConnectorStatus
  let stop: StopSignal
  let logger: Logger

  /// What a stream is started with.
  private struct Start {
    var state: StateRecord
    var position: StreamPosition
  }

  /// Runs until stopped (returns) or failed for good (throws).
  func run() throws(ConnectorFailure) {
    guard let stored = WakeUp() else { throw ConnectorFailure(.delivery, "no file descriptor left") }
    let options: PipelineOptions
    do {
      options = try plan.makePipelineOptions(
        RunID.make(unixMilliseconds: RelayClock.now().wallNanoseconds / 1_000_000))
    } catch {
      throw ConnectorFailure(.configuration, "\(error)")
    }
    let storage = plan.storage
    let plan = plan
    let keeper: StateKeeper
    do throws(StateStoreError) {
      keeper = try StateKeeper(finished: stored) { ConnectorRunner.makeStore(storage, plan) }
    } catch {
      throw ConnectorFailure(.delivery, error.description)
    }
    defer { keeper.stop() }
    var backoff = Backoff(maximumMilliseconds: plan.reconnectWaitMaxMilliseconds)
    while stop.level == .run {
      do throws(ConnectorFailure) {
        try life(options, keeper, stored, &backoff)
        if plan.dropsSlotOnStop, stop.level == .drain { try dropSlotAtStop() }
        return
      } catch {
        switch error.kind {
        case .unreachable:
          if let most = plan.reconnectsMax, backoff.attempt >= most { throw error }
          pause(after: error, &backoff)
        case .slotBusy where plan.waitsForSlot: standBy(error)
        default: throw error
        }
      }
    }
  }

  private static func makeStore(_ storage: ConnectorPlan.StateStorage, _ plan: ConnectorPlan) -> any StateStore {
    switch storage {
    case .file(let path): FileStateStore(path: path)
    case .table: TableStateStore(settings: plan.database)
    case .topic(let name, let partitions, let replicationFactor):
      TopicStateStore(
        name: name, properties: plan.clientProperties, partitions: partitions, replicationFactor: replicationFactor)
    }
  }

  // MARK: One life: from the first connection to the last

  private func life(
    _ options: PipelineOptions, _ keeper: StateKeeper, _ stored: WakeUp, _ backoff: inout Backoff
  ) throws(ConnectorFailure) {
    status.update { if $0.state != .standby { $0.state = .starting } }
    let replication = try connectReplication()
    // Before anything is looked at, let alone changed: a relay that takes its snapshot has a slot that looks abandoned.
    while try !lock(replication) {
      let busy = ConnectorFailure(.slotBusy, "slot \(plan.slot) is in use by another relay")
      guard plan.waitsForSlot else { throw busy }
      standBy(busy)
      if stop.level > .run { return }
    }
    // A record of an earlier life may be on its way to the store still.
    guard keeper.settle(timeoutMilliseconds: 30_000) else {
      throw ConnectorFailure(.unreachable, "state record: an earlier write has not ended")
    }
    let connection = try connect()
    try ServerCheck.run(on: connection)
    let identity = try identify(replication)
    let captured = try capturedTables(options, on: connection)
    try PublicationSetup(plan: plan, logger: logger).run(
      captured: captured.map { TableID(schema: $0.schema, name: $0.name) },
      hasIncludeList: options.filter.hasIncludeList, on: connection)
    // The slot first: while another relay has it, both go on, and only a record read later is surely not behind it.
    let slot = try findSlot(on: connection)
    if slot?.activePID != nil { throw ConnectorFailure(.slotBusy, "slot \(plan.slot) is in use by another process") }
    var store = ConnectorRunner.makeStore(plan.storage, plan)
    let state = try load(&store)
    var timelineEnds: [Int: LSN] = [:]
    if let state, state.timeline < identity.timeline {
      do throws(PostgresError) {
        timelineEnds = try replication.timelineEnds(of: identity.timeline)
      } catch {
        throw ConnectorFailure(postgres: error, doing: "TIMELINE_HISTORY")
      }
    }
    let decision = StartDecision.decide(
      .init(
        state: state, slot: slot, slotName: plan.slot, database: plan.databaseName, identity: identity,
        wantsSnapshotData: plan.wantsSnapshotData, timelineEnds: timelineEnds))
    var record =
      state
      ?? StateRecord(
        connector: plan.name, systemIdentifier: identity.systemIdentifier, timeline: identity.timeline,
        database: plan.databaseName, slot: plan.slot, ownsSlot: false, snapshot: .running,
        position: StreamPosition(acknowledged: .invalid, lastCommit: nil))
    record.timeline = identity.timeline
    var exported: (name: String, at: LSN)?
    var wantsSnapshot = false
    switch decision {
    case .refuse(let refusal):
      throw ConnectorFailure(.configuration, refusal.description)
    case .stream(let position):
      logger.info("going on at LSN \(position) of slot \(plan.slot)")
    case .existingSlot(let withSnapshot, let position):
      record.position = StreamPosition(acknowledged: position, lastCommit: nil)
      record.ownsSlot = false
      wantsSnapshot = withSnapshot
      logger.info("slot \(plan.slot) was there before; streaming will begin at its position \(position)")
    case .newSlot(let withSnapshot, let replacesSlot):
      if replacesSlot {
        logger.notice("an earlier snapshot was not finished: starting again on a new slot")
        try dropSlot(on: connection)
      }
      // Written first: should we die between here and the slot's making, a next start finds "running" and no slot. It is
      // ours only once it is made: should we die before that is written, it counts as one that was there before.
      record.snapshot = .running
      record.ownsSlot = false
      record.position = StreamPosition(acknowledged: .invalid, lastCommit: nil)
      try save(record, &store)
      let created = try createSlot(replication, exportsSnapshot: withSnapshot)
      record.ownsSlot = true
      record.position = StreamPosition(acknowledged: created.consistentPoint, lastCommit: nil)
      try save(record, &store)
      if let name = created.snapshotName { exported = (name, created.consistentPoint) }
      wantsSnapshot = withSnapshot
      logger.info("created slot \(plan.slot) at LSN \(created.consistentPoint)")
    }

    let source = PostgresReplicationSource(replication, catalog: connection)
    let sink: KafkaEventSink
    do throws(SinkError) {
      sink = try KafkaEventSink(
        properties: plan.producerProperties, creation: plan.topicCreation, logger: logger)
    } catch {
      throw ConnectorFailure(.configuration, error.description)
    }
    var loop = ProductionLoop(
      source: source, sink: sink, store: StateRecordStore(keeper: keeper, record: record),
      pipeline: EventPipeline(options, lastCommit: record.position.lastCommit), position: record.position,
      limits: plan.limits)

    if wantsSnapshot {
      let isComplete = try snapshot(captured, exported: exported, into: &loop)
      guard isComplete else {
        loop.sink.abandon()
        logger.notice("stopped inside the snapshot; it will be done again at the next start")
        return
      }
    }
    if record.snapshot == .running || state == nil {
      record.snapshot = .complete
      try save(record, &store)
      loop.store.record = record
    }
    try stream(&loop, record: record, stored: stored, &backoff)
  }

  private func snapshot(
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

  // MARK: Streaming

  private func stream(
    _ loop: inout ProductionLoop, record: StateRecord, stored: WakeUp, _ backoff: inout Backoff
  ) throws(ConnectorFailure) {
    var isFirst = true
    var hasStreamed = false
    while true {
      do throws(RelayFailure) {
        if !isFirst { try reconnect(&loop, record: record) }
        isFirst = false
        do throws(SourceError) {
          try loop.source.start(
            slot: plan.slot, at: loop.handedOver, options: pgoutputOptions(serverVersion: loop.source.serverVersion))
        } catch {
          throw RelayFailure.source(error)
        }
        hasStreamed = true
        status.update {
          $0.state = .running
          $0.lastError = nil
        }
        logger.info("streaming from slot \(plan.slot) at LSN \(loop.handedOver)")
        try pump(&loop, stored: stored, &backoff)
        return
      } catch {
        guard case .source(let sourceError) = error, stop.level == .run,
          sourceError.remedy == .reconnect
            // Before it ever streamed it has nothing to wait with: it stands by, and then reads its state again.
            || sourceError.remedy == .waitForSlot && plan.waitsForSlot && hasStreamed
        else {
          settle(&loop, after: error, stored)
          loop.sink.abandon()
          throw ConnectorFailure(error)
        }
        isFirst = false
        if sourceError.remedy == .reconnect, let most = plan.reconnectsMax, backoff.attempt >= most {
          loop.sink.abandon()
          throw ConnectorFailure(error)
        }
        loop.sourceLost()
        try waitToReconnect(&loop, sourceError, &backoff)
        if stop.level > .run {
          loop.sink.abandon()
          return
        }
      }
    }
  }

  /// A new connection for the loop; the rules of a start hold again, since it may be another server now.
  private func reconnect(_ loop: inout ProductionLoop, record: StateRecord) throws(RelayFailure) {
    var refusal: StartRefusal?
    do throws(ConnectorFailure) {
      let connection = try connect()
      // The old session goes first: should it still stand, it holds the slot's lock.
      loop.source = PostgresReplicationSource(try connectReplication(), catalog: connection)
      var now = record
      now.timeline = loop.store.record.timeline
      now.snapshot = .complete
      now.position = StreamPosition(acknowledged: loop.storedPosition, lastCommit: nil)
      let situation: StartDecision.Situation
      do throws(PostgresError) {
        situation = try loop.source.situation(
          state: now, slot: plan.slot, database: plan.databaseName, handedOver: loop.handedOver)
      } catch {
        throw ConnectorFailure(postgres: error, doing: "connecting to \(plan.database) again")
      }
      if case .refuse(let reason) = StartDecision.decide(situation) { refusal = reason }
      loop.store.record.timeline = situation.identity.timeline
    } catch {
      let remedy: SourceError.Remedy =
        switch error.kind {
        case .unreachable: .reconnect
        case .slotBusy: .waitForSlot
        default: .stop
        }
      throw .source(SourceError(remedy, error.description))
    }
    // Another relay may have taken over and stored a later position than ours.
    if let refusal { throw .source(SourceError(plan.waitsForSlot ? .startOver : .stop, refusal.description)) }
  }

  /// While the server is away, Kafka's acknowledgements still come in.
  private func waitToReconnect(
    _ loop: inout ProductionLoop, _ error: SourceError, _ backoff: inout Backoff
  ) throws(ConnectorFailure) {
    let isBusy = error.remedy == .waitForSlot
    let wait = isBusy ? plan.slotPollMilliseconds : backoff.next()
    status.update {
      $0.state = isBusy ? .standby : .reconnecting
      $0.lastError = error.description
      $0.reconnects += 1
    }
    logger.warning("\(error.description); connecting again in \(wait) ms")
    let end = RelayClock.now().monotonicMilliseconds + wait
    do throws(RelayFailure) {
      while stop.level == .run {
        let time = RelayClock.now()
        if time.monotonicMilliseconds >= end { return }
        try loop.turnWithoutSource(time)
        StatusPublisher.publish(&loop, to: status)
        var entries = [
          pollfd(fd: loop.sink.descriptor, events: Int16(POLLIN), revents: 0),
          pollfd(fd: stop.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = unsafe poll(&entries, 2, Int32(min(50, end - time.monotonicMilliseconds)))
      }
    } catch {
      loop.sink.abandon()
      throw ConnectorFailure(error)
    }
  }

  /// A connection that has streamed so long is good.
  private static let stableMilliseconds: Int64 = 5_000

  /// Turns until stopped and drained. Throws when the source or the sink fails.
  private func pump(
    _ loop: inout ProductionLoop, stored: WakeUp, _ backoff: inout Backoff
  ) throws(RelayFailure) {
    var lastPublished: Int64 = 0
    var drainUntil: Int64?
    var pace = ReadPace()
    let startedAt = RelayClock.now().monotonicMilliseconds
    var storeFailure = loop.observations.storeFailure
    while true {
      let time = RelayClock.now()
      let turn = try loop.turn(time)
      // One that is cut again as soon as it stands must not be made again at once, without end.
      if time.monotonicMilliseconds - startedAt >= ConnectorRunner.stableMilliseconds { backoff.reset() }
      if loop.observations.storeFailure != storeFailure {
        storeFailure = loop.observations.storeFailure
        if let storeFailure {
          logger.error("the state record cannot be written, so nothing is confirmed to the server: \(storeFailure)")
        } else {
          logger.notice("the state record is written again")
        }
      }
      if let warning = loop.pipeline.takeConversionWarning() {
        logger.warning(
          "table \(warning.table), column \(warning.column), LSN \(warning.lsn): \(warning.error); written as null")
      }
      if time.monotonicMilliseconds - lastPublished >= 100 {
        lastPublished = time.monotonicMilliseconds
        StatusPublisher.publish(&loop, to: status)
      }
      if stop.level > .run {
        if drainUntil == nil {
          drainUntil = time.monotonicMilliseconds + plan.drainMilliseconds
          status.update { $0.state = .stopping }
          logger.info("stopping: \(loop.recordsInFlight) records in flight")
          loop.stopReading()
          continue
        }
        if try finish(&loop, time, until: drainUntil!) { return }
      }
      guard case .idle(let milliseconds, let isFull) = turn else { continue }
      if let pause = pace.pause(afterFrames: loop.observations.frames, at: time.wallNanoseconds) { napping(pause) }
      wait(&loop, stored, isFull: isFull, milliseconds: drainUntil == nil ? min(milliseconds, 1_000) : 10)
      if loop.source.wantsToWrite {
        do throws(SourceError) {
          try loop.source.flush()
        } catch {
          throw .source(error)
        }
      }
    }
  }

  /// Returns `true` when everything is settled, or nothing more can be waited for.
  private func finish(_ loop: inout ProductionLoop, _ time: RelayTime, until: Int64) throws(RelayFailure) -> Bool {
    if stop.level == .now || time.monotonicMilliseconds >= until {
      logger.warning("stopped with \(loop.recordsInFlight) records unacknowledged; they will be sent again")
      loop.sink.abandon()
      return true
    }
    guard loop.isDrained else { return false }
    // The last position must reach the server before the connection closes.
    if loop.observations.confirmed < loop.flushable { return false }
    StatusPublisher.publish(&loop, to: status)
    loop.source.end(timeoutMilliseconds: 2_000)
    logger.info("stopped; confirmed LSN \(loop.flushable)")
    return true
  }

  /// What came before a record that cannot be delivered is delivered and confirmed all the same, within the time that a
  /// stop has.
  private func settle(_ loop: inout ProductionLoop, after failure: RelayFailure, _ stored: WakeUp) {
    switch failure {
    case .source, .sink: return
    case .pipeline, .record: break
    }
    loop.stopAtFailure()
    let until = RelayClock.now().monotonicMilliseconds + plan.drainMilliseconds
    while stop.level < .now {
      let time = RelayClock.now()
      do throws(RelayFailure) {
        _ = try loop.turn(time)
        if try finish(&loop, time, until: until) { return }
      } catch {
        // The first failure is the one to tell.
        return
      }
      wait(&loop, stored, isFull: true, milliseconds: 10)
    }
  }

  /// Lets frames gather. Nothing can be missed meanwhile that would not wait in the socket as well.
  private func napping(_ microseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: microseconds * 1_000)
    _ = unsafe nanosleep(&time, nil)
  }

  private func wait(_ loop: inout ProductionLoop, _ stored: WakeUp, isFull: Bool, milliseconds: Int64) {
    var events = isFull ? 0 : Int16(POLLIN)
    if loop.source.wantsToWrite { events |= Int16(POLLOUT) }
    var entries = [
      pollfd(fd: loop.source.socket, events: events, revents: 0),
      pollfd(fd: loop.sink.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stored.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stop.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    // A stop that has been seen must not make every wait return at once.
    let count: nfds_t = stop.level > .run ? 3 : 4
    _ = unsafe poll(&entries, count, Int32(clamping: max(0, milliseconds)))
    if entries[2].revents != 0 { stored.clear() }
  }

  private func pgoutputOptions(serverVersion: Int) -> [(name: String, value: String)] {
    var options = [
      (name: "proto_version", value: "1"),
      (name: "publication_names", value: PostgresConnection.quoted(identifier: plan.publication)),
    ]
    // Logical messages came with PostgreSQL 14.
    if serverVersion >= 140_000 { options.append((name: "messages", value: "true")) }
    return options + plan.streamParameters
  }
}
