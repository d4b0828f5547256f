import Primitives

/// Opens one customer's accounts, one after the other.
struct AccountOpening {
  let tier: CustomerTier
  let customer: Int
  let at: SimulatedTime
  private var isFirst = true

  init(tier: CustomerTier, customer: Int, at: SimulatedTime) {
    self.tier = tier
    self.customer = customer
    self.at = at
  }

  /// The first account is for everyday use. CREDIT opens at zero with a limit; the others open with 300 to 900 times the
  /// tier's mean amount, since by the mix of types more money leaves than comes in.
  mutating func next(in country: Country, ids: inout SeededRandom, _ random: inout SeededRandom) -> Account {
    let everyday: AccountType = tier == .enterprise ? .business : .checking
    let type =
      isFirst ? everyday : [everyday, .savings, .savings, .credit, .credit, .investment][random.below(6)]
    isFirst = false
    let stake = Int64(random.integer(in: 300...900)) * tier.amounts.meanCents
    var interest: Int64?
    switch type {
    case .savings: interest = Int64(random.integer(in: 100...450)) * 100
    case .investment: interest = Int64(random.integer(in: 200...700)) * 100
    case .credit: interest = Int64(random.integer(in: 990...2499)) * 100
    case .checking, .business: interest = nil
    }
    return Account(
      id: RowID(at: at, random: &ids), customer: customer, type: type, currency: country.currency,
      number: AccountOpening.number(country: country.code, &ids),
      openingBalance: type == .credit ? .zero : Money(cents: stake + Int64(random.below(100))),
      // Round thousands, as banks grant them.
      creditLimit: type == .credit ? Money(cents: max(stake / 3 / 100_000, 1) * 100_000) : nil,
      interestRate: interest)
  }

  /// Shaped as an IBAN, check digits included: country, two check digits, the bank's four letters, sixteen digits.
  /// Source: ISO 13616.
  private static func number(country: StaticString, _ random: inout SeededRandom) -> [UInt8] {
    let account = UInt64(random.below(10_000_000_000_000_000))
    let body = bytes {
      $0.append("SLCE")
      $0.append(decimal: account, width: 16)
    }
    var remainder = 0
    func take(_ sign: UInt8) {
      if sign >= UInt8(ascii: "A") {
        remainder = (remainder * 100 + Int(sign - UInt8(ascii: "A")) + 10) % 97
      } else {
        remainder = (remainder * 10 + Int(sign - UInt8(ascii: "0"))) % 97
      }
    }
    body.forEach(take)
    country.withUTF8Buffer { $0.forEach(take) }
    take(UInt8(ascii: "0"))
    take(UInt8(ascii: "0"))
    return bytes {
      $0.append(country)
      $0.append(decimal: UInt64(98 - remainder), width: 2)
      $0.append(body)
    }
  }
}
