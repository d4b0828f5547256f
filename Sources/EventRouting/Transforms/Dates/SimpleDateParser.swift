import Primitives

extension SimpleDateFormat {
  /// Milliseconds since 1970 of a text, read leniently: fields out of range count on, what follows is passed over.
  /// `nil` where the text does not match the pattern. A year of two digits is the one from 80 years before `now` on.
  public func milliseconds(of text: String, now: Int64) -> Int64? {
    var parser = SimpleDateParser(text: Array(text.utf16), now: now)
    for (index, element) in elements.enumerated() {
      switch element {
      case .literal(let literal): guard parser.take(literal) else { return nil }
      case .field(let field, let count):
        // Digits that the next field's digits follow without anything between are counted.
        var isCounted = false
        if index + 1 < elements.count, case .field(let next, let nextCount) = elements[index + 1] {
          isCounted = next.isNumber(count: nextCount)
        }
        guard parser.take(field, count: count, isCounted: isCounted) else { return nil }
      }
    }
    return parser.milliseconds
  }
}

extension SimpleDateFormat.Field {
  fileprivate func isNumber(count: Int) -> Bool {
    switch self {
    case .month, .standaloneMonth: count <= 2
    case .year, .day, .dayOfYear, .weekdayNumber, .hour, .hourFrom1, .halfDayHour, .halfDayHourFrom1, .minute,
      .second, .millisecond:
      true
    case .era, .weekday, .halfDay, .zoneName, .zoneOffset, .isoZone: false
    }
  }
}

/// One text being read, and the calendar fields it has set so far. Source: `SimpleDateFormat.subParse` and
/// `GregorianCalendar.computeTime` of Java 17.
private struct SimpleDateParser {
  private let text: [UInt16]
  private var at = 0
  private let now: Int64

  private var year: Int64?
  private var isBeforeChrist = false
  private var isCenturyGuessed = false
  private var month: Int64 = 0
  private var day: Int64 = 1
  private var dayOfYear: Int64?
  private var hour: Int64 = 0
  private var halfDayHour: Int64?
  private var halfDay: Int64?
  /// Of `hour` and of `halfDayHour`, whichever was set last counts.
  private var usesHalfDay = false
  private var minute: Int64 = 0
  private var second: Int64 = 0
  private var millisecond: Int64 = 0
  private var offsetMinutes: Int64 = 0

  init(text: [UInt16], now: Int64) {
    self.text = text
    self.now = now
  }

  mutating func take(_ literal: String) -> Bool {
    let units = Array(literal.utf16)
    guard text.count - at >= units.count, Array(text[at..<(at + units.count)]) == units else { return false }
    at += units.count
    return true
  }

  mutating func take(_ field: SimpleDateFormat.Field, count: Int, isCounted: Bool) -> Bool {
    let start = at
    while at < text.count, text[at] == 0x20 || text[at] == 0x09 { at += 1 }
    guard at < text.count else { return false }
    switch field {
    case .era:
      guard let index = takeName(["BC", "AD"]) else { return false }
      isBeforeChrist = index == 0
      return true
    case .month where count > 2, .standaloneMonth where count > 2:
      guard let index = takeName(EnglishDates.months) ?? takeName(EnglishDates.shortMonths) else { return false }
      month = Int64(index)
      return true
    case .weekday:
      // It does not decide anything beside a day.
      return takeName(EnglishDates.weekdays) != nil || takeName(EnglishDates.shortWeekdays) != nil
    case .halfDay:
      guard let index = takeName(["AM", "PM"]) else { return false }
      halfDay = Int64(index)
      usesHalfDay = true
      return true
    case .zoneName, .zoneOffset: return takeZone()
    case .isoZone: return takeISOZone(count)
    default: return takeNumber(field, count: count, end: isCounted ? start + count : nil)
    }
  }

  /// Index of the name that comes next, upper and lower case alike.
  private mutating func takeName(_ names: [String]) -> Int? {
    for (index, name) in names.enumerated() {
      let count = name.utf16.count
      guard text.count - at >= count else { continue }
      if String(decoding: text[at..<(at + count)], as: UTF16.self).lowercased() == name.lowercased() {
        at += count
        return index
      }
    }
    return nil
  }

  private mutating func takeNumber(_ field: SimpleDateFormat.Field, count: Int, end: Int?) -> Bool {
    if let end, end > text.count { return false }
    let limit = end ?? text.count
    let start = at
    let isNegative = at < limit && text[at] == UInt16(UInt8(ascii: "-"))
    if isNegative { at += 1 }
    var value: Int64 = 0
    let digitsStart = at
    while at < limit, let digit = digit(at) {
      // What does not fit is cut to 32 bits in Java; no such number is a date.
      value = value < 1_000_000_000_000 ? value * 10 + digit : value
      at += 1
    }
    guard at > digitsStart else { return false }
    if isNegative { value = -value }
    value = Int64(Int32(truncatingIfNeeded: value))
    switch field {
    case .year:
      if count <= 2, at - start == 2, !isNegative {
        value = yearOfTwoDigits(value)
      }
      year = value
    case .month, .standaloneMonth: month = value - 1
    case .day:
      day = value
      dayOfYear = nil
    case .dayOfYear: dayOfYear = value
    case .hour, .hourFrom1:
      hour = field == .hourFrom1 && value == 24 ? 0 : value
      usesHalfDay = false
    case .halfDayHour, .halfDayHourFrom1:
      halfDayHour = field == .halfDayHourFrom1 && value == 12 ? 0 : value
      usesHalfDay = true
    case .minute: minute = value
    case .second: second = value
    case .millisecond: millisecond = value
    default: break
    }
    return true
  }

  private func digit(_ index: Int) -> Int64? {
    guard index < text.count else { return nil }
    let digit = text[index] &- UInt16(UInt8(ascii: "0"))
    return digit < 10 ? Int64(digit) : nil
  }

  /// `now` less 80 years, in whole years of its date.
  private var centuryStart: (year: Int64, milliseconds: Int64) {
    let days = floorDiv(now, 86_400_000)
    let today = GregorianCalendar.parts(epochDays: days)
    let lastDay = CivilDate.daysInMonth(today.month, year: today.year - 80)
    let start = GregorianCalendar.epochDays(
      year: today.year - 80, month: today.month, day: min(today.day, lastDay))
    return (today.year - 80, start * 86_400_000 + floorMod(now, 86_400_000))
  }

  private mutating func yearOfTwoDigits(_ value: Int64) -> Int64 {
    let start = centuryStart.year
    isCenturyGuessed = value == start % 100
    return value + start / 100 * 100 + (value < start % 100 ? 100 : 0)
  }

  // MARK: Zones

  /// `+hhmm`, `GMT`, `GMT+hh:mm` or `UTC`; other names of zones are not known here.
  private mutating func takeZone() -> Bool {
    if let sign = takeSign() { return takeOffset(sign, count: 0, hasColon: false) }
    if takeName(["GMT"]) != nil {
      guard let sign = takeSign() else {
        offsetMinutes = 0
        return true
      }
      return takeOffset(sign, count: 0, hasColon: true)
    }
    guard takeName(["UTC", "Coordinated Universal Time", "Greenwich Mean Time"]) != nil else { return false }
    offsetMinutes = 0
    return true
  }

  private mutating func takeISOZone(_ count: Int) -> Bool {
    if text[at] == UInt16(UInt8(ascii: "Z")) {
      at += 1
      offsetMinutes = 0
      return true
    }
    guard let sign = takeSign() else { return false }
    return takeOffset(sign, count: count, hasColon: count == 3)
  }

  private mutating func takeSign() -> Int64? {
    guard at < text.count else { return nil }
    switch text[at] {
    case UInt16(UInt8(ascii: "+")):
      at += 1
      return 1
    case UInt16(UInt8(ascii: "-")):
      at += 1
      return -1
    default: return nil
    }
  }

  private mutating func takeOffset(_ sign: Int64, count: Int, hasColon: Bool) -> Bool {
    guard var hours = digit(at) else { return false }
    at += 1
    if let second = digit(at) {
      hours = hours * 10 + second
      at += 1
    } else if count > 0 || !hasColon {
      return false
    }
    var minutes: Int64 = 0
    if count != 1 {
      if hasColon {
        guard at < text.count, text[at] == UInt16(UInt8(ascii: ":")) else { return false }
        at += 1
      }
      guard let first = digit(at), let second = digit(at + 1) else { return false }
      minutes = first * 10 + second
      at += 2
    }
    guard hours <= 23, minutes <= 59 else { return false }
    offsetMinutes = sign * (hours * 60 + minutes)
    return true
  }

  // MARK: Result

  var milliseconds: Int64 {
    let value = milliseconds(year: year ?? 1970)
    // The year on which the century turns may lie on its other side.
    if isCenturyGuessed, let year, value < centuryStart.milliseconds { return milliseconds(year: year + 100) }
    return value
  }

  private func milliseconds(year: Int64) -> Int64 {
    let astronomical = isBeforeChrist ? 1 - year : year
    let days =
      if let dayOfYear {
        GregorianCalendar.epochDays(year: astronomical, month: 1) + dayOfYear - 1
      } else {
        GregorianCalendar.epochDays(year: astronomical, month: month + 1, day: day)
      }
    let hours = usesHalfDay ? (halfDayHour ?? 0) + 12 * (halfDay ?? 0) : hour
    let minutes = hours * 60 + minute - offsetMinutes
    // Each part is of 32 bits but the days, which a year far off takes beyond the range: Java's sum wraps too.
    return days &* 86_400_000 &+ (minutes * 60_000 + second * 1000 + millisecond)
  }
}
