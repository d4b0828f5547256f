/// Numbers of the random sequences under one seed; the streams have 0 and up.
enum Sequence {
  static let merchants: UInt64 = 1 << 32
  static let population: UInt64 = merchants + 1
  static let market: UInt64 = merchants + 2
}

/// One logical stream's part of a run: whose transactions it makes, how many, and how fast.
struct StreamPlan: Sendable {
  let index: Int
  let tiers: [CustomerTier]
  /// Transactions to open; `nil` for no end.
  let quota: Int?
  /// Transactions a second of simulated time, before shaping.
  let ratePerSecond: Double
  let phase: Double
}

/// Divides customers, transactions and rate among a fixed number of logical streams. Nothing here depends on how many
/// connections carry them.
enum Population {
  static let streamCount = 16

  /// Customers are dealt out in random order, tier shares being exact for all of them together. A stream's part of the
  /// rate and of the count is its part of the selection weights, so that a customer's chance does not depend on the
  /// stream it came to.
  static func plan(seed: UInt64, customers: Int, ratePerSecond: Double, count: Int?) -> [StreamPlan] {
    var random = SeededRandom(seed: seed, sequence: Sequence.population)
    var tiers: [CustomerTier] = []
    for (tier, number) in zip(CustomerTier.allCases, CustomerTier.counts(of: customers)) {
      tiers.append(contentsOf: repeatElement(tier, count: number))
    }
    // Fisher and Yates, spelt out: the library's own shuffle may change between releases.
    for last in tiers.indices.reversed() where last > 0 { tiers.swapAt(last, random.below(last + 1)) }
    let streams = min(streamCount, customers)
    var dealt = Array(repeating: [CustomerTier](), count: streams)
    for (place, tier) in tiers.enumerated() { dealt[place % streams].append(tier) }
    let weights = dealt.map { $0.reduce(0) { $0 + $1.selectionWeight } }
    let total = weights.reduce(0, +)
    let quotas = count.map { apportion($0, by: weights) }
    return dealt.indices.map { index in
      StreamPlan(
        index: index, tiers: dealt[index], quota: quotas?[index],
        ratePerSecond: ratePerSecond * Double(weights[index]) / Double(total),
        phase: (Double(index) + 0.5) / Double(streams))
    }
  }
}
