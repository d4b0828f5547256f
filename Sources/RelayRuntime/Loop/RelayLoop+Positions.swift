import Acknowledgement
import EventEncoding
import PgOutput
import Primitives

/// The position's way: acknowledged by Kafka, stored in the state record, told to the server.
extension RelayLoop where Source: ~Copyable, Sink: ~Copyable, Store: ~Copyable {
  mutating func advanceWhileIdle(to walEnd: LSN, _ time: RelayTime) {
    guard ledger.isIdle, walEnd > ledger.acknowledged else { return }
    if let last = lastIdleAdvanceAt,
      time.monotonicMilliseconds - last < limits.idleAdvanceIntervalMilliseconds, isReading
    {
      return
    }
    if ledger.advanceWhileIdle(to: walEnd) {
      lastIdleAdvanceAt = time.monotonicMilliseconds
      handedOver = max(handedOver, walEnd)
      tellRepeats()
      position.acknowledge(ledger.acknowledged)
    }
  }

  /// The state record follows the acknowledgements it stands for, and goes before the slot (PRODUCT.md §4).
  /// - Parameter isQuiet: nothing more is there to read.
  mutating func advanceStore(_ time: RelayTime, isQuiet: Bool) throws(RelayFailure) {
    if batch != nil { return try advanceBatch(time, isQuiet: isQuiet) }
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
    case .overtaken(let reason): throw .source(SourceError(.startOver, "state record: \(reason)"))
    }
    if let last = lastStoreAt, time.monotonicMilliseconds - last < storeIntervalMilliseconds { return }
    let writesAgain = contexts.hasUnstored || isRestatementDue(time)
    guard let next = position.nextToStore() ?? (writesAgain ? position.storeAgain() : nil) else { return }
    lastStoreAt = time.monotonicMilliseconds
    recordsAtLastStore = observations.recordsAcknowledged
    store.begin(
      StreamPosition(
        acknowledged: next, lastCommit: ledger.acknowledgedCommit, incremental: contexts.beginStore()))
  }

  /// A topic may hold a late record of an earlier relay behind this one's, and its compaction would keep the late one alone.
  private func isRestatementDue(_ time: RelayTime) -> Bool {
    guard let interval = limits.restateIntervalMilliseconds, let streamingSince, isReading else { return false }
    return time.monotonicMilliseconds - max(streamingSince, lastStoreAt ?? streamingSince) >= interval
  }

  /// Transactions that hold nothing of ours move the position no faster than an idle log's end does. One of them may be
  /// the state record itself, where it is kept in a table of the same database. What signals asked for waits no longer.
  var storeIntervalMilliseconds: Int64 {
    isReading && !contexts.hasUnstored && observations.recordsAcknowledged == recordsAtLastStore
      ? max(limits.storeIntervalMilliseconds, limits.idleAdvanceIntervalMilliseconds)
      : limits.storeIntervalMilliseconds
  }

  private var leavesSocketUnread: Bool {
    !pipeline.records.isEmpty || !mayReadFrames || source.isReplaying || isDividing
  }

  mutating func updateStatus(_ time: RelayTime) throws(RelayFailure) {
    let flushed = flushable
    // While the socket is not read, a keepalive that asks for an answer stays unseen.
    if leavesSocketUnread,
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

  func waitMilliseconds(_ time: RelayTime) -> Int64 {
    var wait = status.millisecondsUntilDue(now: time.monotonicMilliseconds, flushable: flushable)
    if leavesSocketUnread { wait = min(wait, limits.blockedStatusIntervalMilliseconds) }
    if let batch, sink.isInTransaction {
      wait = min(
        wait, position.beingStored != nil ? 1 : max(1, batch.millisecondsUntilDue(at: time.monotonicMilliseconds)))
    }
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
