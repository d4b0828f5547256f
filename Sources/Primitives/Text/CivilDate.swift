/// Days of the proleptic Gregorian calendar, in which both PostgreSQL and Java count, with a year 0 before year 1.
public enum CivilDate {
  /// Days from 1970-01-01. The year is astronomical: 1 BC is 0.
  @inlinable public static func epochDays(year: Int64, month: Int64, day: Int64) -> Int64 {
    // Years begin in March, so that the leap day is the last of a year; eras of 400 years repeat exactly.
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  @inlinable public static func parts(epochDays: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let days = epochDays + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  @inlinable public static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// `2024-02-29`, as Java's `DateTimeFormatter.ISO_LOCAL_DATE`: a sign where the year is beyond 9999 or below 0.
  @inlinable public static func write(epochDays: Int64, into out: inout ByteWriter) {
    let (year, month, day) = parts(epochDays: epochDays)
    if year < 0 { out.append(UInt8(ascii: "-")) }
    if year > 9999 { out.append(UInt8(ascii: "+")) }
    out.append(decimal: year.magnitude, width: 4)
    out.append(UInt8(ascii: "-"))
    out.append(decimal: UInt64(month), width: 2)
    out.append(UInt8(ascii: "-"))
    out.append(decimal: UInt64(day), width: 2)
  }
}
