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
    case unit
  }

  public var source: Source
  public var sink: Sink
  public var store: Store
  public var pipeline: EventPipeline
  public private(set) var observations = LoopObservations()

  let limits: RelayLimits
  var ledger: InFlightLedger
  private var position: ConfirmedPosition
  private var status: StatusUpdatePolicy
  var pendingEnd: PendingEnd?
  /// Incremental snapshots, their chunks, and the signals that come by other ways than the stream:
  /// `RelayLoop+Incremental`.
  public internal(set) var incremental: IncrementalSnapshot
  public var chunks: (any ChunkReading)?
  public var signals: (any SignalReading)?
  var contexts: ContextStations
  var retryChunkAt: Int64?
  /// The open unit is a chunk's rows and no transaction.
  var isSnapshotUnit = false
  /// A blocking snapshot has the turn.
  var isInterrupted = false
  var notices = LoopNotices()
  /// The sink's index by the pipeline's; `nil` for a topic that has had no record.
  private var sinkTopics: [Int?] = []
  /// End of the last transaction handed over whole: where a new connection goes on while this producer lives.
  public private(set) var handedOver: LSN
  var received: LSN
  private var keepaliveEnd: LSN?
  /// When the source last gave a frame, or was last not read.
  private var lastHeardAt: Int64?
  private var lastStoreAt: Int64?
  private var recordsAtLastStore: UInt64 = 0
  private var lastIdleAdvanceAt: Int64?
  private var lastHeartbeatAt: Int64?
  private var lastXminAt: Int64?
  private(set) var isReading = true
  /// What the server is told while `flush.lsn.source` is off.
  private let startPosition: LSN

  /// - Parameter position: from the state record: the stream starts here.
  public init(
    source: consuming Source, sink: consuming Sink, store: consuming Store, pipeline: consuming EventPipeline,
    position start: StreamPosition, limits: RelayLimits = RelayLimits(),
    watermarks: IncrementalSnapshot.Watermarks? = nil, makeID: @escaping () -> String = { "" }
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
  public var recordsInFlight: Int { ledger.recordsInFlight }
  /// Everything that was read is acknowledged and stored.
  public var isDrained: Bool {
    pipeline.records.isEmpty && pendingEnd == nil && ledger.recordsInFlight == 0
      && position.flushable == ledger.acknowledged && position.beingStored == nil && !contexts.hasUnstored
  }

  /// One turn, while the source is connected.
  public mutating func turn(_ time: RelayTime) throws(RelayFailure) -> Turn {
    try collectDeliveries(time)
    try handOverPending()
    var mayHaveMore = false
    if isReading {
      try driveSnapshots(time)
      let framesBefore = observations.frames
      let mayRead = pipeline.records.isEmpty && pendingEnd == nil && mayReadFrames
      if limits.xminIntervalMilliseconds > 0 { try fetchXmin(time) }
      mayHaveMore = try readFrames(time)
      try listen(time, hasHeard: !mayRead || observations.frames != framesBefore)
    }
    try sendHeartbeat(time)
    if pipeline.records.isEmpty, pendingEnd == nil, let end = keepaliveEnd { advanceWhileIdle(to: end, time) }
    markContext()
    advanceStore(time)
    try updateStatus(time)
    if mayHaveMore { return .busy }
    return .idle(
      milliseconds: waitMilliseconds(time), isFull: !pipeline.records.isEmpty || !isReading || !mayReadFrames)
  }

  /// A turn without the source: acknowledgements and the state record go on while a connection is being made.
  public mutating func turnWithoutSource(_ time: RelayTime) throws(RelayFailure) {
    try collectDeliveries(time)
    markContext()
    advanceStore(time)
  }

  /// The connection is gone. What was read of an open transaction stays in flight and moves nothing; the next connection
  /// starts at `handedOver`.
  public mutating func sourceLost() {
    pipeline.streamRestarted()
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
      ledger.abandonOpenUnit()
      // What the unit's signals asked for is asked again with it.
      snapshotsInterrupted()
    }
  }

  /// After what cannot be delivered: the transactions before it are still delivered and confirmed; of its own nothing more
  /// is handed over, and its position stays unconfirmed.
  mutating func stopAtFailure() {
    isReading = false
    lastStoreAt = nil
    pipeline.records.removeAll()
    pendingEnd = nil
    ledger.abandonOpenUnit()
    snapshotsInterrupted()
  }

  /// Hands the latencies seen since the last call to `status`.
  mutating func publishLatencies(to status: ConnectorStatus) { status.record(&observations) }

  // MARK: Snapshot

  /// A turn before the stream: acknowledgements come back and pending records go on. Returns whether the next row may come.
  public mutating func turnSnapshot(_ time: RelayTime) throws(RelayFailure) -> Bool {
    try collectDeliveries(time)
    try handOverPending()
    if isInterrupted {
      markContext()
      advanceStore(time)
      try updateStatus(time)
    }
    return pipeline.records.isEmpty
  }

  /// One row of the snapshot; only after `turnSnapshot` or an earlier row said that it may come. Returns whether the next
  /// may come.
  public mutating func takeSnapshotRow(
    _ relation: RelationOID, _ row: borrowing CopyTextRow, marker: SnapshotMarker, at origin: SnapshotOrigin,
    _ time: RelayTime
  ) throws(RelayFailure) -> Bool {
    if !ledger.hasOpenUnit { ledger.begin(at: origin.lsn) }
    do throws(PipelineError) {
      try pipeline.snapshotRow(
        relation, row.tuple, row.bytes.bytes, marker: marker, at: origin, now: time.wallNanoseconds)
    } catch {
      throw .pipeline(error)
    }
    try handOverPending()
    return pipeline.records.isEmpty
  }

  /// All rows have been taken and handed over; they are safe once nothing is in flight. Where heartbeats are asked for, one
  /// follows at once. Source: Debezium 3.6, `RelationalSnapshotChangeEventSource.doExecute`.
  public mutating func endSnapshot(_ time: RelayTime) throws(RelayFailure) {
    precondition(pipeline.records.isEmpty, "a row of the snapshot is still to be handed over")
    if ledger.hasOpenUnit { ledger.endWithoutPosition() }
    if limits.heartbeatIntervalMilliseconds > 0 { try beat(time) }
  }

  // MARK: Reading

  /// What one frame was.
  private enum FrameEvent {
    case keepalive(PrimaryKeepalive)
    case step(EventPipeline.Step, at: LSN)
  }

  /// Returns whether there may be more to read now.
  private mutating func readFrames(_ time: RelayTime) throws(RelayFailure) -> Bool {
    var frames = 0
    var bytes = 0
    var readsSocket = false
    while frames < limits.framesPerTurnMax, bytes < limits.bytesPerTurnMax {
      guard pipeline.records.isEmpty, pendingEnd == nil, mayReadFrames else { return false }
      var frameBytes = 0
      let outcome: Result<FrameEvent, PipelineError>?
      do throws(SourceError) {
        outcome = try Self.receive(
          &source, &pipeline, readsSocket: readsSocket, now: time.wallNanoseconds, frameBytes: &frameBytes)
      } catch {
        throw .source(error)
      }
      guard let outcome else {
        // First whatever is buffered, then one read of the socket, then leave.
        if readsSocket { return false }
        readsSocket = true
        continue
      }
      readsSocket = false
      frames += 1
      observations.frames += 1
      bytes += frameBytes
      switch outcome {
      case .failure(let error):
        // What the same change gave before, such as the delete of a tombstone that fails, is delivered.
        try handOverPending()
        throw .pipeline(error)
      case .success(.keepalive(let keepalive)): take(keepalive)
      case .success(.step(let step, let lsn)):
        received = max(received, lsn)
        try follow(step, at: lsn, time)
      }
    }
    return true
  }

  /// Static, so that the source lends its frame while the pipeline, and nothing else of the loop, takes it.
  private static func receive(
    _ source: inout Source, _ pipeline: inout EventPipeline, readsSocket: Bool, now: Int64, frameBytes: inout Int
  ) throws(SourceError) -> Result<FrameEvent, PipelineError>? {
    var outcome: Result<FrameEvent, PipelineError>?
    let received = try source.receive(readingSocket: readsSocket) { frame in
      frameBytes = frame.byteCount
      outcome = take(frame, &pipeline, now: now)
    }
    return received == .frame ? outcome : nil
  }

  private static func take(
    _ frame: RawSpan, _ pipeline: inout EventPipeline, now: Int64
  ) -> Result<FrameEvent, PipelineError> {
    do throws(DecodeError) {
      switch try StreamFrame.decode(frame) {
      case .keepalive(let keepalive): return .success(.keepalive(keepalive))
      case .xLogData(let header):
        let message = frame.extracting(XLogDataHeader.byteCount..<frame.byteCount)
        do throws(PipelineError) {
          return .success(.step(try pipeline.receive(message, header, now: now), at: header.walStart))
        } catch {
          return .failure(error)
        }
      }
    } catch {
      return .failure(PipelineError(.decode(error), lsn: .invalid))
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
    case .committed(let endLSN, let committedAt):
      pendingEnd = .commit(endLSN, committedAt)
      received = max(received, endLSN)
      observations.serverEnd = max(observations.serverEnd, endLSN)
    case .message:
      if !ledger.hasOpenUnit, !pipeline.records.isEmpty {
        ledger.begin(at: lsn)
        pendingEnd = .unit
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

  // MARK: Handing over

  /// Gives the producer what is pending; leaves what it does not take for a later turn.
  mutating func handOverPending() throws(RelayFailure) {
    while !pipeline.records.isEmpty {
      guard try handOverFirst() else { return }
      pipeline.records.removeFirst()
    }
    guard let end = pendingEnd else { return }
    pendingEnd = nil
    switch end {
    case .commit(let endLSN, let committedAt):
      ledger.commit(endLSN: endLSN, committedAt: committedAt)
      handedOver = max(handedOver, endLSN)
      observations.transactions += 1
    case .unit:
      ledger.endWithoutPosition()
    }
    markContext()
  }

  /// Returns `false` when the producer's queue is full.
  private mutating func handOverFirst() throws(RelayFailure) -> Bool {
    let slot = pipeline.records.first
    let topic = slot.pipelineTopic ?? slot.record.topic
    do throws(SinkError) {
      if slot.pipelineTopic == nil {
        slot.record.topic = try sinkTopic(topic)
        slot.pipelineTopic = topic
      }
      let ticket = RecordTicket(unit: ledger.openTicket, topic: topic)
      switch try sink.enqueue(slot.record, ticket: ticket.rawValue) {
      case .accepted:
        ledger.recordAccepted()
        observations.recordsAccepted += 1
        return true
      case .queueFull:
        observations.fullTurns += 1
        return false
      }
    } catch {
      let place =
        slot.table.map {
          "table \($0), key \(slot.keyColumns.isEmpty ? "none" : slot.keyColumns.joined(separator: ", ")), "
        } ?? ""
      throw .record("\(place)LSN \(slot.lsn), topic \(pipeline.topics.names[topic]): \(error.description)")
    }
  }

  private mutating func sinkTopic(_ topic: Int) throws(SinkError) -> Int {
    while sinkTopics.count <= topic { sinkTopics.append(nil) }
    if let known = sinkTopics[topic] { return known }
    let added = try sink.addTopic(pipeline.topics.names[topic])
    sinkTopics[topic] = added
    return added
  }

  // MARK: Coming back

  private mutating func collectDeliveries(_ time: RelayTime) throws(RelayFailure) {
    var failure: String?
    do throws(SinkError) {
      try Self.collect(&sink, &ledger, &observations, &failure, topics: pipeline.topics)
    } catch {
      throw .sink(error)
    }
    if let failure { throw .record(failure) }
    let nowMicroseconds = time.wallNanoseconds / 1_000
    Self.settle(&ledger, &observations, nowMicroseconds: nowMicroseconds)
    position.acknowledge(ledger.acknowledged)
    contexts.acknowledge(ledger.acknowledgedMark)
  }

  private static func collect(
    _ sink: inout Sink, _ ledger: inout InFlightLedger, _ observations: inout LoopObservations,
    _ failure: inout String?, topics: TopicTable
  ) throws(SinkError) {
    try sink.collect { rawTicket, delivery in
      let ticket = RecordTicket(rawValue: rawTicket)
      switch delivery {
      case .acknowledged:
        // A ticket that is not in flight would be an acknowledgement of nothing: never count it as progress.
        precondition(ledger.recordAcknowledged(ticket.unit), "an acknowledgement for a record that is not in flight")
        observations.acknowledged(topic: ticket.topic)
      case .failed(let reason):
        let lsn = ledger.startLSN(of: ticket.unit) ?? .invalid
        failure =
          failure
          ?? "topic \(topics.names[ticket.topic]), transaction that begins at LSN \(lsn): \(reason)"
      }
    }
  }

  private static func settle(
    _ ledger: inout InFlightLedger, _ observations: inout LoopObservations, nowMicroseconds: Int64
  ) {
    ledger.settle { committedAt in
      // The commit time is any eight bytes that the server sent.
      let (latency, overflow) = nowMicroseconds.subtractingReportingOverflow(committedAt.unixMicroseconds)
      observations.latency(microseconds: overflow ? .max : latency)
    }
  }

  /// Asks a silent server for a sign of life, and gives it up when none comes.
  private mutating func listen(_ time: RelayTime, hasHeard: Bool) throws(RelayFailure) {
    guard !hasHeard, let last = lastHeardAt else {
      lastHeardAt = time.monotonicMilliseconds
      return
    }
    let silence = time.monotonicMilliseconds - last
    if silence >= limits.silenceMaxMilliseconds {
      throw .source(SourceError(.reconnect, "the server has not been heard of for \(silence / 1_000) s"))
    }
  }

  private func isSilent(_ time: RelayTime) -> Bool {
    guard isReading, let last = lastHeardAt else { return false }
    return time.monotonicMilliseconds - last >= limits.silenceMaxMilliseconds / 3
  }

  // MARK: Heartbeats

  private mutating func sendHeartbeat(_ time: RelayTime) throws(RelayFailure) {
    guard limits.heartbeatIntervalMilliseconds > 0, isReading, pipeline.records.isEmpty, pendingEnd == nil else {
      return
    }
    guard let last = lastHeartbeatAt else {
      lastHeartbeatAt = time.monotonicMilliseconds
      return
    }
    guard time.monotonicMilliseconds - last >= limits.heartbeatIntervalMilliseconds else { return }
    try beat(time)
  }

  /// Kept for the interval, so that a busy stream asks no more often than an idle one.
  private mutating func fetchXmin(_ time: RelayTime) throws(RelayFailure) {
    if let last = lastXminAt, time.monotonicMilliseconds - last < limits.xminIntervalMilliseconds { return }
    lastXminAt = time.monotonicMilliseconds
    do throws(SourceError) {
      pipeline.slotXmin = try source.slotXmin()
    } catch {
      throw .source(error)
    }
  }

  private mutating func beat(_ time: RelayTime) throws(RelayFailure) {
    lastHeartbeatAt = time.monotonicMilliseconds
    if let query = limits.heartbeatQuery {
      do throws(SourceError) {
        try source.execute(query)
      } catch {
        throw .source(error)
      }
    }
    do throws(PipelineError) {
      try pipeline.heartbeat(now: time.wallNanoseconds, at: received)
    } catch {
      throw .pipeline(error)
    }
    if !ledger.hasOpenUnit {
      ledger.begin(at: received)
      pendingEnd = .unit
    }
    try handOverPending()
  }

  // MARK: Positions

  private mutating func advanceWhileIdle(to walEnd: LSN, _ time: RelayTime) {
    guard ledger.isIdle, walEnd > ledger.acknowledged else { return }
    if let last = lastIdleAdvanceAt,
      time.monotonicMilliseconds - last < limits.idleAdvanceIntervalMilliseconds, isReading
    {
      return
    }
    if ledger.advanceWhileIdle(to: walEnd) {
      lastIdleAdvanceAt = time.monotonicMilliseconds
      handedOver = max(handedOver, walEnd)
      position.acknowledge(ledger.acknowledged)
    }
  }

  /// The state record follows the acknowledgements it stands for, and goes before the slot (PRODUCT.md §4).
  private mutating func advanceStore(_ time: RelayTime) {
    switch store.poll() {
    case .pending: break
    case .stored:
      position.storeSucceeded()
      contexts.storeEnded(hasSucceeded: true)
      observations.storeFailure = nil
    case .failed(let reason):
      position.storeFailed()
      contexts.storeEnded(hasSucceeded: false)
      observations.storeFailure = reason
    }
    if let last = lastStoreAt, time.monotonicMilliseconds - last < storeIntervalMilliseconds { return }
    guard let next = position.nextToStore() ?? (contexts.hasUnstored ? position.storeAgain() : nil) else { return }
    lastStoreAt = time.monotonicMilliseconds
    recordsAtLastStore = observations.recordsAcknowledged
    store.begin(
      StreamPosition(
        acknowledged: next, lastCommit: ledger.acknowledgedCommit, incremental: contexts.beginStore()))
  }

  /// Transactions that hold nothing of ours move the position no faster than an idle log's end does. One of them may be
  /// the state record itself, where it is kept in a table of the same database.
  private var storeIntervalMilliseconds: Int64 {
    isReading && observations.recordsAcknowledged == recordsAtLastStore
      ? max(limits.storeIntervalMilliseconds, limits.idleAdvanceIntervalMilliseconds)
      : limits.storeIntervalMilliseconds
  }

  private mutating func updateStatus(_ time: RelayTime) throws(RelayFailure) {
    let flushed = flushable
    // While nothing is read, a keepalive that asks for an answer stays unseen.
    if !pipeline.records.isEmpty || !mayReadFrames,
      status.isOverdue(now: time.monotonicMilliseconds, after: limits.blockedStatusIntervalMilliseconds)
    {
      status.serverRequestedReply()
    }
    // A server that has nothing more to send tells how far its log goes only when asked.
    let asksForPosition =
      isReading && incremental.awaitedPosition != nil
      && status.isOverdue(now: time.monotonicMilliseconds, after: limits.positionRequestIntervalMilliseconds)
    if asksForPosition { status.serverRequestedReply() }
    guard status.isDue(now: time.monotonicMilliseconds, flushable: flushed) else { return }
    let update = StandbyStatusUpdate(
      written: max(received, flushed), flushed: flushed, applied: flushed,
      sentAt: PostgresTimestamp(unixMicroseconds: time.wallNanoseconds / 1_000),
      replyRequested: asksForPosition || isSilent(time))
    do throws(SourceError) {
      try source.send(update)
    } catch {
      throw .source(error)
    }
    observations.confirmed = flushed
    status.sent(now: time.monotonicMilliseconds, flushed: flushed)
  }

  private func waitMilliseconds(_ time: RelayTime) -> Int64 {
    var wait = status.millisecondsUntilDue(now: time.monotonicMilliseconds, flushable: flushable)
    if !pipeline.records.isEmpty || !mayReadFrames { wait = min(wait, limits.blockedStatusIntervalMilliseconds) }
    if incremental.awaitedPosition != nil { wait = min(wait, limits.positionRequestIntervalMilliseconds) }
    if let retryChunkAt { wait = min(wait, max(1, retryChunkAt - time.monotonicMilliseconds)) }
    if contexts.hasUnstored, let last = lastStoreAt {
      wait = min(wait, max(1, last + storeIntervalMilliseconds - time.monotonicMilliseconds))
    }
    if ledger.acknowledged > position.stored, let last = lastStoreAt {
      wait = min(wait, max(1, last + storeIntervalMilliseconds - time.monotonicMilliseconds))
    }
    if limits.heartbeatIntervalMilliseconds > 0, let last = lastHeartbeatAt {
      wait = min(wait, max(1, last + limits.heartbeatIntervalMilliseconds - time.monotonicMilliseconds))
    }
    if let end = keepaliveEnd, ledger.isIdle, end > ledger.acknowledged, let last = lastIdleAdvanceAt {
      wait = min(wait, max(1, last + limits.idleAdvanceIntervalMilliseconds - time.monotonicMilliseconds))
    }
    return wait
  }
}
