/// A country in which customers live or transactions happen. Texts in these tables need no escaping in JSON.
struct Country: Sendable {
  /// ISO 3166-1 alpha-2.
  let code: StaticString
  /// ISO 4217; two decimals each.
  let currency: StaticString
  let diallingCode: StaticString
  let names: NameStock
  /// A postal code's shape: `9` stands for a digit, `A` for a letter.
  let postcode: StaticString
  /// Relative share of the customers; 0 where none live.
  let weight: Int

  static let all: [Country] = [
    Country(code: "US", currency: "USD", diallingCode: "+1", names: .english, postcode: "99999", weight: 40),
    Country(code: "GB", currency: "GBP", diallingCode: "+44", names: .english, postcode: "AA9 9AA", weight: 12),
    Country(code: "DE", currency: "EUR", diallingCode: "+49", names: .german, postcode: "99999", weight: 12),
    Country(code: "FR", currency: "EUR", diallingCode: "+33", names: .french, postcode: "99999", weight: 8),
    Country(code: "ES", currency: "EUR", diallingCode: "+34", names: .spanish, postcode: "99999", weight: 6),
    Country(code: "IT", currency: "EUR", diallingCode: "+39", names: .italian, postcode: "99999", weight: 5),
    Country(code: "NL", currency: "EUR", diallingCode: "+31", names: .dutch, postcode: "9999 AA", weight: 4),
    Country(code: "CH", currency: "CHF", diallingCode: "+41", names: .german, postcode: "9999", weight: 3),
    Country(code: "SE", currency: "SEK", diallingCode: "+46", names: .swedish, postcode: "999 99", weight: 2),
    Country(code: "IE", currency: "EUR", diallingCode: "+353", names: .english, postcode: "A99 A999", weight: 2),
    Country(code: "PT", currency: "EUR", diallingCode: "+351", names: .portuguese, postcode: "9999-999", weight: 2),
    Country(code: "CA", currency: "CAD", diallingCode: "+1", names: .english, postcode: "A9A 9A9", weight: 3),
    Country(code: "AU", currency: "AUD", diallingCode: "+61", names: .english, postcode: "9999", weight: 1),
    // Places that only travellers and thieves come to.
    Country(code: "JP", currency: "USD", diallingCode: "+81", names: .english, postcode: "999-9999", weight: 0),
    Country(code: "SG", currency: "USD", diallingCode: "+65", names: .english, postcode: "999999", weight: 0),
    Country(code: "BR", currency: "USD", diallingCode: "+55", names: .portuguese, postcode: "99999-999", weight: 0),
    Country(code: "NG", currency: "USD", diallingCode: "+234", names: .english, postcode: "999999", weight: 0),
    Country(code: "IN", currency: "USD", diallingCode: "+91", names: .english, postcode: "999999", weight: 0),
    Country(code: "AE", currency: "USD", diallingCode: "+971", names: .english, postcode: "99999", weight: 0),
    Country(code: "ZA", currency: "USD", diallingCode: "+27", names: .english, postcode: "9999", weight: 0),
    Country(code: "MX", currency: "USD", diallingCode: "+52", names: .spanish, postcode: "99999", weight: 0),
    Country(code: "KR", currency: "USD", diallingCode: "+82", names: .english, postcode: "99999", weight: 0),
    Country(code: "TH", currency: "USD", diallingCode: "+66", names: .english, postcode: "99999", weight: 0),
    Country(code: "TR", currency: "USD", diallingCode: "+90", names: .english, postcode: "99999", weight: 0),
  ]

  static let weights = all.map(\.weight)
}
