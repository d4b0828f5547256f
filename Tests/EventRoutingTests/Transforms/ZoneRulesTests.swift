import Testing

@testable import EventRouting

@Suite struct ZoneRulesTests {
  // MARK: A zone file

  private func bigEndian(_ value: Int64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
  }

  /// Local mean time of 1,000 s until 1900-01-01, then an hour, two hours from 2000-01-01; summer time by a rule.
  private var file: [UInt8] {
    func header(types: Int64, transitions: Int64, characters: Int64) -> [UInt8] {
      Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + bigEndian(0, 12) + bigEndian(transitions, 4)
        + bigEndian(types, 4) + bigEndian(characters, 4)
    }
    var file = header(types: 1, transitions: 0, characters: 1) + bigEndian(0, 6) + [0]
    file += header(types: 3, transitions: 2, characters: 4)
    file += bigEndian(-2_208_988_800, 8) + bigEndian(946_684_800, 8) + [1, 2]
    for offset: Int64 in [1000, 3600, 7200] { file += bigEndian(offset, 4) + [0, 0] }
    file += Array("LMT\0".utf8) + Array("\nEET-2EEST,M3.5.0/3,M10.5.0/4\n".utf8)
    return file
  }

  @Test func offsetsFollowTransitionsAndThenTheRule() throws {
    let rules = try ZoneFile.rules(of: file)
    #expect(rules.offset(at: -3_000_000_000) == 1000)
    #expect(rules.offset(at: -2_208_988_800) == 3600)
    #expect(rules.offset(at: 946_684_800) == 7200)
    // 2024-07-01 and 2024-12-01, and thousands of years on.
    #expect(rules.offset(at: 1_719_792_000) == 10_800)
    #expect(rules.offset(at: 1_733_011_200) == 7200)
    #expect(rules.offset(at: 93_784_694_400) == 10_800 || rules.offset(at: 93_784_694_400) == 7200)
  }

  @Test func inAGapAndInAnOverlapTheOldOffsetHolds() throws {
    let rules = try ZoneFile.rules(of: file)
    // 2024-03-31: 03:00 becomes 04:00. 2024-10-27: 04:00 becomes 03:00.
    let march: Int64 = 1_711_843_200
    #expect(rules.offset(atLocal: march + 3 * 3600 - 1) == 7200)
    #expect(rules.offset(atLocal: march + 3 * 3600 + 1800) == 7200)
    #expect(rules.offset(atLocal: march + 4 * 3600) == 10_800)
    let october: Int64 = 1_729_987_200
    #expect(rules.offset(atLocal: october + 3 * 3600 + 1800) == 10_800)
    #expect(rules.offset(atLocal: october + 4 * 3600) == 7200)
  }

  @Test func aFileCutAnywhereIsRefused() {
    let file = file
    for count in 0..<file.count {
      #expect(throws: ZoneFile.Failure.self) { try ZoneFile.rules(of: Array(file[..<count])) }
    }
  }

  @Test func aDamagedFileIsReadOrRefused() {
    for index in file.indices {
      for byte: UInt8 in [0, 0x7F, 0x80, 0xFF] {
        var damaged = file
        damaged[index] = byte
        guard let rules = try? ZoneFile.rules(of: damaged) else { continue }
        for instant in [Int64.min / 4, 0, Int64.max / 4] { _ = rules.offset(at: instant) }
      }
    }
  }

  // MARK: Rules

  private func rule(_ text: String) -> YearlyZoneRule? { YearlyZoneRule(Array(text.utf8)[...]) }

  @Test func daysOfARuleAreCountedInThreeWays() throws {
    let first = try #require(rule("AAA3BBB,J60/0,59/0"))
    #expect(first.standardOffset == -10_800)
    #expect(first.summer?.offset == -7200)
    // J60 is March 1 in every year, 59 is February 29 in a leap year.
    #expect(first.summer?.start.seconds(in: 2024) == 1_709_251_200)
    #expect(first.summer?.end.seconds(in: 2024) == 1_709_164_800)
    let second = try #require(rule("<+0330>-3:30<+0430>,M3.3.4/-2,M9.4.0/26"))
    #expect(second.standardOffset == 12_600)
    #expect(second.summer?.start.seconds(in: 2024) == 1_710_972_000)
    #expect(second.summer?.end.seconds(in: 2024) == 1_727_056_800)
  }

  @Test func otherTextsAreNoRules() {
    for text in ["", "EST", "5", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M1.1.0", "<EST5", "EST5EDT,J0,J1"] {
      #expect(rule(text) == nil)
    }
  }

  @Test func offsetsAreTakenUpTo18Hours() {
    #expect(ZoneRules(offset: "+05:30")?.offset(at: 0) == 19_800)
    #expect(ZoneRules(offset: "-08:00:15")?.offset(at: 0) == -28_815)
    #expect(ZoneRules(offset: "+18:00")?.offset(at: 0) == 64_800)
    for text in ["+18:01", "5:30", "+5:30", "+0530", "UTC", "+01:60", "+01:00:", "+aa:00"] {
      #expect(ZoneRules(offset: text) == nil)
    }
  }

  @Test func aNameCannotLeaveItsFolder() {
    #expect(ZoneName.isValid("America/Argentina/Buenos_Aires"))
    #expect(ZoneName.isValid("Etc/GMT+5"))
    for name in ["", "/etc/passwd", "../x", "a//b", "a/../b", "a b"] { #expect(!ZoneName.isValid(name)) }
  }
}
