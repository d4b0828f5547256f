import Testing

@testable import TerminalScreens

struct FigureTextTests {
  @Test func countsAreGroupedByThousands() {
    #expect(FigureText.grouped(0) == "0")
    #expect(FigureText.grouped(999) == "999")
    #expect(FigureText.grouped(1_234_567) == "1,234,567")
    #expect(FigureText.grouped(-1_000) == "-1,000")
    #expect(FigureText.grouped(UInt64.max) == "18,446,744,073,709,551,615")
  }

  @Test func nounsFollowTheirCount() {
    #expect(FigureText.counted(1, "anomaly") == "1 anomaly")
    #expect(FigureText.counted(0, "anomaly") == "0 anomalies")
    #expect(FigureText.counted(1_200, "alert") == "1,200 alerts")
  }

  @Test func shortCountsKeepTheirMagnitude() {
    let texts = [0, 0.46, 9.94, 9.96, 412.4, 9_999, 10_400, 999_600, 12_340_000].map { FigureText.short($0) }
    #expect(texts == ["0", "0.5", "9.9", "10", "412", "9,999", "10 k", "1.0 M", "12.3 M"])
    #expect(FigureText.short(.infinity) == "many")
  }

  @Test func byteCountsTakeTheNextUnitFromAThousandOn() {
    let texts = [0, 999, 1_000, 9_960, 999_400, 999_600, 1_500_000_000].map { FigureText.bytes(UInt64($0)) }
    #expect(texts == ["0 B", "999 B", "1.0 kB", "10 kB", "999 kB", "1.0 MB", "1.5 GB"])
    #expect(FigureText.bytes(.max).hasSuffix("PB"))
  }

  @Test func latenciesAreInTheUnitThatReadsBest() {
    let texts = [0, 840, 9_960, 250_000, 1_400_000, 65_000_000].map { FigureText.latency(microseconds: UInt64($0)) }
    #expect(texts == ["0.0 ms", "0.8 ms", "10 ms", "250 ms", "1.4 s", "1m 05s"])
  }

  @Test func durationsShowHoursOnlyWhenThereAreSome() {
    let texts = [0.9, 59.9, 65, 3_600, 7_209, -3].map { FigureText.duration(seconds: $0) }
    #expect(texts == ["0s", "59s", "1m 05s", "1h 00m 00s", "2h 00m 09s", "0s"])
  }

  @Test func timeOfDayFollowsTheZoneAndNeverTraps() {
    #expect(FigureText.timeOfDay(unixMilliseconds: 1_741_597_267_123, offsetSeconds: 0) == "09:01:07")
    #expect(
      FigureText.timeOfDay(unixMilliseconds: 1_741_597_267_123, offsetSeconds: 3_600, withMilliseconds: true)
        == "10:01:07.123")
    #expect(FigureText.timeOfDay(unixMilliseconds: -1, offsetSeconds: 0, withMilliseconds: true) == "23:59:59.999")
    for extreme in [Int64.min, .max] {
      #expect(FigureText.timeOfDay(unixMilliseconds: extreme, offsetSeconds: 50_400).count == 8)
      #expect(FigureText.timeOfDay(unixMilliseconds: extreme, offsetSeconds: -50_400).count == 8)
    }
  }
}
