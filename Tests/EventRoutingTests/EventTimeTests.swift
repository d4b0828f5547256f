import ConnectData
import EventRouting
import Testing

@Suite struct EventTimeTests {
  private func milliseconds(_ text: String) -> Int64? {
    EventTime(ConnectSchema(.string, name: "io.debezium.time.ZonedTimestamp"))?.milliseconds(of: .text(text))
  }

  @Test(arguments: [
    ("2024-01-02T03:04:05.678901Z", 1_704_164_645_678), ("2024-01-02T03:04:05Z", 1_704_164_645_000),
    ("2024-01-02T03:04:05.6Z", 1_704_164_645_600), ("2024-01-02T03:04:05", 1_704_164_645_000),
    ("2024-01-02T05:04:05+02:00", 1_704_164_645_000), ("1969-12-31T23:59:59.998Z", -2),
    ("+12024-01-02T00:00:00Z", 317_273_673_600_000 as Int64),
  ])
  func isoTextIsRead(text: String, expected: Int64) { #expect(milliseconds(text) == expected) }

  @Test(arguments: ["infinity", "-infinity", "", "2024-01-02", "2024-13-02T03:04:05Z", "2024-02-30T03:04:05Z", "x"])
  func otherTextNamesNoMoment(text: String) { #expect(milliseconds(text) == nil) }

  @Test func numbersAreRoundedDown() {
    let micro = EventTime(ConnectSchema(.int64, name: "io.debezium.time.MicroTimestamp"))
    #expect(micro?.milliseconds(of: .int64(1_999)) == 1 && micro?.milliseconds(of: .int64(-1)) == -1)
    #expect(EventTime(ConnectSchema(.int64))?.milliseconds(of: .int64(5)) == 5)
    #expect(EventTime(ConnectSchema(.int32, name: "io.debezium.time.Date"))?.milliseconds(of: .int32(2)) == 172_800_000)
    #expect(EventTime(ConnectSchema(.int32)) == nil && EventTime(ConnectSchema(.string)) == nil)
    #expect(EventTime(ConnectSchema(.int64, name: "io.debezium.time.MicroTime")) == nil)
  }
}
