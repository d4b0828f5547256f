/// When a Kafka transaction ends: whole database transactions, gathered by time and size. Pure; all times are of one
/// monotonic clock, in milliseconds.
public struct TransactionBatch: Sendable {
  public struct Bounds: Sendable, Equatable {
    /// `transaction.boundary.interval.ms`; `nil` (`transaction.boundary=poll`): as soon as nothing more is there to read.
    public var intervalMilliseconds: Int64?
    /// With `poll`, while there is always more to read.
    public var busyMilliseconds: Int64 = 100
    /// With `poll`: a stream that brought more records since the last commit is read in bursts, and quiet only when none came
    /// for `pauseMilliseconds`. A commit takes several round trips, in which nothing is read.
    public var fewRecords = 64
    public var pauseMilliseconds: Int64 = 2
    /// More records end the Kafka transaction at the next end of a database transaction.
    public var recordsMax = 20_000
    /// `transaction.timeout.ms`. Nothing is left open for longer than half of it.
    public var timeoutMilliseconds: Int64 = 60_000
    /// `sluice.transaction.records.max`: a database transaction with more is divided.
    public var dividedRecordsMin = 1_000_000
    /// Each unit by itself: what comes before one that cannot be delivered is committed without it.
    public var commitsEachUnit = false

    public init() {}
  }

  public let bounds: Bounds
  /// Brokers that acknowledge nothing for so long stand still.
  private static let standstillMillisecondsMin: Int64 = 1_000

  private var openedAt: Int64 = 0
  private var lastRecordAt: Int64 = 0
  /// Since the last acknowledgement, or since a record was let in where none was in flight; `nil` while none is.
  private var awaitedSince: Int64?
  /// Of the standstills that have ended.
  private var standstillMilliseconds: Int64 = 0
  private var records = 0
  /// Database transactions, or other units, that the Kafka transaction holds whole.
  public private(set) var wholeUnits = 0
  /// It holds records of a unit that has not ended.
  public private(set) var hasPartialUnit = false
  /// The rest of a unit will not come: what is open can only be aborted.
  public private(set) var isSpoilt = false
  /// No record is let in until the commit has ended.
  public private(set) var isSealed = false

  public init(_ bounds: Bounds) { self.bounds = bounds }

  /// A Kafka transaction was opened.
  public mutating func opened(at now: Int64) {
    openedAt = now
    lastRecordAt = now
    awaitedSince = nil
    standstillMilliseconds = 0
    records = 0
    wholeUnits = 0
    hasPartialUnit = false
  }

  public mutating func recordAccepted(at now: Int64) {
    records += 1
    lastRecordAt = now
    if awaitedSince == nil { awaitedSince = now }
    hasPartialUnit = true
  }

  /// Some of its records were acknowledged. `isDrained`: none is in flight any more.
  public mutating func recordsAcknowledged(at now: Int64, isDrained: Bool) {
    standstillMilliseconds += standstill(at: now)
    awaitedSince = isDrained ? nil : now
  }

  public mutating func unitEnded() {
    if bounds.commitsEachUnit, hasPartialUnit { isSealed = true }
    wholeUnits += 1
    hasPartialUnit = false
  }

  /// The open unit was given up.
  public mutating func unitAbandoned() {
    if hasPartialUnit { isSpoilt = true }
  }

  /// Whether it is time to commit; asked between units.
  public func isDue(at now: Int64, isQuiet: Bool) -> Bool {
    if isSpoilt { return false }
    if records >= bounds.recordsMax || bounds.commitsEachUnit { return true }
    return isQuiet && now >= quietFrom || now - openedAt >= delayMilliseconds
  }

  /// Until `isDue` for the time alone, as long as nothing comes.
  public func millisecondsUntilDue(at now: Int64) -> Int64 {
    max(0, min(openedAt + delayMilliseconds, quietFrom) - now)
  }

  /// When a stream in which nothing is left to read counts as quiet.
  private var quietFrom: Int64 {
    if bounds.intervalMilliseconds != nil { return .max }
    return records <= bounds.fewRecords ? openedAt : lastRecordAt + bounds.pauseMilliseconds
  }

  private var delayMilliseconds: Int64 {
    min(bounds.intervalMilliseconds ?? bounds.busyMilliseconds, bounds.timeoutMilliseconds / 4)
  }

  /// Whether the open unit is too large, or has taken too long, for one Kafka transaction.
  public func mustDivide(at now: Int64) -> Bool {
    hasPartialUnit && !isSpoilt && (records >= bounds.dividedRecordsMin || isTooOld(at: now))
  }

  public func isTooOld(at now: Int64) -> Bool { now - openedAt >= bounds.timeoutMilliseconds / 2 }

  /// Asked of one that is too old: whether brokers that acknowledged nothing took a fifth of its time. Another attempt may fit
  /// then. A server that gives no rows does not count: a statement that takes as long each time would be tried for ever.
  public func hasStoodStill(at now: Int64) -> Bool {
    5 * (standstillMilliseconds + standstill(at: now)) >= now - openedAt
  }

  private func standstill(at now: Int64) -> Int64 {
    guard let since = awaitedSince else { return 0 }
    let milliseconds = now - since
    return milliseconds >= TransactionBatch.standstillMillisecondsMin ? milliseconds : 0
  }

  /// Nothing more goes in.
  public mutating func seal() { isSealed = true }

  /// The commit has ended well.
  public mutating func committed() {
    isSealed = false
    wholeUnits = 0
    hasPartialUnit = false
  }
}
