/// Scores of customers and transactions, in hundredths of a point, as `numeric(5,2)` holds them: what is stored is what
/// was compared.
enum RiskRules {
  /// Above this an amount is of high value.
  static let highValue = Money(cents: 1_000_000)
  /// Above this an amount may be a part of a larger one.
  static let structuring = Money(cents: 300_000)

  static func clamped(_ hundredths: Int) -> Int { min(max(hundredths, 0), 10_000) }

  /// The tier's base risk and this customer's own distance from it.
  static func customerScore(tier: CustomerTier, deviationHundredths: Int) -> Int {
    clamped(tier.baseRiskHundredths + deviationHundredths)
  }

  /// Normal, mean 0, standard deviation 10 points.
  static func drawDeviation(_ random: inout SeededRandom) -> Int { Int((random.normal() * 1000).rounded()) }

  /// Before chance: amount, customer, type.
  static func transactionBase(amount: Money, customerScoreHundredths: Int, type: TransactionType) -> Int {
    (amount > highValue ? 2000 : 0) + (customerScoreHundredths > 5000 ? 1000 : 0) + (type == .wireTransfer ? 1500 : 0)
  }

  /// With the uniform 0–20 of every transaction and the uniform 30–70 of an anomalous one, capped at 100.
  static func transactionScore(base: Int, isAnomalous: Bool, _ random: inout SeededRandom) -> Int {
    let score = base + random.integer(in: 0...2000)
    return clamped(isAnomalous ? score + random.integer(in: 3000...7000) : score)
  }
}
