/// Dates as `java.util.GregorianCalendar` has them, and with it `Date.toString` and `SimpleDateFormat`: of the Julian
/// calendar before 1582-10-15, of the Gregorian from then on.
public enum GregorianCalendar {
  /// 1582-10-15, the first day of the Gregorian calendar, in days from 1970-01-01.
  private static var firstGregorianDay: Int64 { -141_427 }

  /// The year is astronomical: 1 BC is 0.
  public static func parts(epochDays: Int64) -> (year: Int64, month: Int64, day: Int64) {
    if epochDays >= firstGregorianDay { return CivilDate.parts(epochDays: epochDays) }
    // Days from 0000-03-01 of the Julian calendar, in cycles of four years.
    let days = epochDays + 719_470
    let cycle = (days >= 0 ? days : days - 1460) / 1461
    let inCycle = days - cycle * 1461
    let yearOfCycle = (inCycle - inCycle / 1460) / 365
    let dayOfYear = inCycle - yearOfCycle * 365
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (cycle * 4 + yearOfCycle + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// Days from 1970-01-01 of the first of a month, which may lie outside 1 to 12, as a lenient calendar counts on.
  public static func epochDays(year: Int64, month: Int64) -> Int64 {
    let months = year * 12 + month - 1
    let year = months >= 0 ? months / 12 : (months - 11) / 12
    let month = months - year * 12 + 1
    if year * 12 + month > 1582 * 12 + 10 { return CivilDate.epochDays(year: year, month: month, day: 1) }
    let shifted = month <= 2 ? year - 1 : year
    let cycle = (shifted >= 0 ? shifted : shifted - 3) / 4
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    return cycle * 1461 + (shifted - cycle * 4) * 365 + dayOfYear - 719_470
  }

  /// Days from 1970-01-01. The day may lie outside its month.
  public static func epochDays(year: Int64, month: Int64, day: Int64) -> Int64 {
    let days = epochDays(year: year, month: month) + day - 1
    guard year == 1582, month == 10 else { return days }
    // The month that lost the days from 5 to 14: Java takes the Gregorian reading from the 15th on.
    let gregorian = CivilDate.epochDays(year: year, month: month, day: 1) + day - 1
    return gregorian >= firstGregorianDay ? gregorian : days
  }
}
