import EventEncoding
import EventRouting
import Glibc
import KafkaSink
import Logging
import PgOutput
import PostgresSource
import Primitives

/// The loop as it runs in production.
typealias ProductionLoop = RelayLoop<StreamedTransactions<PostgresReplicationSource>, KafkaEventSink, StateRecordStore>

/// One connector's life on its own thread: check, start as the state says, snapshot, stream, reconnect, stop.
/// Not Sendable: everything in it belongs to that thread.
struct ConnectorRunner {
  let plan: ConnectorPlan
  let status: ConnectorStatus
  let stop: StopSignal
  let logger: Logger
  /// At a shared slot.
  var seat: SharedSeat?
  var sessions = OwnSessions()

  private static let fencedAgainMilliseconds: Int64 = 30_000

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
    var transactions = plan.transactions
    var lastFencedAt: Int64?
    var hasStreamed = false
    var lessons = DeliveryLessons(producer: plan.producerProperties, deadLetterTopic: options.deadLetter?.topic)
    while stop.level == .run {
      do throws(ConnectorFailure) {
        let mayDropSlot = try life(options, transactions, &lessons, keeper, stored, &backoff, &hasStreamed)
        if mayDropSlot, plan.dropsSlotOnStop, stop.level == .drain { try dropSlotAtStop() }
        return
      } catch {
        switch error.kind {
        case .unreachable where stop.level > .run:
          logger.info("stopped at: \(error)")
          return
        case .unreachable:
          if let most = plan.reconnectsMax, backoff.attempt >= most { throw error }
          pause(after: error, &backoff)
        case .startsAgain:
          logger.info("\(error)")
          stop.wakeUp.wait(timeoutMilliseconds: Int32(ConnectorRunner.startAgainMilliseconds))
        case .undelivered:
          // What came before it in the same Kafka transaction comes again, and is committed without it.
          logger.warning("\(error); what came before is committed first")
          transactions?.bounds.commitsEachUnit = true
        case .refused(let records, let stored, let handedOver):
          try learn(&lessons, records, stored: stored, handedOver: handedOver)
        case .slotBusy where plan.waitsForSlot: standBy(error)
        case .fenced:
          // By its standby, when it stood still or could not reach the server: the next life waits for the slot. Where that
          // is free and another goes on fencing, two connectors share a name that are not one.
          let now = RelayClock.now().monotonicMilliseconds
          if let last = lastFencedAt, now - last < ConnectorRunner.fencedAgainMilliseconds { throw error }
          lastFencedAt = now
          logger.warning("\(error); asking for the slot again")
        default: throw error
        }
      }
    }
  }

  static func makeStore(_ storage: ConnectorPlan.StateStorage, _ plan: ConnectorPlan) -> any StateStore {
    switch storage {
    case .file(let path): FileStateStore(path: path)
    case .table: TableStateStore(settings: plan.database)
    case .topic(let name, let partitions, let replicationFactor):
      TopicStateStore(
        name: name, properties: plan.clientProperties, partitions: partitions, replicationFactor: replicationFactor)
    }
  }

  // MARK: One life: from the first connection to the last

  /// Returns whether the slot was this relay's and may go with it: a standby never had it, and what is left unacknowledged
  /// has to be sent again from it.
  private func life(
    _ options: PipelineOptions, _ transactions: TransactionPlan?, _ lessons: inout DeliveryLessons,
    _ keeper: StateKeeper, _ stored: WakeUp, _ backoff: inout Backoff, _ hasStreamed: inout Bool
  ) throws(ConnectorFailure) -> Bool {
    status.update { if $0.state != .standby { $0.state = .starting } }
    seat?.arrive()
    defer { seat?.leave() }
    let replication = try connectReplication()
    // Before anything is looked at, let alone changed: a relay that takes its snapshot has a slot that looks abandoned.
    while try !lock(replication) {
      let busy = try slotBusy("another relay", replication)
      guard plan.waitsForSlot else { throw busy }
      standBy(busy)
      if stop.level > .run { return false }
    }
    // A record of an earlier life may be on its way to the store still.
    guard keeper.settle(timeoutMilliseconds: 30_000) else {
      throw ConnectorFailure(.unreachable, "state record: an earlier write has not ended")
    }
    let connection = try connect()
    try ServerCheck.run(on: connection, streams: plan.snapshot.policy.streams)
    let identity = try identify(replication)
    let captured = try capturedTables(options, on: connection)
    try checkTableCount(captured.count)
    // The slot first: while another relay has it, both go on, and only a record read later is surely not behind it. Nor is
    // anything changed that another process streams by.
    let slot = try findSlot(on: connection)
    if slot?.activePID != nil { try checkReader(replication) }
    if plan.snapshot.policy.streams {
      try checkFailover(on: connection)
      try PublicationSetup(plan: plan, logger: logger).run(
        captured: captured.map { TableID(schema: $0.schema, name: $0.name) },
        hasIncludeList: options.filter.hasIncludeList, on: connection)
      try setReplicaIdentities(captured, on: connection)
    }
    try checkCredentials()
    let producer = try makeProducer(transactions, lessons.batching)
    var isStreaming = false
    defer { if !isStreaming { producer.abandon() } }
    var store = makeStore(producer)
    let state = try load(&store)
    let history = try history(of: identity.timeline, replication)
    var policy = plan.snapshot.policy
    // `always` is at every start, which a later life is not: a snapshot would pass over what is not delivered yet, and shows
    // nothing of rows that are gone.
    if hasStreamed, policy.data == .always { policy.data = .once }
    let situation = StartDecision.Situation(
      state: state, slot: slot, slotName: plan.slot, database: plan.databaseName, identity: identity,
      policy: policy, slotAhead: plan.slotAhead,
      resumesSnapshot: resumesSnapshot, history: history, isShared: seat != nil)
    let decision = try checked(StartDecision.decide(situation), state, captured, options, on: connection)
    if case .stream = decision, let doubt = situation.branchDoubt { logger.warning("\(doubt)") }
    var record =
      state
      ?? StateRecord(
        connector: plan.name, systemIdentifier: identity.systemIdentifier, timeline: identity.timeline,
        database: plan.databaseName, slot: plan.slot, ownsSlot: false, snapshot: .running,
        position: StreamPosition(acknowledged: .invalid, lastCommit: nil))
    if plan.transactions == nil {
      record.relay = RelayTerm(after: state?.relay)
      try claim(record, decision, state, &store)
      record.hasEnded = false
    } else if let last = state?.relay {
      // Kafka fences all but a relay of before the switch to exactly once, whose record may still be on its way.
      record.relay = RelayTerm(after: last)
    }
    record.timeline = identity.timeline
    record.timelineStart = history.start(of: identity.timeline)
    var beginning = try begin(decision, record, &store, replication, connection)
    if beginning.isOver { return false }
    seat?.know(beginning.record.publications)

    let limits = try limits(on: connection)
    let heldKeys = try loadHeldKeys(options)
    let source = StreamedTransactions(PostgresReplicationSource(replication, catalog: connection, seat: seat))
    let sink = KafkaEventSink(producer, creation: plan.topicCreation, logger: logger)
    let signals = signals(for: beginning.record)
    var loop = ProductionLoop(
      source: source, sink: sink, store: StateRecordStore(keeper: keeper, record: beginning.record, seat: seat),
      pipeline: EventPipeline(
        options, lastCommit: beginning.record.position.lastCommit, refusals: lessons.refusals, heldKeys: heldKeys),
      position: beginning.record.position, limits: limits, transactions: transactions?.bounds,
      watermarks: signals.watermarks,
      makeID: { RunID.random() })
    let helpers = try SignalHelpers(signals, wakeUp: stored, logger: logger)
    defer { helpers.stop() }
    loop.chunks = helpers.reader
    if plan.transactions == nil, case .stream(let position) = decision, state?.hasEnded == false {
      loop.expectRepeats(to: identity.walFlushed)
      logger.info(
        "no relay has stopped in order here: what was committed from LSN \(position) to \(identity.walFlushed) may come a second time"
      )
    }
    loop.setKnownTables(captured.map { TableID(schema: $0.schema, name: $0.name) })

    if let view = beginning.view {
      let saves =
        resumesSnapshot && plan.snapshot.policy.streams && beginning.record.snapshot == .running
        && keepsSlot(beginning.record)
      let origin = try snapshot(captured, view, into: &loop, savesProgress: saves) {
        (progress) throws(ConnectorFailure) in
        beginning.record.resumable = progress
        do throws(ConnectorFailure) {
          try save(beginning.record, &store)
        } catch {
          if plan.transactions != nil { throw error }
          // Safe all the same: an older list only has more to read again.
          logger.warning("how far the snapshot is could not be stored: \(error)")
        }
      }
      guard let origin else {
        loop.sink.abandon()
        logger.notice(
          "stopped inside the snapshot; \(saves ? "the next start goes on with it" : "it will be done again at the next start")"
        )
        return !saves
      }
      beginning.snapshotSlot = nil
      // Where a stream has been, or its slot is, it goes on there should a later mode ask for one.
      if !plan.snapshot.policy.streams, beginning.record.position.acknowledged == .invalid {
        beginning.record.position = StreamPosition(acknowledged: origin.lsn, lastCommit: nil)
      }
    }
    if beginning.record.snapshot == .running || beginning.view != nil || state == nil {
      beginning.record.snapshot = .complete
      beginning.record.resumable = nil
      try save(beginning.record, &store)
      loop.store.record = beginning.record
    }
    if !plan.snapshot.policy.streams {
      logger.notice("the snapshot is done, and snapshot.mode asks for no stream: ending")
      return false
    }
    if beginning.view != nil, !pause(milliseconds: plan.snapshot.streamingDelayMilliseconds, before: "streaming") {
      return true
    }
    if beginning.view == nil {
      do throws(RelayFailure) {
        try loop.notifySnapshot(.skipped, [:], RelayClock.now())
      } catch {
        throw ConnectorFailure(error)
      }
    }
    loop.signals = try helpers.startPolling(after: beginning.record.position.incremental?.marks)
    isStreaming = true
    hasStreamed = true
    try stream(
      &loop, record: beginning.record, stored: stored, lessons: &lessons, &backoff)
    if loop.isDrained, plan.transactions == nil, !loop.expectsRepeats { noteEnd(loop.store.record, &store) }
    return loop.isDrained
  }
}
