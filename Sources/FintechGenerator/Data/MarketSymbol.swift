/// A traded share with the price from which its random walk starts and the number of shares issued.
struct MarketSymbol: Sendable {
  let symbol: StaticString
  /// In millionths, as `numeric(18,6)` holds it.
  let openingPriceMicros: Int64
  let sharesIssued: Int64

  static let all: [MarketSymbol] = [
    MarketSymbol(symbol: "AAPL", openingPriceMicros: 228_000_000, sharesIssued: 15_100_000_000),
    MarketSymbol(symbol: "MSFT", openingPriceMicros: 415_000_000, sharesIssued: 7_430_000_000),
    MarketSymbol(symbol: "NVDA", openingPriceMicros: 140_000_000, sharesIssued: 24_500_000_000),
    MarketSymbol(symbol: "AMZN", openingPriceMicros: 205_000_000, sharesIssued: 10_500_000_000),
    MarketSymbol(symbol: "GOOGL", openingPriceMicros: 175_000_000, sharesIssued: 12_200_000_000),
    MarketSymbol(symbol: "JPM", openingPriceMicros: 240_000_000, sharesIssued: 2_810_000_000),
    MarketSymbol(symbol: "V", openingPriceMicros: 308_000_000, sharesIssued: 1_950_000_000),
    MarketSymbol(symbol: "KO", openingPriceMicros: 63_000_000, sharesIssued: 4_310_000_000),
    MarketSymbol(symbol: "SAP", openingPriceMicros: 235_000_000, sharesIssued: 1_170_000_000),
    MarketSymbol(symbol: "NESN", openingPriceMicros: 86_000_000, sharesIssued: 2_570_000_000),
  ]
}
