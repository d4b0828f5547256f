import Primitives

/// A real city with its coordinates, in ten-thousandths of a degree.
struct City: Sendable {
  let name: StaticString
  /// Place in `Country.all`.
  let country: Int
  let latitude: Int64
  let longitude: Int64
  /// For jsonb columns: coordinates as numbers.
  let locationJSON: [UInt8]
  /// For payloads: coordinates as strings, as every decimal there.
  let payloadJSON: [UInt8]

  init(_ name: StaticString, _ countryCode: StaticString, _ latitude: Int64, _ longitude: Int64) {
    let country = Country.all.firstIndex { $0.code.description == countryCode.description }!
    self.name = name
    self.country = country
    self.latitude = latitude
    self.longitude = longitude
    func json(quote: StaticString) -> [UInt8] {
      bytes {
        $0.append("{\"country\":\"")
        $0.append(countryCode)
        $0.append("\",\"city\":\"")
        $0.append(name)
        $0.append("\",\"lat\":")
        $0.append(quote)
        $0.append(unscaled: latitude, scale: 4)
        $0.append(quote)
        $0.append(",\"lon\":")
        $0.append(quote)
        $0.append(unscaled: longitude, scale: 4)
        $0.append(quote)
        $0.append("}")
      }
    }
    locationJSON = json(quote: "")
    payloadJSON = json(quote: "\"")
  }

  static let all: [City] = [
    City("New York", "US", 407_128, -740_060), City("Los Angeles", "US", 340_522, -1_182_437),
    City("Chicago", "US", 418_781, -876_298), City("Houston", "US", 297_604, -953_698),
    City("Seattle", "US", 476_062, -1_223_321), City("Miami", "US", 257_617, -801_918),
    City("Boston", "US", 423_601, -710_589), City("Denver", "US", 397_392, -1_049_903),
    City("Atlanta", "US", 337_490, -843_880), City("San Francisco", "US", 377_749, -1_224_194),
    City("London", "GB", 515_074, -1_278), City("Manchester", "GB", 534_808, -22_426),
    City("Edinburgh", "GB", 559_533, -31_883), City("Birmingham", "GB", 524_862, -18_904),
    City("Berlin", "DE", 525_200, 134_050), City("München", "DE", 481_351, 115_820),
    City("Hamburg", "DE", 535_511, 99_937), City("Frankfurt am Main", "DE", 501_109, 86_821),
    City("Köln", "DE", 509_375, 69_603), City("Paris", "FR", 488_566, 23_522),
    City("Lyon", "FR", 457_640, 48_357), City("Marseille", "FR", 432_965, 53_698),
    City("Madrid", "ES", 404_168, -37_038), City("Barcelona", "ES", 413_874, 21_686),
    City("Valencia", "ES", 394_699, -3_763), City("Milano", "IT", 454_642, 91_900),
    City("Roma", "IT", 419_028, 124_964), City("Amsterdam", "NL", 523_676, 49_041),
    City("Rotterdam", "NL", 519_244, 44_777), City("Zürich", "CH", 473_769, 85_417),
    City("Genève", "CH", 462_044, 61_432), City("Stockholm", "SE", 593_293, 180_686),
    City("Göteborg", "SE", 577_089, 119_746), City("Dublin", "IE", 533_498, -62_603),
    City("Cork", "IE", 518_985, -84_756), City("Lisboa", "PT", 387_223, -91_393),
    City("Porto", "PT", 411_579, -86_291), City("Toronto", "CA", 436_532, -793_832),
    City("Montréal", "CA", 455_019, -735_674), City("Vancouver", "CA", 492_827, -1_231_207),
    City("Sydney", "AU", -338_688, 1_512_093), City("Melbourne", "AU", -378_136, 1_449_631),
    City("Tokyo", "JP", 356_762, 1_396_503), City("Singapore", "SG", 13_521, 1_038_198),
    City("São Paulo", "BR", -235_505, -466_333), City("Lagos", "NG", 65_244, 33_792),
    City("Mumbai", "IN", 190_760, 728_777), City("Dubai", "AE", 252_048, 552_708),
    City("Johannesburg", "ZA", -262_041, 280_473), City("Ciudad de México", "MX", 194_326, -991_332),
    City("Seoul", "KR", 375_665, 1_269_780), City("Bangkok", "TH", 137_563, 1_005_018),
    City("İstanbul", "TR", 410_082, 289_784),
  ]

  /// Places in `all`, by country.
  static let byCountry: [[Int]] = Country.all.indices.map { country in
    all.indices.filter { all[$0].country == country }
  }

  /// A city of any other country.
  static func drawAbroad(from home: Int, _ random: inout SeededRandom) -> Int {
    while true {
      let city = random.below(all.count)
      if all[city].country != all[home].country { return city }
    }
  }
}
