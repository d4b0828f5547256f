import Primitives

/// At least once: counts the records of changes that Kafka may have had before. Those that a relay before this one may have
/// sent lie between the stored position and the log's end at the moment when this one had the slot: what was in flight, and
/// what was acknowledged since the state was last stored, but never more. Those of a transaction in which the connection
/// broke were sent by this one.
struct RepeatedRecords {
  /// What commits later nobody can have sent.
  private var end: LSN?
  private var hasOpenTransaction = false
  /// The open transaction committed before `end`.
  private var repeatsOpen = false
  /// Of the open transaction none before these is counted again.
  private var recordsBefore: UInt64 = 0
  private var count: UInt64 = 0
  private var untold: UInt64 = 0

  mutating func expect(to end: LSN) { self.end = end }

  /// Not all of that has been passed: an earlier relay may have sent more than this one.
  var isExpecting: Bool { end != nil }

  mutating func transactionBegan(commitLSN: LSN?, accepted: UInt64) {
    hasOpenTransaction = true
    recordsBefore = accepted
    // A commit ends at the earliest one byte behind its LSN.
    repeatsOpen = if let end, let commitLSN { commitLSN < end } else { false }
  }

  mutating func transactionCommitted(accepted: UInt64) {
    countOpen(accepted)
    hasOpenTransaction = false
  }

  /// The connection is gone, or the relay stops: what was handed over of an open transaction comes again.
  mutating func transactionBroke(accepted: UInt64) {
    if hasOpenTransaction { add(accepted - recordsBefore) }
    hasOpenTransaction = false
  }

  private mutating func countOpen(_ accepted: UInt64) {
    guard hasOpenTransaction, repeatsOpen else { return }
    add(accepted - recordsBefore)
    recordsBefore = accepted
  }

  private mutating func add(_ records: UInt64) {
    count += records
    untold += records
  }

  /// How many there were, once, when all that can have been sent before is behind.
  mutating func passed(_ position: LSN) -> UInt64? {
    guard let end, position >= end else { return nil }
    self.end = nil
    return count
  }

  /// Those since the last call; of a transaction that has not ended, too: a kill inside it leaves none uncounted.
  mutating func take(accepted: UInt64) -> UInt64 {
    countOpen(accepted)
    defer { untold = 0 }
    return untold
  }
}
