import Glibc

/// A right-skewed distribution within fixed ends that has exactly the wanted mean.
///
/// Beta(1, b) stretched over minimum…maximum: its density falls from the minimum on, its mean lies at 1 / (1 + b) of the
/// way, which gives b, and its inverse has a closed form: one draw and one power an amount. The draw is floating point;
/// the amount is whole cents from then on.
struct AmountDistribution: Sendable {
  let minimum: Money
  let maximum: Money
  let meanCents: Int64
  /// 1 / b.
  private let exponent: Double

  init(minimumUnits: Int64, maximumUnits: Int64, meanUnits: Int64) {
    minimum = Money(cents: minimumUnits * 100)
    maximum = Money(cents: maximumUnits * 100)
    meanCents = meanUnits * 100
    exponent = Double(meanUnits - minimumUnits) / Double(maximumUnits - meanUnits)
  }

  func draw(_ random: inout SeededRandom) -> Money {
    let place = 1 - pow(1 - random.unit(), exponent)
    let width = Double(maximum.cents - minimum.cents)
    let cents = minimum.cents + Int64((width * place).rounded())
    return Money(cents: min(max(cents, minimum.cents), maximum.cents))
  }
}
