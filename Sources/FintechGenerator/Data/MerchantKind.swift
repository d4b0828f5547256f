/// A line of business with its merchant category code (ISO 18245).
struct MerchantKind: Sendable {
  /// As in `merchants.business_type`.
  let businessType: StaticString
  let mcc: StaticString
  /// What such businesses call themselves, after a name of their own.
  let nouns: [StaticString]
  let riskLevel: RiskLevel
  /// Sends bills, which a PAYMENT settles.
  let isBiller: Bool

  init(
    _ businessType: StaticString, _ mcc: StaticString, _ nouns: [StaticString], risk: RiskLevel = .low,
    biller: Bool = false
  ) {
    self.businessType = businessType
    self.mcc = mcc
    self.nouns = nouns
    riskLevel = risk
    isBiller = biller
  }

  static let all: [MerchantKind] = [
    MerchantKind("GROCERY", "5411", ["Market", "Grocers", "Foods"]),
    MerchantKind("RESTAURANT", "5812", ["Kitchen", "Bistro", "Brasserie"]),
    MerchantKind("FAST_FOOD", "5814", ["Burgers", "Noodle Bar", "Pizza"]),
    MerchantKind("BAKERY", "5462", ["Bakery", "Pâtisserie"]),
    MerchantKind("FUEL", "5541", ["Fuel", "Service Station"]),
    MerchantKind("PHARMACY", "5912", ["Pharmacy", "Apotheke"]),
    MerchantKind("CLOTHING", "5651", ["Outfitters", "Fashion"]),
    MerchantKind("ELECTRONICS", "5732", ["Electronics", "Digital"]),
    MerchantKind("DEPARTMENT_STORE", "5311", ["Department Store"]),
    MerchantKind("BOOKSHOP", "5942", ["Books", "Librairie"]),
    MerchantKind("HARDWARE", "5251", ["Hardware", "Tools"]),
    MerchantKind("FURNITURE", "5712", ["Furniture", "Möbel"]),
    MerchantKind("HOTEL", "7011", ["Hotel", "Inn"]),
    MerchantKind("AIRLINE", "4511", ["Airways"], risk: .medium),
    MerchantKind("RAILWAY", "4112", ["Railways"]),
    MerchantKind("TAXI", "4121", ["Cabs", "Rides"]),
    MerchantKind("CAR_RENTAL", "7512", ["Car Rental"], risk: .medium),
    MerchantKind("PARKING", "7523", ["Parking"]),
    MerchantKind("CINEMA", "7832", ["Cinemas"]),
    MerchantKind("GYM", "7997", ["Fitness Club"]),
    MerchantKind("JEWELLERY", "5944", ["Jewellers"], risk: .medium),
    MerchantKind("TOYS", "5945", ["Toys & Games"]),
    MerchantKind("FLORIST", "5992", ["Flowers"]),
    MerchantKind("PET_SHOP", "5995", ["Pets"]),
    MerchantKind("SOFTWARE", "5734", ["Software"]),
    MerchantKind("WINE_MERCHANT", "5921", ["Wines & Spirits"]),
    MerchantKind("GAMBLING", "7995", ["Casino Online"], risk: .high),
    MerchantKind("DIGITAL_CURRENCY", "6051", ["Coin Exchange"], risk: .high),
    MerchantKind("TELECOM", "4814", ["Mobile", "Telecom"], biller: true),
    MerchantKind("UTILITIES", "4900", ["Energy", "Water"], biller: true),
    MerchantKind("PAY_TELEVISION", "4899", ["Streaming"], biller: true),
    MerchantKind("INSURANCE", "6300", ["Insurance"], biller: true),
    MerchantKind("HOSPITAL", "8062", ["Hospital"], biller: true),
    MerchantKind("DENTIST", "8021", ["Dental Care"], biller: true),
    MerchantKind("UNIVERSITY", "8220", ["University"], biller: true),
    MerchantKind("PROPERTY_MANAGEMENT", "6513", ["Property Management"], biller: true),
    MerchantKind("LEGAL", "8111", ["Law Chambers"], biller: true),
    MerchantKind("ACCOUNTING", "8931", ["Accountants"], biller: true),
    MerchantKind("ADVERTISING", "7311", ["Media"], biller: true),
    MerchantKind("CHARITY", "8398", ["Relief Fund"], risk: .medium, biller: true),
  ]

  /// Names that a business puts before the noun.
  static let ownNames: [StaticString] = [
    "Harbour", "Blue Heron", "Old Town", "Northgate", "Silver Birch", "Sunrise", "Riverside", "Kestrel", "Maple Leaf",
    "Copper Kettle", "Granite", "Lighthouse", "Meridian", "Oakfield", "Alpenblick", "Étoile", "Bella Vista",
    "Sol y Mar", "Nordlicht", "Cedar Hill", "Red Lantern", "Stonebridge", "Willow", "Amber", "Pioneer", "Summit",
    "Clearwater", "Juniper", "Falcon", "Crescent", "Ivory", "Terra Nova", "Vista Alegre", "Zum Anker", "Grand Canal",
  ]
}
