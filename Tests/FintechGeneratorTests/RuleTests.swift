import Testing

@testable import FintechGenerator

@Suite struct RuleTests {
  @Test(arguments: [
    (CustomerTier.basic, 10, 500, 100), (.premium, 50, 2_000, 500), (.vip, 100, 10_000, 2_000),
    (.enterprise, 1_000, 100_000, 25_000),
  ])
  func amountsStayWithinTheTierAndHaveItsMean(tier: CustomerTier, minimum: Int, maximum: Int, mean: Int) {
    var random = SeededRandom(seed: 3)
    let cents = (0..<200_000).map { _ in Int(tier.amounts.draw(&random).cents) }
    #expect(cents.min()! >= minimum * 100)
    #expect(cents.max()! <= maximum * 100)
    let average = Double(cents.reduce(0, +)) / Double(cents.count)
    #expect(abs(average / Double(mean * 100) - 1) < 0.01)
    // Skewed to the right: the median lies below the mean.
    #expect(Double(cents.sorted()[cents.count / 2]) < average)
  }

  @Test func tierSharesAreExactWhereTheyDivide() {
    #expect(CustomerTier.counts(of: 1000) == [600, 250, 100, 50])
    #expect(CustomerTier.counts(of: 1) == [1, 0, 0, 0])
    #expect(CustomerTier.counts(of: 7).reduce(0, +) == 7)
  }

  @Test func apportionmentAddsUpWhateverTheWeights() {
    #expect(apportion(10, by: [1, 1, 1]) == [4, 3, 3])
    #expect(apportion(0, by: [5, 1]) == [0, 0])
    #expect(apportion(1_000_000_000_000, by: [3, 3, 1]).reduce(0, +) == 1_000_000_000_000)
  }

  @Test func customerRiskIsTheTiersBaseAndADeviationClamped() {
    #expect(CustomerTier.allCases.map(\.baseRiskHundredths) == [2000, 1500, 1000, 500])
    #expect(RiskRules.customerScore(tier: .basic, deviationHundredths: 125) == 2125)
    #expect(RiskRules.customerScore(tier: .enterprise, deviationHundredths: -900) == 0)
    #expect(RiskRules.customerScore(tier: .basic, deviationHundredths: 9000) == 10_000)
  }

  @Test func transactionRiskAddsAmountCustomerAndType() {
    let limit = Money(cents: 1_000_000)
    func base(_ amount: Money, _ score: Int, _ type: TransactionType) -> Int {
      RiskRules.transactionBase(amount: amount, customerScoreHundredths: score, type: type)
    }
    #expect(base(limit, 5000, .purchase) == 0)
    #expect(base(limit + Money(cents: 1), 5000, .purchase) == 2000)
    #expect(base(limit, 5001, .purchase) == 1000)
    #expect(base(limit + Money(cents: 1), 5001, .wireTransfer) == 4500)
  }

  @Test func chanceAddsUpTo20AndAnAnomaly30To70MoreCappedAt100() {
    var random = SeededRandom(seed: 4)
    let plain = (0..<20_000).map { _ in RiskRules.transactionScore(base: 4500, isAnomalous: false, &random) }
    #expect(plain.min()! >= 4500 && plain.max()! <= 6500)
    let anomalous = (0..<20_000).map { _ in RiskRules.transactionScore(base: 4500, isAnomalous: true, &random) }
    #expect(anomalous.min()! >= 7500 && anomalous.max()! == 10_000)
  }

  @Test func levelsBeginAboveTheirThresholds() {
    #expect(RiskLevel(scoreHundredths: 3000) == .low)
    #expect(RiskLevel(scoreHundredths: 3001) == .medium)
    #expect(RiskLevel(scoreHundredths: 6000) == .medium)
    #expect(RiskLevel(scoreHundredths: 6001) == .high)
    #expect(RiskLevel(scoreHundredths: 8000) == .high)
    #expect(RiskLevel(scoreHundredths: 8001) == .critical)
  }

  @Test func flagsFollowAmountRiskAndChance() {
    var random = SeededRandom(seed: 5)
    func draw(_ cents: Int64, _ risk: Int) -> [ComplianceFlags] {
      (0..<20_000).map { _ in ComplianceFlags.draw(amount: Money(cents: cents), riskHundredths: risk, &random) }
    }
    func share(_ flags: [ComplianceFlags], _ flag: ComplianceFlags) -> Double {
      Double(flags.count { $0.contains(flag) }) / Double(flags.count)
    }
    let small = draw(300_000, 7000)
    #expect(share(small, .highValue) == 0 && share(small, .highRisk) == 0 && share(small, .structuringSuspected) == 0)
    #expect(abs(share(small, .sanctionsCheckRequired) - 0.05) < 0.01)
    let middle = draw(300_001, 7001)
    #expect(share(middle, .highRisk) == 1 && share(middle, .highValue) == 0)
    #expect(abs(share(middle, .structuringSuspected) - 0.2) < 0.02)
    #expect(share(draw(1_000_001, 0), .highValue) == 1)
  }

  @Test func alertsHaveWeightedSeverityAndOneToThreeRules() {
    var random = SeededRandom(seed: 6)
    let alerts = (0..<20_000).map { _ in FraudAlert(for: nil, &random) }
    for (level, weight) in zip(RiskLevel.allCases, [0.1, 0.3, 0.4, 0.2]) {
      #expect(abs(Double(alerts.count { $0.severity == level }) / 20_000 - weight) < 0.015)
    }
    #expect(alerts.allSatisfy { (1...3).contains($0.rules.count) && Set($0.rules).count == $0.rules.count })
    #expect(alerts.allSatisfy { $0.rules.allSatisfy { (100...999).contains($0) } })
    #expect(alerts.allSatisfy { (500...1000).contains($0.confidenceThousandths) })
    #expect(Set(alerts.map(\.type)).count == AlertType.allCases.count)
  }

  @Test func hoursShapeTheRateWithinTheirRanges() {
    let shape = RateShape(seed: 7, zone: .utc, isConstant: false)
    for localHour in Int64(480_000)..<480_480 {
      let hour = ZoneOffsets.hourOfDay(localHour)
      let factor = shape.factor(localHour: localHour)
      switch hour {
      case 9...17: #expect(factor >= 1.5 && factor < 2.0)
      case 18...22: #expect(factor >= 1.2 && factor < 1.8)
      case 6...8: #expect(factor >= 0.8 && factor < 1.2)
      default: #expect(factor >= 0.2 && factor < 0.5)
      }
    }
    #expect(RateShape(seed: 7, zone: .utc, isConstant: true).factor(localHour: 3) == 1)
  }

  @Test func localHourFollowsTheZonesChanges() {
    // Berlin, 2025-03-30: an hour is left out at 01:00 UTC.
    let berlin = ZoneOffsets(changes: [
      .init(fromUnixSecond: 1_743_292_800, offsetSeconds: 3600),
      .init(fromUnixSecond: 1_743_296_400, offsetSeconds: 7200),
    ])
    let before = SimulatedTime("2025-03-30T00:59:59Z")!
    let after = SimulatedTime("2025-03-30T01:00:00Z")!
    #expect(ZoneOffsets.hourOfDay(berlin.localHour(at: before)) == 1)
    #expect(ZoneOffsets.hourOfDay(berlin.localHour(at: after)) == 3)
    #expect(berlin.localDay(at: SimulatedTime("2025-03-30T22:30:00Z")!) == berlin.localDay(at: after) + 1)
  }

  @Test func timestampsAreReadInAllForms() {
    #expect(SimulatedTime("2025-03-10")?.description == "2025-03-10T00:00:00.000000Z")
    #expect(SimulatedTime("2025-03-10 08:00")?.description == "2025-03-10T08:00:00.000000Z")
    #expect(SimulatedTime("2025-03-10T08:00:00.5+01:00")?.description == "2025-03-10T07:00:00.500000Z")
    #expect(SimulatedTime("1969-12-31T23:59:59.999999Z")?.unixMicroseconds == -1)
    for wrong in ["", "2025", "2025-02-30", "2025-03-10T25:00", "2025-03-10T08:00:00Zx", "2025-13-01"] {
      #expect(SimulatedTime(wrong) == nil)
    }
  }

  @Test func durationsAreReadInAllForms() {
    #expect(DurationText.seconds("90") == 90)
    #expect(DurationText.seconds("1h30m") == 5400)
    #expect(DurationText.seconds("250ms") == 0.25)
    for wrong in ["", "s", "5x", "-3s", "0"] { #expect(DurationText.seconds(wrong) == nil) }
  }

  @Test func moneyPrintsAllDecimals() {
    #expect(Money(cents: 5).description == "0.05")
    #expect(Money(cents: -123_450).description == "-1234.50")
  }

  @Test func idsAreOfVersionSevenAndCarryTheTime() {
    var random = SeededRandom(seed: 8)
    let id = RowID(at: SimulatedTime(unixMicroseconds: 0x0123_4567_89AB * 1000 + 999), random: &random).description
    #expect(id.hasPrefix("01234567-89ab-7"))
    #expect("89ab".contains(id[id.index(id.startIndex, offsetBy: 19)]))
    #expect(id.count == 36)
  }

  @Test func dueQueueKeepsTimeAndOrderOfArrival() {
    var queue = DueQueue<Int>()
    var random = SeededRandom(seed: 9)
    let times = (0..<500).map { _ in Int64(random.below(50)) }
    for (number, time) in times.enumerated() { queue.add(number, due: SimulatedTime(unixMicroseconds: time)) }
    var out: [Int] = []
    while let next = queue.removeNext() { out.append(next.element) }
    #expect(out == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
  }

  @Test func textsOfTheTablesNeedNoEscapingInJSON() {
    let texts =
      City.all.map(\.name) + MerchantKind.ownNames + MerchantKind.all.flatMap(\.nouns)
      + Country.all.flatMap { $0.names.first + $0.names.last + $0.names.streets }
      + AlertType.allCases.flatMap { [$0.text, $0.explanation] }
    for text in texts {
      #expect(!text.description.unicodeScalars.contains { $0 == "\"" || $0 == "\\" || $0.value < 32 })
    }
    #expect(City.byCountry.allSatisfy { !$0.isEmpty })
  }
}
