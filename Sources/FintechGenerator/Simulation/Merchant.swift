import Primitives

/// One row of `merchants`, shared by all streams.
struct Merchant: Sendable {
  let id: RowID
  /// Place in `MerchantKind.all`.
  let kind: Int
  let name: [UInt8]
  /// Place in `City.all`.
  let city: Int
  /// JSON object.
  let postalAddress: [UInt8]
  /// What a payload says of the merchant: JSON members with a comma before each.
  let payloadMembers: [UInt8]
}

/// All merchants of a run, in the order of their countries and lines of business.
struct MerchantDirectory: Sendable {
  static let count = 240

  let merchants: [Merchant]
  /// Places in `merchants` by country, of those where people buy and of those that send bills.
  private let shops: [[Int]]
  private let billers: [[Int]]

  init(seed: UInt64, start: SimulatedTime) {
    var random = SeededRandom(seed: seed, sequence: Sequence.merchants)
    var merchants: [Merchant] = []
    var shops = Country.all.map { _ in [Int]() }
    var billers = shops
    // Where nobody lives there are shops all the same, a few each.
    let counts = apportion(MerchantDirectory.count, by: Country.weights.map { max($0, 2) })
    for (country, count) in counts.enumerated() {
      for place in 0..<count {
        // A small country has some of each sort; a large one all of them.
        let kind =
          place < 2
          ? random.below(MerchantKind.all.count / 2) : (place * 7 + country * 3) % MerchantKind.all.count
        let merchant = Merchant(kind: kind, country: country, start: start, &random)
        if MerchantKind.all[kind].isBiller {
          billers[country].append(merchants.count)
        } else {
          shops[country].append(merchants.count)
        }
        merchants.append(merchant)
      }
    }
    self.merchants = merchants
    let anyBillers = merchants.indices.filter { MerchantKind.all[merchants[$0].kind].isBiller }
    self.shops = shops
    self.billers = billers.map { $0.isEmpty ? anyBillers : $0 }
  }

  /// Whom a transaction of this type pays: someone of its city's country, online anyone in one of five.
  func draw(type: TransactionType, network: Network, city: Int, _ random: inout SeededRandom) -> Int? {
    let candidates: [[Int]]
    switch type {
    case .purchase, .refund: candidates = shops
    case .payment: candidates = billers
    case .transfer, .withdrawal, .deposit, .wireTransfer, .fee: return nil
    }
    let elsewhere = network.isOnline && random.chance(0.2)
    let country = elsewhere ? random.below(candidates.count) : City.all[city].country
    return candidates[country][random.below(candidates[country].count)]
  }
}

extension Merchant {
  fileprivate init(kind: Int, country: Int, start: SimulatedTime, _ random: inout SeededRandom) {
    let business = MerchantKind.all[kind]
    let cities = City.byCountry[country]
    let city = cities[random.below(cities.count)]
    let ownName = MerchantKind.ownNames[random.below(MerchantKind.ownNames.count)]
    let noun = business.nouns[random.below(business.nouns.count)]
    let name = bytes {
      $0.append(ownName)
      $0.append(" ")
      $0.append(noun)
    }
    let id = RowID(at: start, random: &random)
    self.id = id
    self.kind = kind
    self.name = name
    self.city = city
    postalAddress = PostalAddress.draw(city: city, &random)
    payloadMembers = bytes {
      $0.append(",\"merchant_id\":\"")
      id.append(to: &$0)
      $0.append("\",\"merchant_name\":\"")
      $0.append(name)
      $0.append("\",\"merchant_business_type\":\"")
      $0.append(business.businessType)
      $0.append("\",\"merchant_mcc\":\"")
      $0.append(business.mcc)
      $0.append("\",\"merchant_country\":\"")
      $0.append(Country.all[country].code)
      $0.append("\",\"merchant_risk_level\":\"")
      $0.append(business.riskLevel.text)
      $0.append("\"")
    }
  }
}
