import EventEncoding
import Primitives

/// Signs of life in both directions: of the server, and of the connector to its consumers.
extension RelayLoop where Source: ~Copyable, Sink: ~Copyable, Store: ~Copyable {
  /// Asks a silent server for a sign of life, and gives it up when none comes.
  mutating func listen(_ time: RelayTime, hasHeard: Bool) throws(RelayFailure) {
    guard !hasHeard, let last = lastHeardAt else {
      lastHeardAt = time.monotonicMilliseconds
      return
    }
    let silence = time.monotonicMilliseconds - last
    if silence >= limits.silenceMaxMilliseconds {
      throw .source(SourceError(.reconnect, "the server has not been heard of for \(silence / 1_000) s"))
    }
  }

  func isSilent(_ time: RelayTime) -> Bool {
    guard isReading, let last = lastHeardAt else { return false }
    return time.monotonicMilliseconds - last >= limits.silenceMaxMilliseconds / 3
  }

  mutating func sendHeartbeat(_ time: RelayTime) throws(RelayFailure) {
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
  mutating func fetchXmin(_ time: RelayTime) throws(RelayFailure) {
    if let last = lastXminAt, time.monotonicMilliseconds - last < limits.xminIntervalMilliseconds { return }
    lastXminAt = time.monotonicMilliseconds
    do throws(SourceError) {
      pipeline.slotXmin = try source.slotXmin()
    } catch {
      throw .source(error)
    }
  }

  mutating func beat(_ time: RelayTime) throws(RelayFailure) {
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
}
