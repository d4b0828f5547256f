import Primitives

/// When to tell the server how far we are: at its request at once, at the interval to keep the connection alive, and
/// soon after the position moved. All times are of one monotonic clock, in milliseconds.
public struct StatusUpdatePolicy: Sendable {
  /// `status.update.interval.ms`.
  public let intervalMilliseconds: Int64
  /// A moved position is told no later than this, and no more often.
  public let progressIntervalMilliseconds: Int64
  private var lastSentAt: Int64?
  private var lastFlushed: LSN?
  private var replyRequested = false

  public init(intervalMilliseconds: Int64, progressIntervalMilliseconds: Int64 = 100) {
    self.intervalMilliseconds = intervalMilliseconds
    self.progressIntervalMilliseconds = progressIntervalMilliseconds
  }

  public mutating func serverRequestedReply() { replyRequested = true }

  /// A new connection knows nothing of us.
  public mutating func connectionReplaced() {
    lastSentAt = nil
    lastFlushed = nil
    replyRequested = false
  }

  public func isDue(now: Int64, flushable: LSN) -> Bool {
    guard let lastSentAt else { return true }
    if replyRequested || now - lastSentAt >= intervalMilliseconds { return true }
    return flushable != lastFlushed && now - lastSentAt >= progressIntervalMilliseconds
  }

  /// The last update is so long ago.
  public func isOverdue(now: Int64, after milliseconds: Int64) -> Bool {
    guard let lastSentAt else { return true }
    return now - lastSentAt >= milliseconds
  }

  public mutating func sent(now: Int64, flushed: LSN) {
    lastSentAt = now
    lastFlushed = flushed
    replyRequested = false
  }

  /// Until the next update is due, should nothing else happen.
  public func millisecondsUntilDue(now: Int64, flushable: LSN) -> Int64 {
    guard let lastSentAt, !replyRequested else { return 0 }
    let interval = flushable != lastFlushed ? progressIntervalMilliseconds : intervalMilliseconds
    return max(0, lastSentAt + min(interval, intervalMilliseconds) - now)
  }
}
