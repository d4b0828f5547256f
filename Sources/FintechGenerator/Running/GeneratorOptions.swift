/// What a run is to do.
public struct GeneratorOptions: Sendable {
  /// Transactions a second before the hours shape it; 0 writes as fast as possible what `nominalRatePerSecond` would
  /// write.
  public var ratePerSecond = 50.0
  public var customers = 1_000
  /// Seconds by the machine's clock, counted from the end of the start-up; `nil` for no end.
  public var durationSeconds: Double?
  /// Transactions to open; their settlements and reversals come on top. `nil` for no end.
  public var count: Int?
  /// `nil` draws one.
  public var seed: UInt64?
  /// No shaping by the hour, no cap on a customer's day, no market data, even spacing.
  public var isConstantRate = false
  public var connections = 2
  /// Share of anomalous transactions, 0…1.
  public var anomalies = 0.02
  /// Where simulated time begins; `nil` takes the machine's clock.
  public var start: SimulatedTime?
  /// Name of a time zone that the server knows; decides hours and days.
  public var timeZone = "UTC"
  /// Database transactions that one connection sends ahead of their answers.
  public var transactionsInFlight = 64
  /// How long a lost connection is tried again before the run ends.
  public var reconnectSeconds = 60.0
  /// Seconds between two reports of progress.
  public var progressIntervalSeconds = 0.5

  /// Rate of simulated time under `ratePerSecond` 0.
  public static let nominalRatePerSecond = 50.0

  public init() {}

  /// With seed and start decided, so that they can be shown before anything is written.
  public func resolved() -> GeneratorOptions {
    var options = self
    if seed == nil { options.seed = UInt64.random(in: 1...999_999_999) }
    if start == nil {
      // Whole milliseconds read better when typed in again.
      options.start = SimulatedTime(unixMicroseconds: MachineClock.unixMicroseconds() / 1000 * 1000)
    }
    return options
  }

  /// What is wrong with them, in words for the person who gave them.
  public func problem() -> String? {
    if !(ratePerSecond == 0 || (0.001...1_000_000).contains(ratePerSecond)) {
      return "the rate must be 0 (as fast as possible) or between 0.001 and 1000000 transactions a second"
    }
    if !(1...10_000_000).contains(customers) { return "customers must be between 1 and 10000000" }
    if let durationSeconds, !(durationSeconds > 0) { return "the duration must be longer than nothing" }
    if let count, count < 1 || count > 1_000_000_000_000 { return "the count must be between 1 and 1000000000000" }
    if !(1...Population.streamCount).contains(connections) {
      return "connections must be between 1 and \(Population.streamCount), the number of logical streams"
    }
    if !(0...1).contains(anomalies) { return "the share of anomalies must be between 0 and 1" }
    if !(1...4096).contains(transactionsInFlight) { return "transactions in flight must be between 1 and 4096" }
    // What PostgreSQL's timestamps and the ids' 48 bits of milliseconds both hold, with room behind it.
    if let start, start < SimulatedTime("1970-01-01")! || start > SimulatedTime("9000-01-01")! {
      return "the start must lie between the years 1970 and 9000"
    }
    return nil
  }

  var effectiveRatePerSecond: Double { ratePerSecond > 0 ? ratePerSecond : Self.nominalRatePerSecond }
}
