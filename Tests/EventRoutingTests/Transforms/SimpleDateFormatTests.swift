import Testing

@testable import EventRouting

@Suite struct SimpleDateFormatTests {
  @Test(arguments: RecordedDates.formatted.indices) func instantsPrintAsInJava(_ index: Int) throws {
    let (pattern, texts) = RecordedDates.formatted[index]
    let format = try SimpleDateFormat(pattern)
    #expect(RecordedDates.instants.map { format.text(of: $0) } == texts)
  }

  @Test(arguments: RecordedDates.parsed.indices) func textsAreReadAsInJava(_ index: Int) throws {
    let (pattern, text, milliseconds) = RecordedDates.parsed[index]
    #expect(try SimpleDateFormat(pattern).milliseconds(of: text, now: 0) == milliseconds)
  }

  @Test func twoDigitsOfAYearAreTheYearsFrom80YearsAgo() throws {
    let format = try SimpleDateFormat("yy-MM-dd")
    // 2026-11-26; the century begins at 1946-11-26.
    let now: Int64 = 1_795_651_200_000
    #expect(format.milliseconds(of: "46-11-27", now: now) == -728_870_400_000)
    #expect(format.milliseconds(of: "46-11-25", now: now) == 2_426_716_800_000)
    #expect(format.milliseconds(of: "45-01-01", now: now) == 2_366_841_600_000)
    #expect(format.milliseconds(of: "70-01-01", now: now) == 0)
  }

  @Test func noNumberIsTooLarge() throws {
    let format = try SimpleDateFormat("yyyy-MM-dd HH:mm:ss.SSS")
    for milliseconds in [Int64.min, Int64.min + 1, Int64.max] { #expect(!format.text(of: milliseconds).isEmpty) }
    let digits = String(repeating: "9", count: 40)
    #expect(format.milliseconds(of: "\(digits)-\(digits)-\(digits) \(digits):\(digits):\(digits).1", now: 0) != nil)
  }

  @Test func weekBasedAndUnknownLettersAreRefused() {
    for pattern in ["YYYY", "w", "W", "F", "b", "yyyy-MM-dd'T", "XXXX", "T"] {
      #expect(throws: SimpleDateFormat.Refusal.self) { try SimpleDateFormat(pattern) }
    }
  }
}
