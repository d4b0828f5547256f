import Primitives

/// An instant of the simulated world, in microseconds since 1970 UTC. No rule reads the machine's clock.
public struct SimulatedTime: Hashable, Comparable, Sendable {
  public var unixMicroseconds: Int64

  public init(unixMicroseconds: Int64) { self.unixMicroseconds = unixMicroseconds }

  public var postgres: PostgresTimestamp { PostgresTimestamp(unixMicroseconds: unixMicroseconds) }

  public var unixSeconds: Int64 { floorDivide(unixMicroseconds, 1_000_000) }

  public func adding(microseconds: Int64) -> SimulatedTime {
    SimulatedTime(unixMicroseconds: unixMicroseconds + microseconds)
  }

  public func adding(seconds: Double) -> SimulatedTime { adding(microseconds: Int64(seconds * 1e6)) }

  public static func < (left: SimulatedTime, right: SimulatedTime) -> Bool {
    left.unixMicroseconds < right.unixMicroseconds
  }
}

/// Division that rounds towards minus infinity, so that days and hours before 1970 count as those after it.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}

/// A day of the Gregorian calendar, counted before 1582 as well, as PostgreSQL does.
struct CalendarDay: Hashable, Sendable {
  var year: Int64
  var month: Int64
  var day: Int64

  init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// From days since 1970-01-01. Years are taken to begin in March, so that the leap day is a year's last.
  init(daysSince1970: Int64) {
    let days = daysSince1970 + 719_468
    let era = floorDivide(days, 146_097)
    let dayOfEra = days - era * 146_097
    let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leapDays) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let fromMarch = month <= 2 ? year - 1 : year
    let era = floorDivide(fromMarch, 400)
    let yearOfEra = fromMarch - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

extension ByteWriter {
  /// ISO 8601 in UTC with all six decimals: `2025-03-10T08:00:00.000000Z`.
  mutating func append(_ time: SimulatedTime) {
    let seconds = time.unixSeconds
    let days = floorDivide(seconds, 86_400)
    let day = CalendarDay(daysSince1970: days)
    let secondOfDay = UInt64(seconds - days * 86_400)
    reserve(32)
    append(day)
    append(UInt8(ascii: "T"))
    append(decimal: secondOfDay / 3600, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: secondOfDay / 60 % 60, width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: secondOfDay % 60, width: 2)
    append(UInt8(ascii: "."))
    append(decimal: UInt64(time.unixMicroseconds - seconds * 1_000_000), width: 6)
    append(UInt8(ascii: "Z"))
  }

  mutating func append(_ day: CalendarDay) {
    append(decimal: UInt64(max(day.year, 0)), width: 4)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(day.month), width: 2)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(day.day), width: 2)
  }
}

extension SimulatedTime: CustomStringConvertible {
  public var description: String { text { $0.append(self) } }

  /// Reads `2025-03-10`, `2025-03-10T08:00`, `…:00`, with `.123456`, and `Z`, `+01:00` or nothing (UTC) behind it.
  public init?(_ text: String) {
    var reader = DigitReader(bytes: Array(text.utf8))
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
      let day = reader.number(2), (1...12).contains(month), day >= 1
    else { return nil }
    let date = CalendarDay(year: year, month: month, day: day)
    guard CalendarDay(daysSince1970: date.daysSince1970) == date else { return nil }
    var seconds: Int64 = date.daysSince1970 * 86_400
    var fraction: Int64 = 0
    if reader.take("T") || reader.take("t") || reader.take(" ") {
      guard let hour = reader.number(2), hour < 24, reader.take(":"), let minute = reader.number(2), minute < 60
      else { return nil }
      seconds += hour * 3600 + minute * 60
      if reader.take(":") {
        guard let second = reader.number(2), second < 60 else { return nil }
        seconds += second
        if reader.take(".") {
          guard let digits = reader.fraction(6) else { return nil }
          fraction = digits
        }
      }
      if reader.take("+") || reader.take("-") {
        let sign: Int64 = reader.previous == UInt8(ascii: "-") ? 1 : -1
        guard let hours = reader.number(2), hours < 24 else { return nil }
        var minutes: Int64 = 0
        if reader.take(":") || !reader.isAtEnd {
          guard let value = reader.number(2), value < 60 else { return nil }
          minutes = value
        }
        seconds += sign * (hours * 3600 + minutes * 60)
      } else {
        _ = reader.take("Z") || reader.take("z")
      }
    }
    guard reader.isAtEnd else { return nil }
    self.init(unixMicroseconds: seconds * 1_000_000 + fraction)
  }
}

/// Reads the fields of a timestamp one after the other.
private struct DigitReader {
  let bytes: [UInt8]
  var at = 0

  var isAtEnd: Bool { at == bytes.count }
  var previous: UInt8 { at > 0 ? bytes[at - 1] : 0 }

  mutating func take(_ expected: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: expected) else { return false }
    at += 1
    return true
  }

  mutating func digit() -> Int64? {
    guard at < bytes.count, bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9") else { return nil }
    at += 1
    return Int64(bytes[at - 1] - UInt8(ascii: "0"))
  }

  mutating func number(_ digits: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<digits {
      guard let next = digit() else { return nil }
      value = value * 10 + next
    }
    return value
  }

  /// One to `places` decimals, in units of the last place.
  mutating func fraction(_ places: Int) -> Int64? {
    guard var value = digit() else { return nil }
    for _ in 1..<places { value = value * 10 + (digit() ?? 0) }
    return value
  }
}
