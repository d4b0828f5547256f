import Primitives

/// What a zone does each year from its last listed transition on: the `TZ` text at the end of a zone file. Source: RFC
/// 8536, section 3.3, and POSIX, chapter 8.3.
struct YearlyZoneRule: Sendable, Equatable {
  /// When in a year a change comes, in the local time before it.
  struct Change: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      /// 1 to 365, February 29 never counted.
      case julian(Int64)
      /// 0 to 365.
      case zeroBased(Int64)
      /// Month, week (5 is the last), day of the week from Sunday.
      case weekday(month: Int64, week: Int64, day: Int64)
    }

    var day: Day
    var secondOfDay: Int64
  }

  let standardOffset: Int64
  /// `nil`: the zone has one offset all year.
  let summer: (offset: Int64, start: Change, end: Change)?

  static func == (left: YearlyZoneRule, right: YearlyZoneRule) -> Bool {
    left.standardOffset == right.standardOffset && left.summer?.offset == right.summer?.offset
      && left.summer?.start == right.summer?.start && left.summer?.end == right.summer?.end
  }

  /// Those of the year of `seconds` and its neighbours, in order.
  func transitions(around seconds: Int64) -> [ZoneRules.Transition] {
    guard let summer else { return [] }
    let year = CivilDate.parts(epochDays: floorDiv(seconds, 86_400)).year
    var transitions: [ZoneRules.Transition] = []
    for year in (year - 1)...(year + 1) {
      transitions.append(
        ZoneRules.Transition(
          at: summer.start.seconds(in: year) - standardOffset, before: standardOffset, after: summer.offset))
      transitions.append(
        ZoneRules.Transition(
          at: summer.end.seconds(in: year) - summer.offset, before: summer.offset, after: standardOffset))
    }
    return transitions.sorted { $0.at < $1.at }
  }

  // MARK: Reading

  /// `EST5EDT,M3.2.0,M11.1.0`; `nil` for what is no such text.
  init?(_ text: ArraySlice<UInt8>) {
    var reader = Reader(rest: text)
    guard reader.takeName(), let offset = reader.takeOffset() else { return nil }
    standardOffset = -offset
    guard !reader.rest.isEmpty else {
      summer = nil
      return
    }
    guard reader.takeName() else { return nil }
    var summerOffset = standardOffset + 3600
    if reader.rest.first != UInt8(ascii: ",") {
      guard let offset = reader.takeOffset() else { return nil }
      summerOffset = -offset
    }
    guard let start = reader.takeChange(), let end = reader.takeChange(), reader.rest.isEmpty else { return nil }
    summer = (summerOffset, start, end)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ byte: Character) -> Bool {
      guard rest.first == byte.asciiValue else { return false }
      rest.removeFirst()
      return true
    }

    /// Letters, or anything in `<` and `>`.
    mutating func takeName() -> Bool {
      if take("<") {
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
        rest = rest[(end + 1)...]
        return true
      }
      let name = rest.prefix { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
      rest = rest.dropFirst(name.count)
      return !name.isEmpty
    }

    mutating func takeNumber() -> Int64? {
      let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
      guard !digits.isEmpty, digits.count < 6 else { return nil }
      rest = rest.dropFirst(digits.count)
      return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// `[+-]hh[:mm[:ss]]` in seconds, west of Greenwich counted up.
    mutating func takeOffset() -> Int64? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard var seconds = takeNumber().map({ $0 * 3600 }) else { return nil }
      for unit: Int64 in [60, 1] where take(":") {
        guard let part = takeNumber() else { return nil }
        seconds += part * unit
      }
      return isNegative ? -seconds : seconds
    }

    mutating func takeChange() -> Change? {
      guard take(",") else { return nil }
      let day: Change.Day
      if take("M") {
        guard let month = takeNumber(), take("."), let week = takeNumber(), take("."), let weekday = takeNumber(),
          (1...12).contains(month), (1...5).contains(week), weekday < 7
        else { return nil }
        day = .weekday(month: month, week: week, day: weekday)
      } else if take("J") {
        guard let number = takeNumber(), (1...365).contains(number) else { return nil }
        day = .julian(number)
      } else {
        guard let number = takeNumber(), number < 366 else { return nil }
        day = .zeroBased(number)
      }
      guard take("/") else { return Change(day: day, secondOfDay: 7200) }
      guard let seconds = takeOffset() else { return nil }
      return Change(day: day, secondOfDay: seconds)
    }
  }
}

extension YearlyZoneRule.Change {
  /// Seconds since 1970 of the change, as if local time were UTC.
  func seconds(in year: Int64) -> Int64 {
    let firstDay = CivilDate.epochDays(year: year, month: 1, day: 1)
    let date: Int64
    switch day {
    case .zeroBased(let day): date = firstDay + day
    case .julian(let day):
      let isLeap = CivilDate.daysInMonth(2, year: year) == 29
      date = firstDay + day - 1 + (isLeap && day >= 60 ? 1 : 0)
    case .weekday(let month, let week, let weekday):
      let first = CivilDate.epochDays(year: year, month: month, day: 1)
      // Sunday is 0; 1970-01-01 was a Thursday.
      var day = first + floorMod(weekday - floorMod(first + 4, 7), 7) + (week - 1) * 7
      while day >= first + CivilDate.daysInMonth(month, year: year) { day -= 7 }
      date = day
    }
    return date * 86_400 + secondOfDay
  }
}
