/// Service tier of a customer, with everything that the tier decides.
public enum CustomerTier: Int, CaseIterable, Sendable {
  case basic, premium, vip, enterprise

  /// As in `customers.tier`.
  public var text: StaticString {
    switch self {
    case .basic: "BASIC"
    case .premium: "PREMIUM"
    case .vip: "VIP"
    case .enterprise: "ENTERPRISE"
    }
  }

  /// Percent of the customers.
  var share: Int {
    switch self {
    case .basic: 60
    case .premium: 25
    case .vip: 10
    case .enterprise: 5
    }
  }

  /// A customer's chance to be the next to make a transaction, relative to the other tiers.
  var selectionWeight: Int { rawValue + 1 }

  /// The most transactions that a customer makes on one day while the hours shape the rate.
  var transactionsPerDayMax: Int {
    switch self {
    case .basic: 5
    case .premium: 15
    case .vip: 25
    case .enterprise: 100
    }
  }

  /// Customer's risk score before the normal draw, in hundredths.
  var baseRiskHundredths: Int { (4 - rawValue) * 500 }

  var amounts: AmountDistribution {
    switch self {
    case .basic: AmountDistribution(minimumUnits: 10, maximumUnits: 500, meanUnits: 100)
    case .premium: AmountDistribution(minimumUnits: 50, maximumUnits: 2_000, meanUnits: 500)
    case .vip: AmountDistribution(minimumUnits: 100, maximumUnits: 10_000, meanUnits: 2_000)
    case .enterprise: AmountDistribution(minimumUnits: 1_000, maximumUnits: 100_000, meanUnits: 25_000)
    }
  }

  /// How many of `count` customers belong to each tier: the shares, with what is left over by rounding given to the
  /// tiers that lost most by it.
  static func counts(of count: Int) -> [Int] { apportion(count, by: allCases.map(\.share)) }
}

/// Divides `count` in proportion to `weights`; the parts add up to it. Rest by largest remainder, ties to the first.
func apportion(_ count: Int, by weights: [Int]) -> [Int] {
  let total = weights.reduce(0, +)
  guard total > 0 else { return weights.map { _ in 0 } }
  // 128 bits, since a count may be near the range's end.
  let exact = weights.map { Int128(count) * Int128($0) }
  var parts = exact.map { Int($0 / Int128(total)) }
  let order = weights.indices.sorted {
    (exact[$1] % Int128(total), $0) < (exact[$0] % Int128(total), $1)
  }
  for index in order.prefix(count - parts.reduce(0, +)) { parts[index] += 1 }
  return parts
}
