import Glibc
import Logging
import PostgresSource
import Primitives

/// The thread of a shared slot: takes the right to it, reads its stream for all connectors, and ends with the last of them.
struct SharedSlotReader {
  let slot: SharedSlot
  /// Connects and streams as a connector does; knows no table.
  private let runner: ConnectorRunner
  private let logger: Logger
  private let statusIntervalMilliseconds: Int64

  private typealias ProductionStream = SharedStream<StreamedTransactions<PostgresReplicationSource>>

  /// How long the server may take to end the stream before, when it starts again.
  private static let releaseMilliseconds: Int64 = 10_000
  private static let holdersMilliseconds: Int64 = 60_000
  /// From one look at the publications to the next, while the stream tells of tables.
  private static let standingMilliseconds: Int64 = 10_000

  /// - Parameter plans: of the connectors, in the order of the slot's members.
  init(_ slot: SharedSlot, plans: [ConnectorPlan], stop: StopSignal, logger: Logger) {
    self.slot = slot
    self.logger = logger
    var plan = plans[0]
    plan.silenceMaxMilliseconds = plans.compactMap(\.silenceMaxMilliseconds).min()
    runner = ConnectorRunner(
      plan: plan, status: ConnectorStatus(name: slot.name), stop: stop, logger: logger, sessions: slot.sessions)
    statusIntervalMilliseconds = plans.map(\.limits.statusIntervalMilliseconds).min() ?? 10_000
  }

  /// The slots that these connectors share, and each connector's place; `nil` when the process has too few descriptors.
  static func make(
    _ plans: [ConnectorPlan], _ stops: [StopSignal], logger: Logger
  ) -> (seats: [SharedSeat?], readers: [SharedSlotReader])? {
    var seats: [SharedSeat?] = plans.map { _ in nil }
    let sharing = plans.indices.filter { plans[$0].sharedSlot != nil }
    guard let first = sharing.first, let shared = plans[first].sharedSlot else { return (seats, []) }
    let members = sharing.map { plans[$0] }
    guard
      let slot = SharedSlot(
        name: plans[first].slot, members: members.map { ($0.name, $0.publication) },
        waitMilliseconds: shared.waitMilliseconds)
    else { return nil }
    for (member, index) in sharing.enumerated() { seats[index] = SharedSeat(slot: slot, member: member) }
    var logger = logger
    logger[metadataKey: "slot"] = "\(slot.name)"
    return (seats, [SharedSlotReader(slot, plans: members, stop: stops[first], logger: logger)])
  }

  /// Until every connector has ended.
  func run() {
    var backoff = Backoff()
    var right: ReplicationConnection?
    var space: SpaceForOpen = .unknown
    while !slot.haveAllEnded {
      do throws(SourceError) {
        if try takeRight(&right) {
          try read(&right, &space, &backoff)
          backoff.reset()
        } else {
          slot.setRight(.taken)
          slot.fail(SourceError(.waitForSlot, "slot \(slot.name) is in use by another relay"))
          wait(milliseconds: runner.plan.slotPollMilliseconds)
        }
      } catch {
        slot.setRight(.unknown(error.description))
        if error.remedy == .reconnectWithoutStreaming {
          space = .none
          logger.warning("until the next start transactions are read only once they have committed")
          slot.fail(SourceError(.startAgain, error.description))
        } else if ErrorPolicy.isMissingPublication(error), slot.startOneByOne() {
          // At the position of one, the publication of another was not there yet.
          logger.notice("\(error): the stream starts for those that are furthest behind, and the others join there")
          slot.fail(SourceError(.startAgain, error.description))
        } else {
          slot.fail(error)
        }
        wait(milliseconds: error.remedy == .startAgain ? 0 : backoff.next())
      }
    }
  }

  private enum SpaceForOpen {
    case unknown, none
    case some(any SpillSpace)
  }

  // MARK: The right to the slot

  /// The lock is a session of its own: the stream's connection is replaced whenever the stream starts again. `false`: another
  /// relay has it.
  private func takeRight(_ right: inout ReplicationConnection?) throws(SourceError) -> Bool {
    do throws(PostgresError) {
      // Taken before, it is taken once more; where the session is gone, another may have it.
      switch right {
      case .some(let session):
        guard try session.tryLock(slot: slot.name) else { return false }
        slot.keepRight()
        return true
      case .none: break
      }
    } catch {
      logger.warning("the session that holds the right to slot \(slot.name) is gone: \(error)")
      slot.setRight(.unknown("the session that holds the right to the slot is gone"))
      right = nil
    }
    do throws(PostgresError) {
      let session = try connectReplication(forRight: true)
      guard try outlast(session), try session.tryLock(slot: slot.name) else { return false }
      right = .some(session)
      slot.takeRight()
      return true
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// As for a connector with a slot of its own. Until then the connectors wait with what they have in memory. Returns `false`
  /// when they have all ended meanwhile.
  private func outlast(_ session: borrowing ReplicationConnection) throws(PostgresError) -> Bool {
    try OwnSessions.outlast(
      logger: logger,
      holder: { () throws(PostgresError) in try slot.sessions.holder(of: slot.name, on: session) },
      pause: { () throws(PostgresError) in
        wait(milliseconds: 20)
        return !slot.haveAllEnded
      })
  }

  // MARK: Reading

  /// From when connectors wait for the stream until nobody reads it any more.
  private func read(
    _ right: inout ReplicationConnection?, _ space: inout SpaceForOpen, _ backoff: inout Backoff
  ) throws(SourceError) {
    var starters = slot.starters(now)
    while starters.isEmpty {
      if slot.haveAllEnded { return }
      wait(milliseconds: 50)
      starters = slot.starters(now)
    }
    while !starters.isEmpty {
      guard try takeRight(&right) else {
        slot.setRight(.taken)
        throw SourceError(.waitForSlot, "slot \(slot.name) is in use by another relay")
      }
      starters = try stream(starters, by: right, &space, &backoff)
    }
  }

  /// One start of the stream. Returns those that the next one begins with; none: nobody reads any more.
  private func stream(
    _ starters: [SharedSlot.Starter], by right: borrowing ReplicationConnection?, _ space: inout SpaceForOpen,
    _ backoff: inout Backoff
  ) throws(SourceError) -> [SharedSlot.Starter] {
    var limits = RelayLimits()
    limits.statusIntervalMilliseconds = statusIntervalMilliseconds
    var source = StreamedTransactions(try connect(&limits))
    let starters = try withoutConflicts(starters, source.server)
    guard let position = starters.map(\.from).min() else { return [] }
    let publications = Set(starters.map(\.publication)).sorted()
    if publications.count > 1, !slot.knowsShares(of: publications) {
      slot.learn(try source.server.allShares(among: publications), of: publications)
    }
    if publications.count > 1 {
      let standing = try source.server.standing(of: slot.publications)
      if let until = slot.checkUnaltered(standing, for: starters) {
        logger.notice(
          "the publications of slot \(slot.name) were altered while nobody read it, or its connectors' state records do not say how they stood: up to LSN \(until) its connectors read one after another"
        )
        return slot.restart(at: position, now)
      }
    }
    var watch = RightWatch(silenceMaxMilliseconds: limits.silenceMaxMilliseconds)
    try open(&source, at: position, starters.map(\.publication), &space) { () throws(SourceError) in
      try look(&watch, at: right)
    }
    let names = starters.map { "\($0.publication) from \($0.from)" }.joined(separator: ", ")
    logger.info("slot \(slot.name) is read for \(starters.count) connectors: \(names)")
    let hasEmptyTransactions = source.server.serverVersion < ConnectorRunner.withoutEmptyTransactions
    var stream = ProductionStream(
      source, of: slot, for: starters, hasEmptyTransactions: hasEmptyTransactions, limits: limits)
    let turn: ProductionStream.Turn
    do throws(SourceError) {
      turn = try pump(&stream, &backoff) { () throws(SourceError) in try look(&watch, at: right) }
    } catch {
      guard ErrorPolicy.isDifferentColumns(error), Set(starters.map(\.publication)).count > 1 else { throw error }
      // As for what the catalogue shows to be in conflict: each reads by itself, and is refused where they meet again.
      slot.readAlone(until: try stream.source.server.logEnd())
      throw SourceError(.startAgain, error.description)
    }
    switch turn {
    case .startAgain:
      return slot.restart(at: stream.frontier, now)
    default:
      try stream.finish(RelayClock.now())
      stream.source.server.end(timeoutMilliseconds: 2_000)
      logger.info("slot \(slot.name) is not read any more")
      return []
    }
  }

  private func connect(_ limits: inout RelayLimits) throws(SourceError) -> PostgresReplicationSource {
    do throws(PostgresError) {
      let catalog = try PostgresConnection(reading: runner.plan.database, watch: runner.sessionWatch())
      try runner.setSilence(of: &limits, on: catalog)
      return PostgresReplicationSource(try connectReplication(), catalog: catalog)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  private func connectReplication(forRight isForRight: Bool = false) throws(PostgresError) -> ReplicationConnection {
    let connection = try ReplicationConnection(
      runner.plan.database, answerWithinMilliseconds: runner.plan.answerMilliseconds,
      silenceMaxMilliseconds: runner.plan.silenceMaxMilliseconds)
    // Known before the slot shows it, so that no connector takes it for another's.
    slot.sessions.began(connection.session, holdsRight: isForRight)
    return connection
  }

  /// In the order of the files: one whose publication cannot be read together with those before it is refused.
  private func withoutConflicts(
    _ starters: [SharedSlot.Starter], _ source: borrowing PostgresReplicationSource
  ) throws(SourceError) -> [SharedSlot.Starter] {
    var taken: [SharedSlot.Starter] = []
    for starter in starters {
      if let conflict = try source.conflict(between: taken.map(\.publication) + [starter.publication]) {
        slot.refuse(starter.member, SourceError(.stop, "sluice.slot.shared: \(conflict)"))
      } else {
        taken.append(starter)
      }
    }
    return taken
  }

  private func open(
    _ source: inout StreamedTransactions<PostgresReplicationSource>, at position: LSN, _ publications: [String],
    _ space: inout SpaceForOpen, _ keepRight: () throws(SourceError) -> Void
  ) throws(SourceError) {
    if case .unknown = space {
      do throws(ConnectorFailure) {
        space = try runner.openSpillSpace(serverVersion: source.server.serverVersion).map { .some($0) } ?? .none
      } catch {
        throw SourceError(.stop, error.description)
      }
    }
    let files: (any SpillSpace)? = if case .some(let files) = space { files } else { nil }
    var names: [String] = []
    for name in publications where !names.contains(name) { names.append(name) }
    let end = now + SharedSlotReader.releaseMilliseconds
    while true {
      do throws(SourceError) {
        return try runner.startReplication(&source, at: position, names, files)
      } catch {
        // The server has not ended the last stream yet.
        guard error.remedy == .waitForSlot, !slot.haveAllEnded else { throw error }
        if now >= end, try source.server.holder(of: slot.name, among: slot.sessions) != .own { throw error }
        try keepRight()
        wait(milliseconds: 20)
      }
    }
  }

  private func look(_ watch: inout RightWatch, at right: borrowing ReplicationConnection?) throws(SourceError) {
    switch right {
    case .some(let session): try watch.look(at: session, now)
    case .none: break
    }
  }

  /// - Parameter keepRight: throws when the right to the slot is lost.
  private func pump(
    _ stream: inout ProductionStream, _ backoff: inout Backoff, _ keepRight: () throws(SourceError) -> Void
  ) throws(SourceError) -> ProductionStream.Turn {
    var pace = ReadPace()
    let startedAt = now
    var toldHoldersAt = startedAt
    var notedAt = startedAt
    while true {
      try keepRight()
      let time = RelayClock.now()
      let turn = try stream.turn(time)
      // One that is cut at once each time must not be made again at once, without end.
      if time.monotonicMilliseconds - startedAt >= ConnectorRunner.stableMilliseconds { backoff.reset() }
      for name in stream.takeDetached() {
        logger.warning(
          "connector \(name) took no changes for \(runner.plan.sharedSlot?.waitMilliseconds ?? 0) ms: the others go on without it, and it comes back later. Its log is kept"
        )
      }
      if time.monotonicMilliseconds - toldHoldersAt >= SharedSlotReader.holdersMilliseconds {
        toldHoldersAt = time.monotonicMilliseconds
        tellHolders(at: stream.frontier)
      }
      // What the state records say is then no older than it must be, which spares the next start to read one after another.
      if stream.hasDescribed, slot.publications.count > 1,
        time.monotonicMilliseconds - notedAt >= SharedSlotReader.standingMilliseconds
      {
        notedAt = time.monotonicMilliseconds
        stream.hasDescribed = false
        slot.note(try stream.source.server.standing(of: slot.publications))
      }
      switch turn {
      case .busy: continue
      case .startAgain, .deserted: return turn
      case .idle(let milliseconds, let isFull):
        if let pause = pace.pause(afterFrames: stream.frames, at: time.wallNanoseconds), !isFull {
          ReadPace.nap(microseconds: pause)
        }
        wait(stream.source.server, isFull: isFull, milliseconds: min(milliseconds, 1_000))
        if stream.source.server.wantsToWrite { try stream.source.server.flush() }
      }
    }
  }

  /// Connectors that keep log which the others do not need.
  private func tellHolders(at frontier: LSN) {
    for holder in slot.holders where holder.hasEnded || holder.position == nil {
      let kept =
        holder.position.map { "is kept from LSN \($0) on (\(frontier.bytes(since: $0)) bytes)" }
        ?? "is kept as a whole, since its position is not known"
      logger.warning(
        "connector \(holder.name) \(holder.hasEnded ? "has ended" : "has not started"), and the log of slot \(slot.name) \(kept) until it runs"
      )
    }
  }

  private func wait(_ source: borrowing PostgresReplicationSource, isFull: Bool, milliseconds: Int64) {
    var events = isFull ? 0 : Int16(POLLIN)
    if source.wantsToWrite { events |= Int16(POLLOUT) }
    var entries = [
      pollfd(fd: source.socket, events: events, revents: 0),
      pollfd(fd: slot.readerWakeUp.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = unsafe poll(&entries, 2, Int32(clamping: max(0, milliseconds)))
    if entries[1].revents != 0 { slot.readerWakeUp.clear() }
  }

  private func wait(milliseconds: Int64) {
    slot.readerWakeUp.wait(timeoutMilliseconds: Int32(clamping: milliseconds))
    slot.readerWakeUp.clear()
  }

  private var now: Int64 { RelayClock.now().monotonicMilliseconds }
}
