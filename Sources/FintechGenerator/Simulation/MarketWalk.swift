import Glibc

/// Prices of the traded symbols, one step a simulated second each.
struct MarketWalk: Sendable {
  struct Quote: Sendable {
    let symbol: Int
    /// Millionths.
    let priceMicros: Int64
    /// Price less the previous quote's price, in millionths.
    let changeMicros: Int64
    /// The same in percent of the previous price, in ten-thousandths of a percent.
    let changePercentE4: Int64
    let volume: Int64
    let marketCap: Money
  }

  private var random: SeededRandom
  private var prices = MarketSymbol.all.map(\.openingPriceMicros)

  init(seed: UInt64) { random = SeededRandom(seed: seed, sequence: Sequence.market) }

  /// The next quote of each symbol. A step is normal with a standard deviation of 0.02 % of the price; prices are whole
  /// hundredths and stay above zero.
  mutating func step() -> [Quote] {
    prices.indices.map { symbol in
      let previous = prices[symbol]
      let step = Int64((random.normal() * 0.0002 * Double(previous) / 10_000).rounded()) * 10_000
      let price = min(max(previous + step, 10_000), 1_000_000_000_000)
      prices[symbol] = price
      let change = price - previous
      return Quote(
        symbol: symbol, priceMicros: price, changeMicros: change,
        changePercentE4: Int64((Int128(change) * 1_000_000 / Int128(previous))),
        volume: Int64(random.integer(in: 1...50_000)),
        marketCap: Money(cents: Int64(Int128(price) * Int128(MarketSymbol.all[symbol].sharesIssued) / 10_000)))
    }
  }
}
