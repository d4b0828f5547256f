/// Draws customers by the selection weights of their tiers and, where days are capped, keeps out who has had a full day.
struct CustomerSelection: Sendable {
  private let isCapped: Bool
  /// Places of the customers of each tier who may still be drawn, and of those whose day is full.
  private var open: [[Int]]
  private var full: [[Int]]
  private var day: Int64?

  init(tiers: [CustomerTier], isCapped: Bool) {
    self.isCapped = isCapped
    open = CustomerTier.allCases.map { tier in tiers.indices.filter { tiers[$0] == tier } }
    full = CustomerTier.allCases.map { _ in [] }
  }

  /// A customer who may transact on the day that was begun; `nil` when nobody may any more.
  mutating func draw(customers: [Customer], _ random: inout SeededRandom) -> Int? {
    while true {
      var total = 0
      for tier in CustomerTier.allCases { total += open[tier.rawValue].count * tier.selectionWeight }
      guard total > 0 else { return nil }
      var place = random.below(total)
      var chosen = CustomerTier.basic
      for tier in CustomerTier.allCases {
        let weight = open[tier.rawValue].count * tier.selectionWeight
        if place < weight {
          chosen = tier
          break
        }
        place -= weight
      }
      let index = place / chosen.selectionWeight
      let customer = open[chosen.rawValue][index]
      if !isCapped || customers[customer].transactionsToday < chosen.transactionsPerDayMax { return customer }
      open[chosen.rawValue].swapAt(index, open[chosen.rawValue].count - 1)
      full[chosen.rawValue].append(open[chosen.rawValue].removeLast())
    }
  }

  /// Whether this customer may make one more on that day.
  func mayTransact(_ customer: Int, day: Int64, customers: [Customer]) -> Bool {
    guard isCapped, day == self.day else { return true }
    return customers[customer].transactionsToday < customers[customer].tier.transactionsPerDayMax
  }

  /// Exchanges one open customer each of two neighbouring tiers; returns both with their new tiers.
  mutating func exchange(
    _ random: inout SeededRandom
  ) -> ((customer: Int, tier: CustomerTier), (customer: Int, tier: CustomerTier))? {
    let lower = random.below(CustomerTier.allCases.count - 1)
    guard !open[lower].isEmpty, !open[lower + 1].isEmpty else { return nil }
    let low = random.below(open[lower].count)
    let high = random.below(open[lower + 1].count)
    let risen = open[lower][low]
    let fallen = open[lower + 1][high]
    open[lower][low] = fallen
    open[lower + 1][high] = risen
    return ((risen, CustomerTier.allCases[lower + 1]), (fallen, CustomerTier.allCases[lower]))
  }

  /// Starts counting anew if this local day is another one than before.
  mutating func begin(day: Int64, customers: inout [Customer]) {
    guard isCapped, day != self.day else { return }
    self.day = day
    for customer in customers.indices { customers[customer].transactionsToday = 0 }
    for tier in open.indices {
      open[tier].append(contentsOf: full[tier])
      full[tier].removeAll(keepingCapacity: true)
    }
  }
}
