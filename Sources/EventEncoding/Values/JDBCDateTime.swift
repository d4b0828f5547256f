import ConnectData
import Primitives

/// Dates and times that reached Debezium as `java.sql.Date`, `Time` and `Timestamp`: elements of arrays, always, and a
/// `date` that a snapshot read. Those count in the calendar that was in use at the time, Julian before 15 October 1582,
/// and give back their year without its era. Source: pgjdbc 42.7 `TimestampUtils`, Java 17 `java.sql.Date.toLocalDate`.
enum JDBCDateTime {
  /// What pgjdbc takes for infinity, as the day that `toLocalDate` makes of it. The negative one lies before Christ.
  private static let positiveInfinity = CivilDate.epochDays(year: 292_278_994, month: 8, day: 16)
  private static let negativeInfinity = CivilDate.epochDays(year: 292_269_055, month: 12, day: 2)
  /// The time of that day, in UTC.
  private static let negativeInfinitySecondOfDay: Int64 = 23 * 3600

  /// Days from 1970-01-01 of a `date`, as `toLocalDate` has them.
  static func epochDays(_ text: RawSpan) throws(ConversionError) -> Int64 {
    switch DateTimeText.infinity(text) {
    case .positive: return positiveInfinity
    case .negative: return negativeInfinity
    case nil: return try withoutEra(try DateTimeText.epochDays(text))
    }
  }

  /// A `timestamp`, as the instant that its `java.sql.Timestamp` stands for.
  static func moment(_ text: RawSpan) throws(ConversionError) -> DateTimeText.Moment {
    switch DateTimeText.infinity(text) {
    case .positive: return TimestampValue.positiveInfinity
    case .negative: return TimestampValue.negativeInfinity
    case nil: break
    }
    var moment = try DateTimeText.moment(text, hasZone: false)
    let (year, month, day) = CivilDate.parts(epochDays: moment.epochDays)
    if isJulian(year, month, day) {
      moment.seconds += (julianDays(year, month, day) - moment.epochDays) * 86_400
    }
    return moment
  }

  /// A `timestamptz` in UTC, as `toLocalDateTime` has it.
  static func zonedMoment(_ text: RawSpan) throws(ConversionError) -> DateTimeText.Moment {
    if DateTimeText.infinity(text) == .negative {
      return DateTimeText.Moment(
        seconds: negativeInfinity * 86_400 + negativeInfinitySecondOfDay, microseconds: 0)
    }
    var moment = try DateTimeText.moment(text, hasZone: true)
    let days = moment.epochDays
    moment.seconds += (try withoutEra(days) - days) * 86_400
    return moment
  }

  /// The same day and month in the year of the era. The days that the calendar's change left out are read as Julian.
  /// Throws `outOfRange` for 29 February of a year that is no leap year after Christ.
  private static func withoutEra(_ days: Int64) throws(ConversionError) -> Int64 {
    let (year, month, day) = CivilDate.parts(epochDays: days)
    if year > 0 { return isLeftOut(year, month, day) ? days + 10 : days }
    let yearOfEra = 1 - year
    guard day <= CivilDate.daysInMonth(month, year: yearOfEra) else { throw ConversionError(.outOfRange, at: 0) }
    return CivilDate.epochDays(year: yearOfEra, month: month, day: day)
  }

  private static func isJulian(_ year: Int64, _ month: Int64, _ day: Int64) -> Bool {
    (year, month, day) < (1582, 10, 15)
  }

  private static func isLeftOut(_ year: Int64, _ month: Int64, _ day: Int64) -> Bool {
    year == 1582 && month == 10 && (5...14).contains(day)
  }

  /// Days from 1970-01-01 of a date of the Julian calendar; the year is astronomical.
  private static func julianDays(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    // Years begin in March, so that the leap day is the last of a year; cycles of four years repeat exactly.
    let shifted = month <= 2 ? year - 1 : year
    let cycle = (shifted >= 0 ? shifted : shifted - 3) / 4
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return cycle * 1461 + (shifted - cycle * 4) * 365 + dayOfYear - 719_470
  }
}
