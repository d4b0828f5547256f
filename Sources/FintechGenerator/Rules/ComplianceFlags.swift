import Primitives

/// Marks for the compliance officers.
public struct ComplianceFlags: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let highValue = ComplianceFlags(rawValue: 1)
  public static let highRisk = ComplianceFlags(rawValue: 2)
  public static let structuringSuspected = ComplianceFlags(rawValue: 4)
  public static let sanctionsCheckRequired = ComplianceFlags(rawValue: 8)

  static func draw(amount: Money, riskHundredths: Int, _ random: inout SeededRandom) -> ComplianceFlags {
    var flags: ComplianceFlags = []
    if amount > RiskRules.highValue { flags.insert(.highValue) }
    if riskHundredths > 7000 { flags.insert(.highRisk) }
    if amount > RiskRules.structuring, random.chance(0.2) { flags.insert(.structuringSuspected) }
    if random.chance(0.05) { flags.insert(.sanctionsCheckRequired) }
    return flags
  }

  /// JSON array of their names; `[]` for none.
  func append(to writer: inout ByteWriter) {
    var separator: StaticString = "["
    func add(_ name: StaticString, _ flag: ComplianceFlags) {
      guard contains(flag) else { return }
      writer.append(separator)
      writer.append(UInt8(ascii: "\""))
      writer.append(name)
      writer.append(UInt8(ascii: "\""))
      separator = ","
    }
    add("HIGH_VALUE", .highValue)
    add("HIGH_RISK", .highRisk)
    add("STRUCTURING_SUSPECTED", .structuringSuspected)
    add("SANCTIONS_CHECK_REQUIRED", .sanctionsCheckRequired)
    if isEmpty { writer.append(UInt8(ascii: "[")) }
    writer.append(UInt8(ascii: "]"))
  }
}
