import Primitives

/// `java.text.SimpleDateFormat` in UTC and English, as `TimestampConverter` and `TimestampRouter` use it: formats
/// milliseconds since 1970 and reads them back. Week-based letters (`Y w W F`) are refused.
public struct SimpleDateFormat: Sendable, Hashable {
  enum Element: Sendable, Hashable {
    case literal(String)
    case field(Field, count: Int)
  }

  enum Field: Character, Sendable, Hashable {
    case era = "G"
    case year = "y"
    case month = "M"
    case standaloneMonth = "L"
    case day = "d"
    case dayOfYear = "D"
    case weekday = "E"
    /// 1 is Monday.
    case weekdayNumber = "u"
    case halfDay = "a"
    /// 0 to 23, 1 to 24, 0 to 11, 1 to 12.
    case hour = "H"
    case hourFrom1 = "k"
    case halfDayHour = "K"
    case halfDayHourFrom1 = "h"
    case minute = "m"
    case second = "s"
    case millisecond = "S"
    case zoneName = "z"
    case zoneOffset = "Z"
    case isoZone = "X"
  }

  /// Why a pattern is not taken, as the end of "a pattern that …".
  public struct Refusal: Error, Equatable, Sendable {
    public let reason: String
  }

  public let pattern: String
  let elements: [Element]

  public init(_ pattern: String) throws(Refusal) {
    self.pattern = pattern
    elements = try SimpleDateFormat.elements(of: pattern)
  }

  private static func elements(of pattern: String) throws(Refusal) -> [Element] {
    var elements: [Element] = []
    var literal = ""
    var rest = Array(pattern)[...]
    while let character = rest.popFirst() {
      if character == "'" {
        if rest.first == "'" {
          rest.removeFirst()
          literal.append("'")
          continue
        }
        try takeQuoted(&rest, into: &literal)
        continue
      }
      guard character.isASCII, character.isLetter else {
        literal.append(character)
        continue
      }
      guard let field = Field(rawValue: character) else {
        let isWeekBased = "YwWF".contains(character)
        throw Refusal(
          reason: isWeekBased ? "uses the letter \(character), which is not supported" : "uses the letter \(character)")
      }
      var count = 1
      while rest.first == character {
        rest.removeFirst()
        count += 1
      }
      if field == .isoZone, count > 3 { throw Refusal(reason: "has more than three X") }
      if !literal.isEmpty { elements.append(.literal(literal)) }
      literal = ""
      elements.append(.field(field, count: count))
    }
    if !literal.isEmpty { elements.append(.literal(literal)) }
    return elements
  }

  private static func takeQuoted(_ rest: inout ArraySlice<Character>, into literal: inout String) throws(Refusal) {
    while let character = rest.popFirst() {
      if character != "'" {
        literal.append(character)
      } else if rest.first == "'" {
        rest.removeFirst()
        literal.append("'")
      } else {
        return
      }
    }
    throw Refusal(reason: "has a quote without another")
  }

  // MARK: Formatting

  public func text(of milliseconds: Int64) -> String {
    let days = floorDiv(milliseconds, 86_400_000)
    let inDay = floorMod(milliseconds, 86_400_000)
    let date = GregorianCalendar.parts(epochDays: days)
    var text = ""
    for element in elements {
      switch element {
      case .literal(let literal): text += literal
      case .field(let field, let count): append(field, count, days, date, inDay, to: &text)
      }
    }
    return text
  }

  private func append(
    _ field: Field, _ count: Int, _ days: Int64, _ date: (year: Int64, month: Int64, day: Int64), _ inDay: Int64,
    to text: inout String
  ) {
    func number(_ value: Int64) { text += padded(value, count) }
    let hour = inDay / 3_600_000
    // Monday is 0; 1970-01-01 was a Thursday.
    let weekday = floorMod(days + 3, 7)
    switch field {
    case .era: text += date.year > 0 ? "AD" : "BC"
    case .year:
      let year = date.year > 0 ? date.year : 1 - date.year
      if count == 2 { text += padded(year % 100, 2) } else { number(year) }
    case .month, .standaloneMonth:
      switch count {
      case 1, 2: number(date.month)
      case 3: text += EnglishDates.shortMonths[Int(date.month - 1)]
      default: text += EnglishDates.months[Int(date.month - 1)]
      }
    case .day: number(date.day)
    case .dayOfYear: number(days - GregorianCalendar.epochDays(year: date.year, month: 1) + 1)
    case .weekday: text += (count > 3 ? EnglishDates.weekdays : EnglishDates.shortWeekdays)[Int(weekday)]
    case .weekdayNumber: number(weekday + 1)
    case .halfDay: text += hour < 12 ? "AM" : "PM"
    case .hour: number(hour)
    case .hourFrom1: number(hour == 0 ? 24 : hour)
    case .halfDayHour: number(hour % 12)
    case .halfDayHourFrom1: number(hour % 12 == 0 ? 12 : hour % 12)
    case .minute: number(inDay / 60_000 % 60)
    case .second: number(inDay / 1000 % 60)
    case .millisecond: number(inDay % 1000)
    case .zoneName: text += count > 3 ? "Coordinated Universal Time" : "UTC"
    case .zoneOffset: text += "+0000"
    case .isoZone: text += "Z"
    }
  }

  private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// The quotient rounded down.
func floorDiv(_ value: Int64, _ divisor: Int64) -> Int64 { value / divisor - (value % divisor < 0 ? 1 : 0) }

/// The remainder with the sign of the divisor.
func floorMod(_ value: Int64, _ divisor: Int64) -> Int64 {
  let rest = value % divisor
  return rest < 0 ? rest + divisor : rest
}

/// Names as Java's locale data has them for `en`.
enum EnglishDates {
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  static let shortMonths = months.map { String($0.prefix(3)) }
  static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  static let shortWeekdays = weekdays.map { String($0.prefix(3)) }
}
