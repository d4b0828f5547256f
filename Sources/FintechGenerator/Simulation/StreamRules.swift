/// What all streams of a run have in common.
struct StreamRules: Sendable {
  let seed: UInt64
  let start: SimulatedTime
  let shape: RateShape
  /// Share of transactions that are anomalous, 0…1.
  let anomalies: Double
  let merchants: MerchantDirectory

  init(seed: UInt64, start: SimulatedTime, zone: ZoneOffsets, isConstantRate: Bool, anomalies: Double) {
    self.seed = seed
    self.start = start
    shape = RateShape(seed: seed, zone: zone, isConstant: isConstantRate)
    self.anomalies = anomalies
    merchants = MerchantDirectory(seed: seed, start: start)
  }

  /// Share of the sessions' channel transactions that open or extend a session.
  static let sessionProbability = 0.3
  /// At insert, in percent: COMPLETED, PENDING, FAILED.
  static let statusShares = (completed: 90, pending: 5)
  /// How many of the PENDING ones fail in the end.
  static let settlementFailureProbability = 0.08
  /// Simulated seconds after which a PENDING one is settled.
  static let settlementSeconds = (lower: 2.0, upper: 30.0)
  /// How many of the COMPLETED debits are reversed later, and after how many simulated seconds.
  static let reversalProbability = 0.005
  static let reversalSeconds = (lower: 5.0, upper: 60.0)
  /// After how many of the transactions two customers change tiers.
  static let tierChangeProbability = 0.001
  /// Share of the transactions that happen in another city of the customer's own country.
  static let travelProbability = 0.06
  /// Transactions that follow an anomalous one of a burst at once, and the seconds between them.
  static let burstLength = 2
  static let burstSeconds = (lower: 1.0, upper: 4.0)
}
