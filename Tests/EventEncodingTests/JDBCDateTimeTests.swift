import ConnectData
import Primitives
import Testing

@testable import EventEncoding

/// Expected values are Debezium's, of arrays and of dates in a snapshot.
@Suite struct JDBCDateTimeTests {
  private func value(_ form: ValueForm, _ text: String) throws -> String {
    let bytes = Array(text.utf8)
    var out = ByteWriter()
    guard try unsafe form.writeJSON(bytes.span.bytes, .base64, into: &out) else { return "null" }
    return String(decoding: out.copiedBytes, as: UTF8.self)
  }

  @Test func datesLoseTheirEra() throws {
    #expect(try value(.jdbcDate(.epochDays), "0044-03-15 BC") == "-703383")
    #expect(try value(.jdbcDate(.epochDays), "4713-01-01 BC") == "1001860")
    #expect(
      try value(.jdbcZonedTimestamp(fractionDigits: 6), "0044-03-15 00:00:00+00 BC")
        == "\"0044-03-15T00:00:00.000000Z\"")
  }

  @Test func theDayThatIsInNoYearOfTheEraIsAnError() {
    #expect(throws: ConversionError.self) { try value(.jdbcDate(.epochDays), "0001-02-29 BC") }
  }

  @Test func daysThatTheCalendarLeftOutComeTenDaysLater() throws {
    #expect(try value(.jdbcDate(.epochDays), "1582-10-10") == "-141422")
    #expect(try value(.jdbcDate(.epochDays), "1582-10-15") == "-141427")
  }

  @Test func infinityIsTheDriversLastDay() throws {
    #expect(try value(.jdbcDate(.epochDays), "infinity") == "-622191234")
    #expect(try value(.jdbcDate(.epochDays), "-infinity") == "-625821272")
    #expect(try value(.jdbcDate(.iso), "-infinity") == "\"+292269055-12-02Z\"")
    #expect(try value(.jdbcZonedTimestamp(fractionDigits: 6), "infinity") == "\"infinity\"")
    #expect(
      try value(.jdbcZonedTimestamp(fractionDigits: 6), "-infinity")
        == "\"+292269055-12-02T23:00:00.000000Z\"")
  }

  @Test func timestampsAreCountedByTheJulianCalendar() throws {
    #expect(try value(.jdbcTimestamp(.microseconds), "1500-01-01 12:00:00") == "-14830948800000000")
    #expect(try value(.jdbcTimestamp(.microseconds), "0044-03-15 00:00:00 BC") == "-63517996800000000")
    #expect(try value(.jdbcTimestamp(.milliseconds), "1582-10-15 00:00:00") == "-12219292800000")
  }

  @Test func timesHaveWholeMilliseconds() throws {
    #expect(try value(.jdbcTime(.microseconds), "12:34:56.789012") == "45296789000")
    #expect(try value(.jdbcTime(.iso), "23:59:59.999999") == "\"23:59:59.999Z\"")
    #expect(try value(.jdbcTime(.milliseconds), "24:00:00") == "0")
  }

  @Test func anIntervalsSecondsAreAFloatingPointSum() throws {
    #expect(try value(.interval(.iso), "1 day 00:00:01.235") == "\"P0Y0M1DT0H0M1.234999999S\"")
    #expect(try value(.interval(.iso), "-00:00:00.5") == "\"P0Y0M0DT0H0M-0.5S\"")
  }

  @Test func aNameIsNullInTheStream() throws {
    let column = ColumnDescription(name: "c", type: TypeDescription(oid: .name, name: "name"))
    #expect(ColumnCodec.make(column, ValueOptions())?.form == .alwaysNull)
    #expect(ColumnCodec.make(column, ValueOptions(), origin: .snapshot)?.form == .text)
    #expect(ColumnCodec.make(column, ValueOptions(includesUnknownDatatypes: true))?.form == .text)
  }

  @Test func vectorsOfIntegersHaveNoElements() throws {
    #expect(try value(.emptyVector, "1 2") == "[]")
    #expect(throws: ConversionError(.noCounterpart, at: 0)) { try value(.emptyVector, "") }
  }
}
