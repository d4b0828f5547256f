import EventEncoding
import EventRouting
import Primitives

/// Incremental snapshots beside the stream: does what `IncrementalSnapshot` says. Nothing here waits.
extension RelayLoop where Source: ~Copyable, Sink: ~Copyable, Store: ~Copyable {
  /// The stream stands still while a chunk is read that needs it to, while a chunk's rows go out, between transactions while a
  /// blocking snapshot is due, and while too many transactions wait for one.
  var mayReadFrames: Bool {
    incremental.mayReadFrames && (incremental.context.blocking.isEmpty || ledger.hasOpenUnit)
      && ledger.unitCount < limits.unitsInFlightMax
  }

  /// The stream has started, for the first time or again.
  public mutating func streamStarted(_ time: RelayTime) throws(RelayFailure) {
    streamingSince = time.monotonicMilliseconds
    try perform(incremental.streamStarted(), time)
  }

  /// Tables that the patterns of signals can mean.
  public mutating func setKnownTables(_ tables: [TableID]) { incremental.setKnownTables(tables) }

  mutating func learn(_ table: TableID) {
    if pipeline.captures(table) { incremental.learn(table) }
  }

  /// The blocking snapshot that is due now: the stream stands between two transactions, with everything handed over.
  public var dueBlockingSnapshot: BlockingSnapshot? {
    guard isReading, !ledger.hasOpenUnit, pipeline.records.isEmpty, pendingEnd == nil else { return nil }
    return incremental.context.blocking.first
  }

  /// From here on rows of a blocking snapshot come, and the server goes on hearing of us.
  public mutating func interruptStream() {
    isInterrupted = true
    pipeline.setPlansAside()
  }

  /// The blocking snapshot is done, or was given up: the stream goes on where it stands.
  public mutating func resumeStream() throws(RelayFailure) {
    isInterrupted = false
    pipeline.takePlansBack()
    if ledger.hasOpenUnit, pendingEnd == nil { pendingEnd = .unit }
    try handOverPending()
    incremental.blockingFinished()
    markContext()
  }

  /// News of a snapshot that stops or precedes the stream.
  public mutating func notifySnapshot(
    _ kind: SnapshotNotification.Kind, _ data: [String: String], _ time: RelayTime
  ) throws(RelayFailure) {
    try notify(SnapshotNotification(.initial, kind, data), time)
  }

  /// What is to be logged since the last call.
  mutating func takeNotices() -> [(level: IncrementalSnapshot.LogLevel, text: String)] { notices.take() }

  // MARK: Turns

  mutating func driveSnapshots(_ time: RelayTime) throws(RelayFailure) {
    if let answer = chunks?.poll() { try perform(incremental.answered(answer), time) }
    if let at = retryChunkAt, time.monotonicMilliseconds >= at {
      retryChunkAt = nil
      try perform(incremental.retry(), time)
    }
    if incremental.isEmitting { try emitWindow(time) }
    try passAwaitedPosition(time)
    // Between transactions only: a transaction whose connection breaks is forgotten with all that happened in it.
    guard let signals else { return }
    while isBetweenUnits, let signal = signalsTaken.next(from: signals) {
      let actions = incremental.receive(signal, at: standing, isStale: pipeline.isWindowStale)
      signalsTaken.followed(signal, version: incremental.version)
      try perform(actions, time)
    }
    if isBetweenUnits, signalsTaken.isEmpty, signals.isReleased { incremental.forgetMarks() }
  }

  var isBetweenUnits: Bool { !ledger.hasOpenUnit && pendingEnd == nil && pipeline.records.isEmpty }

  /// Without a signalling table a chunk's window ends at a position of the log.
  private mutating func passAwaitedPosition(_ time: RelayTime) throws(RelayFailure) {
    guard let position = incremental.awaitedPosition, isBetweenUnits, received >= position else { return }
    try perform(incremental.positionPassed(isStale: pipeline.isWindowStale), time)
  }

  mutating func receive(_ signal: SignalMessage, _ time: RelayTime) throws(RelayFailure) {
    try perform(incremental.receive(signal, at: standing, isStale: pipeline.isWindowStale), time)
  }

  /// Where the stream stands, for the rows of a blocking snapshot.
  private var standing: (lsn: LSN, lastCommit: LSN?, transactionID: UInt64) {
    (pipeline.lastLSN ?? received, pipeline.lastCommit, UInt64(pipeline.lastTransactionID?.rawValue ?? 0))
  }

  /// Signals whose effect is stored may go from where they lie.
  mutating func settleSignals() {
    if let count = signalsTaken.stored(contexts.stored) { signals?.settle(count) }
  }

  private mutating func perform(
    _ actions: [IncrementalSnapshot.Action], _ time: RelayTime
  ) throws(RelayFailure) {
    for action in actions {
      switch action {
      case .read(let request): chunks?.begin(request)
      case .open(let chunk, let isDeduplicating): pipeline.openWindow(chunk, isDeduplicating: isDeduplicating)
      case .deduplicate: pipeline.beginDeduplication()
      case .emit: try emitWindow(time)
      case .discard: pipeline.discardWindow()
      case .wait(let milliseconds): retryChunkAt = time.monotonicMilliseconds + milliseconds
      case .log(let level, let text): notices.add(level, text)
      case .notify(let notification): try notify(notification, time)
      }
    }
    markContext()
  }

  /// Hands over the chunk's rows as long as the producer takes them. A chunk that ends inside a transaction belongs to it;
  /// between transactions it is a unit of its own.
  private mutating func emitWindow(_ time: RelayTime) throws(RelayFailure) {
    guard incremental.isEmitting else { return }
    while pipeline.records.isEmpty {
      if !ledger.hasOpenUnit {
        ledger.begin(at: received)
        isSnapshotUnit = true
      }
      let hasRow: Bool
      do throws(PipelineError) {
        hasRow = try pipeline.emitWindowRow(now: time.wallNanoseconds)
      } catch {
        throw .pipeline(error)
      }
      guard hasRow else {
        if isSnapshotUnit {
          isSnapshotUnit = false
          pendingEnd = .unit
        }
        let actions = incremental.windowEmitted()
        try handOverPending()
        try perform(actions, time)
        return
      }
      try handOverPending()
    }
  }

  private mutating func notify(_ notification: SnapshotNotification, _ time: RelayTime) throws(RelayFailure) {
    guard limits.logsNotifications || pipeline.hasNotificationTopic else { return }
    let id = notification.id ?? incremental.newID()
    let (aggregate, type) = (notification.aggregate.rawValue, notification.kind.rawValue)
    if limits.logsNotifications {
      notices.add(
        .info,
        pipeline.notificationLine(
          id: id, aggregate: aggregate, type: type, data: notification.data, now: time.wallNanoseconds))
    }
    guard pipeline.hasNotificationTopic else { return }
    do throws(PipelineError) {
      try pipeline.emitNotification(
        id: id, aggregate: aggregate, type: type, data: notification.data, now: time.wallNanoseconds)
    } catch {
      throw .pipeline(error)
    }
    if !ledger.hasOpenUnit {
      ledger.begin(at: received)
      pendingEnd = .unit
    }
    try handOverPending()
  }

  // MARK: Context

  /// The snapshots' context moves with what is handed over. Inside a unit it does not, since the unit may be given up.
  mutating func markContext() {
    guard !ledger.hasOpenUnit, contexts.handOver(incremental.version, incremental.context) else { return }
    ledger.mark(incremental.version)
    contexts.acknowledge(ledger.acknowledgedMark)
  }

  /// The connection is gone: back to what held at the last transaction that was handed over whole.
  mutating func snapshotsInterrupted() {
    retryChunkAt = nil
    isSnapshotUnit = false
    isInterrupted = false
    _ = incremental.streamLost(contexts.handedOver.context)
    signalsTaken.interrupted(handedOver: contexts.handedOver.version)
    pipeline.discardWindow()
  }
}
