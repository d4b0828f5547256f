import Primitives

/// Dates and times in binary: days or microseconds from 2000-01-01, whose ends are the infinities.
/// Source: PostgreSQL source, `datetime.c`, `EncodeDateOnly`, `EncodeTimeOnly` and `EncodeDateTime`.
enum BinaryTime {
  private static let microsecondsPerDay: Int64 = 86_400_000_000
  /// Of 2000-01-01.
  private static let epochDays: Int64 = 10_957

  static func writeDate(_ days: Int32, into out: inout ByteWriter) {
    if days == .max { return out.append("infinity") }
    if days == .min { return out.append("-infinity") }
    if writeDay(Int64(days), into: &out) { out.append(" BC") }
  }

  static func writeTime(_ microseconds: Int64, into out: inout ByteWriter) throws(DecodeError) {
    // 24:00:00 is one.
    guard microseconds >= 0, microseconds <= microsecondsPerDay else {
      throw .invalidLength(Int(clamping: microseconds), at: 0)
    }
    writeClock(microseconds, into: &out)
  }

  /// - Parameter zone: behind the time of day.
  static func writeTimestamp(_ microseconds: Int64, zone: StaticString, into out: inout ByteWriter) {
    if microseconds == .max { return out.append("infinity") }
    if microseconds == .min { return out.append("-infinity") }
    var (days, rest) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerDay)
    if rest < 0 {
      days -= 1
      rest += microsecondsPerDay
    }
    let isBeforeChrist = writeDay(days, into: &out)
    out.append(UInt8(ascii: " "))
    writeClock(rest, into: &out)
    out.append(zone)
    if isBeforeChrist { out.append(" BC") }
  }

  /// Returns whether ` BC` is to stand at the end.
  private static func writeDay(_ days: Int64, into out: inout ByteWriter) -> Bool {
    let (year, month, day) = CivilDate.parts(epochDays: days + epochDays)
    // There is no year 0 in print.
    let shown = year > 0 ? year : 1 - year
    if shown < 10_000 { out.append(fourDigits: Int(shown)) } else { out.append(decimal: shown) }
    out.append(UInt8(ascii: "-"))
    out.append(twoDigits: Int(month))
    out.append(UInt8(ascii: "-"))
    out.append(twoDigits: Int(day))
    return year <= 0
  }

  private static func writeClock(_ microseconds: Int64, into out: inout ByteWriter) {
    let (second, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    out.append(twoDigits: Int(second / 3_600))
    out.append(UInt8(ascii: ":"))
    out.append(twoDigits: Int(second / 60 % 60))
    out.append(UInt8(ascii: ":"))
    out.append(twoDigits: Int(second % 60))
    ClockText.writeShortestFraction(fraction, into: &out)
  }
}
