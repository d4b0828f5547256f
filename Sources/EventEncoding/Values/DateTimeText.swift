import Primitives

/// Dates and times as PostgreSQL prints them under `DateStyle = ISO`: `[y]yyyy-mm-dd`, `hh:mm:ss[.ffffff]`,
/// `±hh[:mm[:ss]]`, ` BC`, `infinity`. Source: PostgreSQL manual, "Date/Time Output".
struct DateTimeText {
  enum Infinity: Sendable { case positive, negative }

  static func infinity(_ text: RawSpan) -> Infinity? {
    if text.byteCount < 8 { return nil }
    if text.equals("infinity") { return .positive }
    if text.equals("-infinity") { return .negative }
    return nil
  }

  /// A point in time without a zone, or in UTC.
  struct Moment: Equatable {
    /// Since 1970-01-01 00:00:00.
    var seconds: Int64
    /// 0…999,999
    var microseconds: Int64

    var epochDays: Int64 { (seconds - secondOfDay) / 86_400 }
    var secondOfDay: Int64 {
      let rest = seconds % 86_400
      return rest < 0 ? rest + 86_400 : rest
    }

    /// Rounded down, as Java's `Instant.toEpochMilli`.
    var milliseconds: Int64 { seconds * 1000 + microseconds / 1000 }
  }

  /// `2024-02-29[ BC]`, as days from 1970-01-01.
  static func epochDays(_ text: RawSpan) throws(ConversionError) -> Int64 {
    var at = 0
    let date = try date(text, &at)
    let isBC = isBC(text, from: at)
    if isBC { at += 3 }
    guard at == text.byteCount else { throw ConversionError(.malformed, at: at) }
    return try epochDays(date, isBC: isBC)
  }

  /// `2024-02-29 12:34:56.789[+00][ BC]`
  static func moment(_ text: RawSpan, hasZone: Bool) throws(ConversionError) -> Moment {
    var at = 0
    let date = try date(text, &at)
    guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: " ") else { throw ConversionError(.malformed, at: at) }
    at += 1
    let time = try time(text, &at)
    let offset = hasZone ? try zone(text, &at) : 0
    let isBC = isBC(text, from: at)
    if isBC { at += 3 }
    guard at == text.byteCount else { throw ConversionError(.malformed, at: at) }
    let days = try epochDays(date, isBC: isBC)
    return Moment(
      seconds: days * 86_400 + time / 1_000_000 - offset, microseconds: time % 1_000_000)
  }

  /// `12:34:56.789`, as microseconds; `24:00:00` is the end of the day.
  static func microsecondOfDay(_ text: RawSpan) throws(ConversionError) -> Int64 {
    var at = 0
    let time = try time(text, &at)
    guard at == text.byteCount else { throw ConversionError(.malformed, at: at) }
    return time
  }

  /// `12:34:56.789+05:30`, as microseconds of the day in UTC.
  static func utcMicrosecondOfDay(_ text: RawSpan) throws(ConversionError) -> Int64 {
    var at = 0
    let time = try time(text, &at)
    let offset = try zone(text, &at)
    guard at == text.byteCount else { throw ConversionError(.malformed, at: at) }
    let day: Int64 = 86_400_000_000
    let shifted = (time - offset * 1_000_000) % day
    return shifted < 0 ? shifted + day : shifted
  }

  private static func date(
    _ text: RawSpan, _ at: inout Int
  ) throws(ConversionError) -> (year: Int64, month: Int64, day: Int64) {
    let year = try number(text, &at, digits: 4...7)
    try expect(UInt8(ascii: "-"), text, &at)
    let month = try number(text, &at, digits: 2...2)
    try expect(UInt8(ascii: "-"), text, &at)
    let day = try number(text, &at, digits: 2...2)
    return (year, month, day)
  }

  private static func epochDays(
    _ date: (year: Int64, month: Int64, day: Int64), isBC: Bool
  ) throws(ConversionError) -> Int64 {
    let year = isBC ? 1 - date.year : date.year
    guard date.year > 0, (1...12).contains(date.month), date.day >= 1,
      date.day <= CivilDate.daysInMonth(date.month, year: year)
    else { throw ConversionError(.malformed, at: 0) }
    return CivilDate.epochDays(year: year, month: date.month, day: date.day)
  }

  /// Microseconds since midnight.
  private static func time(_ text: RawSpan, _ at: inout Int) throws(ConversionError) -> Int64 {
    let start = at
    let hour = try number(text, &at, digits: 2...2)
    try expect(UInt8(ascii: ":"), text, &at)
    let minute = try number(text, &at, digits: 2...2)
    try expect(UInt8(ascii: ":"), text, &at)
    let second = try number(text, &at, digits: 2...2)
    var fraction: Int64 = 0
    if at < text.byteCount, text.byte(at: at) == UInt8(ascii: ".") {
      at += 1
      let before = at
      fraction = try number(text, &at, digits: 1...6)
      for _ in (at - before)..<6 { fraction *= 10 }
    }
    let total = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    guard minute < 60, second < 60, total <= 86_400_000_000 else { throw ConversionError(.malformed, at: start) }
    return total
  }

  /// Seconds east of UTC.
  private static func zone(_ text: RawSpan, _ at: inout Int) throws(ConversionError) -> Int64 {
    guard at < text.byteCount else { throw ConversionError(.malformed, at: at) }
    let sign = text.byte(at: at)
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { throw ConversionError(.malformed, at: at) }
    at += 1
    var seconds = try number(text, &at, digits: 2...2) * 3600
    var unit: Int64 = 60
    while unit > 0, at < text.byteCount, text.byte(at: at) == UInt8(ascii: ":") {
      at += 1
      seconds += try number(text, &at, digits: 2...2) * unit
      unit /= 60
    }
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }

  @inline(__always)
  private static func expect(_ byte: UInt8, _ text: RawSpan, _ at: inout Int) throws(ConversionError) {
    guard at < text.byteCount, text.byte(at: at) == byte else { throw ConversionError(.malformed, at: at) }
    at += 1
  }

  @inline(__always)
  private static func number(
    _ text: RawSpan, _ at: inout Int, digits: ClosedRange<Int>
  ) throws(ConversionError) -> Int64 {
    let start = at
    var value: Int64 = 0
    while at < text.byteCount, at - start < digits.upperBound {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      if digit >= 10 { break }
      // At most seven digits.
      value = value &* 10 &+ Int64(digit)
      at += 1
    }
    guard at - start >= digits.lowerBound else { throw ConversionError(.malformed, at: at) }
    return value
  }

  private static func isBC(_ text: RawSpan, from at: Int) -> Bool {
    text.byteCount - at == 3 && text.byte(at: at) == UInt8(ascii: " ") && text.byte(at: at + 1) == UInt8(ascii: "B")
      && text.byte(at: at + 2) == UInt8(ascii: "C")
  }
}
