import Acknowledgement
import EventEncoding
import EventRouting
import PgOutput
import Primitives

/// The relay's heart, and the file to read first: frames in, records out, acknowledgements back, positions confirmed.
///
/// One turn never waits. It collects acknowledgements, hands over what is pending, reads as long as the producer takes
/// records, and moves the position along its three stations: acknowledged by Kafka, stored in the state record, told to
/// the server. When the producer is full it reads nothing, and goes on answering the server.
public struct RelayLoop<
  Source: ReplicationSource & ~Copyable, Sink: EventSink & ~Copyable, Store: PositionStore & ~Copyable
>: ~Copyable {
  public enum Turn: Equatable, Sendable {
    /// There may be more to do at once.
    case busy
    /// Nothing to do before the time has passed or a descriptor is ready. When `isFull`, the source is not to be read.
    case idle(milliseconds: Int64, isFull: Bool)
  }

  /// What ends a unit of the ledger once its records are with the producer.
  enum PendingEnd {
    case commit(LSN, PostgresTimestamp)
    /// Exactly once: where the message's record ends. The server does not send it again from there on, and sends what begins
    /// there. Source: PostgreSQL source, `decode.c`, `logicalmsg_decode`: it passes over a message that begins before the
    /// position asked for, and gives one its end.
    case message(LSN)
    case unit
  }

  public var source: Source
  public var sink: Sink
  public var store: Store
  public var pipeline: EventPipeline
  public internal(set) var observations = LoopObservations()

  let limits: RelayLimits
  var repeats = RepeatedRecords()
  var ledger: InFlightLedger
  var position: ConfirmedPosition
  var status: StatusUpdatePolicy
  var pendingEnd: PendingEnd?
  /// Exactly once: what the open Kafka transaction holds. `RelayLoop+Transactions`.
  var batch: TransactionBatch?
  /// The division that is being committed, and the one that is committed while the rest of its transaction is to come.
  var division: DividedTransaction?
  var divided: DividedTransaction?
  /// Changes of the open transaction so far, and how many of the first of them are committed already.
  var unitChanges: UInt64 = 0
  var changesToSkip: UInt64 = 0
  /// Exactly once: what is not yet committed of the snapshot can all be read in chunks.
  var resumesSnapshot = false
  var stateRecord = EncodedRecord(minimumCapacity: 0)
  /// What Kafka will not take of what is in flight.
  var refused: [RefusedRecord] = []
  /// How records in flight are known again, by ticket, where their unit does not tell.
  var placesApart: [UInt64: RecordPlace?] = [:]
  /// After a failure: what is in flight is waited for, and nothing more is handed over.
  var isSettling = false
  var monotonicNow: Int64 = 0
  /// Incremental snapshots, their chunks, and the signals that come by other ways than the stream:
  /// `RelayLoop+Incremental`.
  public internal(set) var incremental: IncrementalSnapshot
  public var chunks: (any ChunkReading)?
  public var signals: (any SignalReading)?
  var signalsTaken = SignalsTaken()
  var contexts: ContextStations
  var retryChunkAt: Int64?
  /// The open unit is a chunk's rows and no transaction.
  var isSnapshotUnit = false
  /// A blocking snapshot has the turn.
  var isInterrupted = false
  var notices = LoopNotices()
  /// The sink's index by the pipeline's; -1 for a topic that has had no record.
  var sinkTopics: [Int32] = []
  /// End of the last transaction handed over whole: where a new connection goes on while this producer lives.
  public internal(set) var handedOver: LSN
  var received: LSN
  var keepaliveEnd: LSN?
  /// When the source last gave a frame, or was last not read.
  var lastHeardAt: Int64?
  var lastStoreAt: Int64?
  /// `nil` before the stream, and while the source is lost.
  var streamingSince: Int64?
  var recordsAtLastStore: UInt64 = 0
  var lastIdleAdvanceAt: Int64?
  var lastHeartbeatAt: Int64?
  var lastXminAt: Int64?
  var isReading = true
  /// What the server is told while `flush.lsn.source` is off.
  let startPosition: LSN

  /// - Parameter position: from the state record: the stream starts here.
  public init(
    source: consuming Source, sink: consuming Sink, store: consuming Store, pipeline: consuming EventPipeline,
    position start: StreamPosition, limits: RelayLimits = RelayLimits(),
    transactions: TransactionBatch.Bounds? = nil, watermarks: IncrementalSnapshot.Watermarks? = nil,
    makeID: @escaping () -> String = { "" }
  ) {
    self.source = source
    self.sink = sink
    self.store = store
    self.pipeline = pipeline
    self.limits = limits
    ledger = InFlightLedger(startingAt: start.acknowledged, lastCommit: start.lastCommit)
    position = ConfirmedPosition(stored: start.acknowledged)
    status = StatusUpdatePolicy(intervalMilliseconds: limits.statusIntervalMilliseconds)
    handedOver = start.acknowledged
    startPosition = start.acknowledged
    batch = transactions.map { TransactionBatch($0) }
    divided = start.divided
    received = start.acknowledged
    let context = start.incremental ?? IncrementalContext()
    incremental = IncrementalSnapshot(watermarks: watermarks, context: context, makeID: makeID)
    contexts = ContextStations(context)
    incremental.isCaptured = self.pipeline.captureRule
    self.pipeline.begin(at: start.acknowledged)
  }

  /// What has been told to the server as flushed, or may be.
  public var flushable: LSN { limits.confirmsToServer ? position.flushable : startPosition }
  public var acknowledged: LSN { ledger.acknowledged }
  /// Safe in the state record, whether the server is told or not.
  public var storedPosition: LSN { position.stored }
  /// What is left of snapshots is stored otherwise than this loop began with it.
  public var hasStoredSnapshots: Bool { contexts.stored > 0 }
  public var recordsInFlight: Int { ledger.recordsInFlight }
  /// Transactions, and other units, that wait for the oldest of them to be acknowledged.
  public var unitsInFlight: Int { ledger.unitCount }
  /// All that was refused since the loop began.
  public var refusedRecords: [RefusedRecord] { refused }
  /// Everything that was read is acknowledged and stored.
  public var isDrained: Bool {
    pipeline.records.isEmpty && pendingEnd == nil && ledger.recordsInFlight == 0
      && position.flushable == ledger.acknowledged && position.beingStored == nil && !contexts.hasUnstored
      && !sink.isInTransaction
  }

  /// What is acknowledged is stored, and the server has been told.
  public var isStored: Bool {
    position.flushable == ledger.acknowledged && position.beingStored == nil && observations.confirmed >= flushable
  }

  /// One turn, while the source is connected.
  public mutating func turn(_ time: RelayTime) throws(RelayFailure) -> Turn {
    monotonicNow = time.monotonicMilliseconds
    try collectDeliveries(time)
    try handOverPending()
    var mayHaveMore = false
    if isReading {
      try checkPresence()
      try driveSnapshots(time)
      let framesBefore = observations.frames
      let mayRead = pipeline.records.isEmpty && pendingEnd == nil && mayReadFrames && !source.isReplaying && !isDividing
      if limits.xminIntervalMilliseconds > 0 { try fetchXmin(time) }
      mayHaveMore = try readFrames(time)
      try listen(time, hasHeard: !mayRead || observations.frames != framesBefore)
    }
    try sendHeartbeat(time)
    if pipeline.records.isEmpty, pendingEnd == nil, let end = keepaliveEnd { advanceWhileIdle(to: end, time) }
    markContext()
    try advanceStore(time, isQuiet: !mayHaveMore)
    settleSignals()
    try updateStatus(time)
    if mayHaveMore { return .busy }
    return .idle(
      milliseconds: waitMilliseconds(time),
      isFull: !pipeline.records.isEmpty || !isReading || !mayReadFrames || isDividing)
  }

  /// A turn without the source: acknowledgements and the state record go on while a connection is being made.
  public mutating func turnWithoutSource(_ time: RelayTime) throws(RelayFailure) {
    monotonicNow = time.monotonicMilliseconds
    try collectDeliveries(time)
    markContext()
    try advanceStore(time, isQuiet: true)
    settleSignals()
  }

  /// The connection is gone. What was read of an open transaction stays in flight and moves nothing; the next connection
  /// starts at `handedOver`.
  public mutating func sourceLost() {
    streamingSince = nil
    pipeline.streamRestarted()
    if batch == nil { repeats.transactionBroke(accepted: observations.recordsAccepted) }
    batch?.unitAbandoned()
    ledger.abandonOpenUnit()
    ledger.settle()
    pendingEnd = nil
    keepaliveEnd = nil
    received = handedOver
    lastHeardAt = nil
    status.connectionReplaced()
    snapshotsInterrupted()
  }

  /// Stop: nothing more is read; what has been read is delivered. An open transaction will be sent again next time.
  public mutating func stopReading() {
    isReading = false
    lastStoreAt = nil
    pipeline.discardWindow()
    if ledger.hasOpenUnit, pendingEnd == nil {
      pipeline.records.removeAll()
      if batch == nil { repeats.transactionBroke(accepted: observations.recordsAccepted) }
      batch?.unitAbandoned()
      ledger.abandonOpenUnit()
      // What the unit's signals asked for is asked again with it.
      snapshotsInterrupted()
    }
  }

  /// After what cannot be delivered: the transactions before it are still delivered and confirmed; of its own nothing more
  /// is handed over, and its position stays unconfirmed.
  mutating func stopAtFailure() {
    isReading = false
    isSettling = true
    lastStoreAt = nil
    pipeline.records.removeAll()
    pendingEnd = nil
    batch?.unitAbandoned()
    ledger.abandonOpenUnit()
    snapshotsInterrupted()
  }

  /// At least once: the relay before this one may have sent what lies behind the position this one begins at.
  public mutating func expectRepeats(to end: LSN) { repeats.expect(to: end) }

  /// What lies behind this relay's position may have been sent by one before it.
  public var expectsRepeats: Bool { repeats.isExpecting }

  /// Records that may have come twice, since the last call.
  public mutating func takeRepeatedRecords() -> UInt64 { repeats.take(accepted: observations.recordsAccepted) }

  /// Hands the latencies seen since the last call to `status`.
  mutating func publishLatencies(to status: ConnectorStatus) { status.record(&observations) }

  // MARK: Reading

  /// What one frame was.
  private enum FrameEvent {
    case keepalive(PrimaryKeepalive)
    case kept
    /// A step that is `rows`: by far the most frequent, and passed on without what the others carry.
    case rows(at: LSN, isChange: Bool)
    case step(EventPipeline.Step, at: LSN, isChange: Bool)
  }

  /// Returns whether there may be more to read now.
  private mutating func readFrames(_ time: RelayTime) throws(RelayFailure) -> Bool {
    var frames = 0
    var bytes = 0
    var readsSocket = false
    while frames < limits.framesPerTurnMax, bytes < limits.bytesPerTurnMax {
      guard pipeline.records.isEmpty, pendingEnd == nil, mayReadFrames, !isDividing else { return false }
      var frameBytes = 0
      var failure: PipelineError?
      let event: FrameEvent?
      do throws(SourceError) {
        event = try Self.receive(
          &source, &pipeline, readsSocket: readsSocket, now: time.wallNanoseconds, frameBytes: &frameBytes, &failure)
      } catch {
        throw .source(error)
      }
      guard event != nil || failure != nil else {
        // First whatever is buffered, then one read of the socket, then leave.
        if readsSocket { return false }
        readsSocket = true
        continue
      }
      readsSocket = false
      frames += 1
      if frames % limits.framesBetweenPresenceChecks == 0 { try checkPresence() }
      observations.frames += 1
      bytes += frameBytes
      if let failure {
        // What the same change gave before, such as the delete of a tombstone that fails, is delivered.
        try handOverPending()
        throw .pipeline(failure)
      }
      switch event {
      case .rows(let lsn, let isChange):
        if isChange { unitChanges += 1 }
        received = max(received, lsn)
        try handOverPending()
      case .step(let step, let lsn, let isChange):
        if isChange { unitChanges += 1 }
        received = max(received, lsn)
        try follow(step, at: lsn, time)
      case .keepalive(let keepalive): take(keepalive)
      case .kept, nil: break
      }
    }
    return true
  }

  /// Static, so that the source lends its frame while the pipeline, and nothing else of the loop, takes it.
  private static func receive(
    _ source: inout Source, _ pipeline: inout EventPipeline, readsSocket: Bool, now: Int64, frameBytes: inout Int,
    _ failure: inout PipelineError?
  ) throws(SourceError) -> FrameEvent? {
    var event: FrameEvent?
    let received = try source.receive(readingSocket: readsSocket) { frame in
      frameBytes = frame.byteCount
      do throws(PipelineError) {
        event = try take(frame, &pipeline, now: now)
      } catch {
        failure = error
      }
    }
    switch received {
    case .frame: return event
    case .kept(let byteCount):
      frameBytes = byteCount
      return .kept
    case .nothing: return nil
    }
  }

  private static func take(
    _ frame: RawSpan, _ pipeline: inout EventPipeline, now: Int64
  ) throws(PipelineError) -> FrameEvent {
    let decoded: StreamFrame
    do throws(DecodeError) {
      decoded = try StreamFrame.decode(frame)
    } catch {
      throw PipelineError(.decode(error), lsn: .invalid)
    }
    switch decoded {
    case .keepalive(let keepalive): return .keepalive(keepalive)
    case .xLogData(let header):
      let message = frame.extracting(XLogDataHeader.byteCount..<frame.byteCount)
      let isChange = DividedHeader.isChange(message)
      let step = try pipeline.receive(message, header, now: now)
      if case .rows = step { return .rows(at: header.walStart, isChange: isChange) }
      return .step(step, at: header.walStart, isChange: isChange)
    }
  }

  private mutating func checkPresence() throws(RelayFailure) {
    do throws(SourceError) {
      try source.checkPresence()
    } catch {
      throw .source(error)
    }
  }

  private mutating func take(_ keepalive: PrimaryKeepalive) {
    if keepalive.replyRequested { status.serverRequestedReply() }
    observations.serverEnd = max(observations.serverEnd, keepalive.walEnd)
    keepaliveEnd = keepalive.walEnd
    received = max(received, keepalive.walEnd)
  }

  /// Does for the pipeline what it cannot do itself.
  private mutating func follow(
    _ step: EventPipeline.Step, at lsn: LSN, _ time: RelayTime
  ) throws(RelayFailure) {
    switch step {
    case .rows: break
    case .signal(let signal): try receive(signal, time)
    case .began:
      ledger.begin(at: lsn)
      repeats.transactionBegan(commitLSN: pipeline.openCommitLSN, accepted: observations.recordsAccepted)
      // From its first change on: a chunk can be asked for in the middle of it.
      if let id = pipeline.lastTransactionID { incremental.streamed.add(id.rawValue) }
      beginCounting()
    case .committed(let endLSN, let committedAt):
      changesToSkip = 0
      pendingEnd = .commit(endLSN, committedAt)
      received = max(received, endLSN)
      observations.serverEnd = max(observations.serverEnd, endLSN)
    case .message:
      if !ledger.hasOpenUnit, !pipeline.records.isEmpty {
        ledger.begin(at: lsn)
        pendingEnd = batch == nil ? .unit : .message(lsn)
      }
    case .needsTable(let relation):
      do throws(SourceError) {
        let table = try source.describe(relation)
        pipeline.install(relation, table)
        learn(table.id)
      } catch {
        throw .source(error)
      }
    case .needsRow(let lookup):
      let answer: RowAnswer
      do throws(SourceError) {
        answer = try source.lookUp(lookup)
      } catch {
        throw .source(error)
      }
      do throws(PipelineError) {
        try pipeline.supply(answer)
      } catch {
        throw .pipeline(error)
      }
    }
    try handOverPending()
  }
}
