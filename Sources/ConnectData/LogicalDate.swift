import Primitives

/// The logical types of Connect whose Java value is a `java.util.Date`: milliseconds since 1970.
public enum LogicalDate {
  public static func milliseconds(_ value: ConnectValue, _ schema: ConnectSchema) -> Int64? {
    switch (schema.name, value) {
    case ("org.apache.kafka.connect.data.Date", .int32(let days)): Int64(days) * 86_400_000
    case ("org.apache.kafka.connect.data.Time", .int32(let milliseconds)): Int64(milliseconds)
    case ("org.apache.kafka.connect.data.Timestamp", .int64(let milliseconds)): milliseconds
    default: nil
    }
  }

  /// As `Values.convertToString`, which looks at the value and not at the type: less than a day after 1970 is a time,
  /// whole days are a date, the rest a timestamp.
  public static func writeISO(_ milliseconds: Int64, into out: inout ByteWriter) {
    let (days, inDay) = split(milliseconds)
    if milliseconds >= 86_400_000 {
      // Dates here are after 1970; Java prints years beyond 9999 without a sign.
      let (year, month, day) = CivilDate.parts(epochDays: days)
      out.append(decimal: UInt64(year), width: 4)
      out.append(UInt8(ascii: "-"))
      out.append(decimal: UInt64(month), width: 2)
      out.append(UInt8(ascii: "-"))
      out.append(decimal: UInt64(day), width: 2)
      if inDay == 0 { return }
      out.append(UInt8(ascii: "T"))
    }
    ClockText.writeSeconds(inDay / 1000, into: &out)
    out.append(UInt8(ascii: "."))
    out.append(decimal: UInt64(inDay % 1000), width: 3)
    out.append(UInt8(ascii: "Z"))
  }

  /// As `java.util.Date.toString` in UTC: `Tue Jan 02 03:04:05 UTC 2024`, in the Julian calendar before 1582-10-15.
  public static func writeJava(_ milliseconds: Int64, into out: inout ByteWriter) {
    let (days, inDay) = split(milliseconds)
    let weekdays: [StaticString] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months: [StaticString] = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let weekday = days % 7
    out.append(weekdays[Int(weekday < 0 ? weekday + 7 : weekday)])
    let date = GregorianCalendar.parts(epochDays: days)
    out.append(UInt8(ascii: " "))
    out.append(months[Int(date.month - 1)])
    out.append(UInt8(ascii: " "))
    out.append(decimal: UInt64(date.day), width: 2)
    out.append(UInt8(ascii: " "))
    ClockText.writeSeconds(inDay / 1000, into: &out)
    out.append(" UTC ")
    // The year of the era: 1 BC prints as 1.
    out.append(decimal: date.year > 0 ? date.year : 1 - date.year)
  }

  private static func split(_ milliseconds: Int64) -> (days: Int64, inDay: Int64) {
    let rest = milliseconds % 86_400_000
    let inDay = rest < 0 ? rest + 86_400_000 : rest
    // The subtraction cannot overflow: only numbers far from the ends come with a rest added.
    return ((milliseconds / 86_400_000) - (rest < 0 ? 1 : 0), inDay)
  }
}
