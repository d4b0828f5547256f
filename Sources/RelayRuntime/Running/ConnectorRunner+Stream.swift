import EventEncoding
import Glibc
import Logging
import PostgresSource
import Primitives

/// From the first frame to the end of the stream, with what happens when the connection is lost in between.
extension ConnectorRunner {
  func stream(
    _ loop: inout ProductionLoop, record: StateRecord, stored: WakeUp, lessons: inout DeliveryLessons,
    _ backoff: inout Backoff
  ) throws(ConnectorFailure) {
    var isFirst = true
    // The reader of a shared slot takes open transactions for all its connectors.
    var spill = seat == nil ? try openSpillSpace(serverVersion: loop.source.server.serverVersion) : nil
    while true {
      do throws(RelayFailure) {
        if !isFirst, try !reconnect(&loop, record: record) {
          loop.sink.abandon()
          return
        }
        isFirst = false
        try startReplication(&loop, spill)
        status.update {
          $0.state = .running
          $0.lastError = nil
        }
        try loop.streamStarted(RelayClock.now())
        StartMemory.release()
        try pump(&loop, stored: stored, singlyUntil: lessons.singlyUntil, &backoff)
        return
      } catch {
        StatusPublisher.publish(&loop, to: status)
        if loop.hasStoredSnapshots { lessons.snapshotsAreStored() }
        // Where another relay has the slot, nothing of this one's memory holds any more, and what its producer still has
        // would come after the other's: it is given up, and the next life begins with the stored state.
        guard case .source(let sourceError) = error, stop.level == .run, sourceError.remedy.losesStreamOnly else {
          // They cannot be committed without it.
          let error = root(of: error, &loop)
          if case .refused = error {
            // Exactly once the transaction is lost; else what can be delivered is, and has not to come again.
            if plan.transactions == nil { settle(&loop, after: error, stored) }
            loop.sink.abandon()
            throw failure(error, of: loop)
          }
          let strandsOthers = loop.holdsWholeUnits && loop.isUndelivered(error)
          if !strandsOthers { settle(&loop, after: error, stored) }
          loop.sink.abandon()
          if strandsOthers { throw ConnectorFailure(.undelivered, error.description) }
          throw ConnectorFailure(error)
        }
        isFirst = false
        loop.source.server.leave()
        if sourceError.remedy == .reconnectWithoutStreaming {
          spill = nil
          logger.warning("until the next start transactions are read only once they have committed")
        }
        if sourceError.remedy == .reconnect, let most = plan.reconnectsMax, backoff.attempt >= most {
          loop.sink.abandon()
          throw ConnectorFailure(error)
        }
        loop.sourceLost()
        loop.sink.gather(false)
        if loop.mustStartOver {
          loop.sink.abandon()
          throw ConnectorFailure(
            sourceError.remedy == .startAgain ? .startsAgain : .unreachable, sourceError.description)
        }
        try waitToReconnect(&loop, sourceError, &backoff)
        if stop.level > .run {
          loop.sink.abandon()
          return
        }
      }
    }
  }

  /// A new connection for the loop; the rules of a start hold again, since it may be another server now. Returns `false`
  /// when stopped meanwhile.
  private func reconnect(_ loop: inout ProductionLoop, record: StateRecord) throws(RelayFailure) -> Bool {
    do throws(ConnectorFailure) {
      let connection = try connect()
      // The old session goes first: should it still stand, it holds the slot's lock.
      loop.source = StreamedTransactions(
        PostgresReplicationSource(try connectReplication(), catalog: connection, seat: seat))
    } catch {
      throw .source(sourceError(error))
    }
    guard try outlast(&loop) else { return false }
    var refusal: StartRefusal?
    do throws(ConnectorFailure) {
      if let seat, try !hasRight(seat) {
        throw ConnectorFailure(.slotBusy, "slot \(plan.slot) is in use by another relay")
      }
      var now = record
      now.timeline = loop.store.record.timeline
      now.timelineStart = loop.store.record.timelineStart
      now.snapshot = .complete
      now.position = StreamPosition(acknowledged: loop.storedPosition, lastCommit: nil)
      let situation: StartDecision.Situation
      do throws(PostgresError) {
        situation = try loop.source.server.situation(
          state: now, slot: plan.slot, database: plan.databaseName, handedOver: loop.handedOver)
      } catch {
        throw ConnectorFailure(postgres: error, doing: "connecting to \(plan.database) again")
      }
      if case .refuse(let reason) = StartDecision.decide(situation) { refusal = reason }
      if refusal == nil, let doubt = situation.branchDoubt { logger.warning("\(doubt)") }
      try checkStillOwner(loop.store.record)
      loop.store.record.timeline = situation.identity.timeline
      loop.store.record.timelineStart = situation.history.start(of: situation.identity.timeline)
    } catch {
      throw .source(sourceError(error))
    }
    // Another relay may have taken over and stored a later position than ours.
    if let refusal { throw .source(SourceError(plan.waitsForSlot ? .startOver : .stop, refusal.description)) }
    return true
  }

  private func sourceError(_ failure: ConnectorFailure) -> SourceError {
    let remedy: SourceError.Remedy =
      switch failure.kind {
      case .unreachable: .reconnect
      case .slotBusy: .waitForSlot
      default: .stop
      }
    return SourceError(remedy, failure.description)
  }

  /// A busy server ends a session some time after its client has left. Until then the slot is no other relay's, and what this
  /// one's memory holds still counts: to stand by and begin anew would send again what is not stored yet. Returns `false`
  /// when stopped meanwhile.
  private func outlast(_ loop: inout ProductionLoop) throws(RelayFailure) -> Bool {
    // The lock of a shared slot is its reader's.
    if seat != nil { return true }
    return try OwnSessions.outlast(
      logger: logger,
      holder: { () throws(RelayFailure) in
        do throws(SourceError) {
          return try loop.source.server.holder(of: plan.slot, among: sessions)
        } catch {
          throw .source(error)
        }
      },
      pause: { () throws(RelayFailure) in
        try waitWithoutSource(&loop, milliseconds: 20)
        return stop.level == .run
      })
  }

  /// At least once: whether no other relay has begun while this one had no slot. It may have sent an earlier part again and
  /// not got to the end, which this one's memory knows nothing of. Asked with the slot's lock.
  private func checkStillOwner(_ record: StateRecord) throws(ConnectorFailure) {
    guard plan.transactions == nil, let mine = record.relay else { return }
    var store = ConnectorRunner.makeStore(plan.storage, plan)
    guard try load(&store)?.relay == mine else { throw ConnectorFailure(.overtaken(plan.name)) }
  }

  /// Not counted by `errors.max.retries`.
  static let startAgainMilliseconds: Int64 = 20

  /// While the server is away, Kafka's acknowledgements still come in.
  private func waitToReconnect(
    _ loop: inout ProductionLoop, _ error: SourceError, _ backoff: inout Backoff
  ) throws(ConnectorFailure) {
    let wait = error.remedy == .startAgain ? ConnectorRunner.startAgainMilliseconds : backoff.next()
    status.update {
      $0.state = .reconnecting
      $0.lastError = error.description
      $0.reconnects += 1
    }
    logger.warning("\(error.description); connecting again in \(wait) ms")
    do throws(RelayFailure) {
      try waitWithoutSource(&loop, milliseconds: wait)
    } catch {
      loop.sink.abandon()
      throw ConnectorFailure(error)
    }
  }

  private func waitWithoutSource(_ loop: inout ProductionLoop, milliseconds: Int64) throws(RelayFailure) {
    let end = RelayClock.now().monotonicMilliseconds + milliseconds
    while stop.level == .run {
      let time = RelayClock.now()
      if time.monotonicMilliseconds >= end { return }
      try loop.turnWithoutSource(time)
      StatusPublisher.publish(&loop, to: status)
      var entries = [
        pollfd(fd: loop.sink.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let most = min(50, loop.sink.waitMilliseconds ?? .max, end - time.monotonicMilliseconds)
      _ = unsafe poll(&entries, 2, Int32(max(0, most)))
    }
  }

  /// A connection that has streamed so long is good.
  static let stableMilliseconds: Int64 = 5_000

  /// Turns until stopped and drained. Throws when the source or the sink fails.
  private func pump(
    _ loop: inout ProductionLoop, stored: WakeUp, singlyUntil: DeliveryLessons.Passage?, _ backoff: inout Backoff
  ) throws(RelayFailure) {
    var lastPublished: Int64 = 0
    var drainUntil: Int64?
    var pace = ReadPace()
    var describing = DescribingPhase(described: loop.pipeline.relationsDescribed, frames: loop.observations.frames)
    let startedAt = RelayClock.now().monotonicMilliseconds
    var storeFailure = loop.observations.storeFailure
    while true {
      let time = RelayClock.now()
      let turn = try loop.turn(time)
      if stop.level == .run, loop.dueBlockingSnapshot != nil {
        try takeBlockingSnapshot(&loop)
        loop.source.server.presence.begin()
      }
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
      for notice in loop.takeNotices() {
        logger.log(level: notice.level == .warning ? .warning : .info, "\(notice.text)")
      }
      tellToleratedErrors(&loop)
      if let warning = loop.pipeline.takeReselectionWarning() {
        let columns = warning.columns.joined(separator: ", ")
        logger.warning(
          "table \(warning.table), LSN \(warning.lsn): \(columns) could not be read again: \(warning.reason)")
      }
      if let warning = loop.pipeline.takeSignalWarning() {
        logger.warning(
          """
          table \(warning.table), LSN \(warning.lsn): the signal is ignored: it should have 3 fields but has \
          \(warning.columnCount)
          """)
      }
      if let warning = loop.pipeline.takeConversionWarning() {
        logger.warning(
          "table \(warning.table), column \(warning.column), LSN \(warning.lsn): \(warning.error); written as null")
      }
      if describing.isReleaseDue(described: loop.pipeline.relationsDescribed, frames: loop.observations.frames) {
        StartMemory.releaseNow()
      }
      if time.monotonicMilliseconds - lastPublished >= 100 {
        lastPublished = time.monotonicMilliseconds
        try look(&loop, atRefusals: time.monotonicMilliseconds - startedAt, singlyUntil)
        StatusPublisher.publish(&loop, to: status)
        StartMemory.release(dueAt: time.monotonicMilliseconds)
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
      let pause = pace.pause(afterFrames: loop.observations.frames, at: time.wallNanoseconds)
      loop.sink.gather(pace.gathers)
      if let pause { ReadPace.nap(microseconds: pause) }
      wait(&loop, stored, isFull: isFull, milliseconds: drainUntil == nil ? min(milliseconds, 1_000) : 10)
      if loop.source.server.wantsToWrite {
        do throws(SourceError) {
          try loop.source.server.flush()
        } catch {
          throw .source(error)
        }
      }
    }
  }

  /// Rights may have been given, or topics made, in the meantime.
  private static let refusedTopicsMilliseconds: Int64 = 60_000

  private func look(
    _ loop: inout ProductionLoop, atRefusals milliseconds: Int64, _ singlyUntil: DeliveryLessons.Passage?
  ) throws(RelayFailure) {
    if milliseconds >= ConnectorRunner.refusedTopicsMilliseconds, loop.pipeline.refusals.hasTopics {
      loop.pipeline.refusals.forgetTopics()
    }
    if let singlyUntil, stop.level == .run, loop.storedPosition >= singlyUntil.position,
      loop.hasStoredSnapshots || !singlyUntil.needsSnapshot
    {
      throw .refused([])
    }
  }

  /// Names table, key columns, position and cause; never values.
  private func tellToleratedErrors(_ loop: inout ProductionLoop) {
    let (errors, more) = loop.pipeline.takeDeadLetters()
    for error in errors { logger.error("sent to the dead-letter topic: \(error)") }
    if more > 0 { logger.error("sent to the dead-letter topic: \(more) more records") }
    let (skipped, moreSkipped) = loop.pipeline.takeSkippedChanges()
    for error in skipped { logger.warning("left out by event.processing.failure.handling.mode: \(error)") }
    if moreSkipped > 0 {
      logger.warning("left out by event.processing.failure.handling.mode: \(moreSkipped) more changes")
    }
  }

  /// Returns `true` when everything is settled, or nothing more can be waited for.
  private func finish(_ loop: inout ProductionLoop, _ time: RelayTime, until: Int64) throws(RelayFailure) -> Bool {
    if stop.level == .now || time.monotonicMilliseconds >= until || loop.mustStartOver {
      logger.warning("stopped with \(loop.recordsInFlight) records unacknowledged; they will be sent again")
      loop.sink.abandon()
      return true
    }
    guard loop.isDrained else { return false }
    // The last position must reach the server before the connection closes.
    if loop.observations.confirmed < loop.flushable { return false }
    StatusPublisher.publish(&loop, to: status)
    loop.source.server.end(timeoutMilliseconds: 2_000)
    logger.info("stopped; confirmed LSN \(loop.flushable)")
    return true
  }

  /// What came before a record that cannot be delivered is delivered and confirmed all the same, within the time that a
  /// stop has.
  private func settle(_ loop: inout ProductionLoop, after failure: RelayFailure, _ stored: WakeUp) {
    switch failure {
    case .source, .sink: return
    case .pipeline, .record, .refused: break
    }
    loop.stopAtFailure()
    let until = RelayClock.now().monotonicMilliseconds + plan.drainMilliseconds
    while stop.level < .now {
      let time = RelayClock.now()
      do throws(RelayFailure) {
        _ = try loop.turn(time)
        // What was refused stays unacknowledged.
        if !loop.refusedRecords.isEmpty, loop.recordsInFlight <= loop.refusedRecords.count, loop.isStored { return }
        if try finish(&loop, time, until: until) { return }
      } catch {
        // The first failure is the one to tell.
        return
      }
      wait(&loop, stored, isFull: true, milliseconds: 10)
    }
  }

  private func wait(_ loop: inout ProductionLoop, _ stored: WakeUp, isFull: Bool, milliseconds: Int64) {
    var events = isFull ? 0 : Int16(POLLIN)
    if loop.source.server.wantsToWrite { events |= Int16(POLLOUT) }
    var entries = [
      pollfd(fd: loop.source.server.socket, events: events, revents: 0),
      pollfd(fd: loop.sink.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stored.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: stop.wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    // A stop that has been seen must not make every wait return at once.
    let count: nfds_t = stop.level > .run ? 3 : 4
    let milliseconds = min(milliseconds, loop.sink.waitMilliseconds ?? .max)
    _ = unsafe poll(&entries, count, Int32(clamping: max(0, milliseconds)))
    if entries[2].revents != 0 { stored.clear() }
  }
}
