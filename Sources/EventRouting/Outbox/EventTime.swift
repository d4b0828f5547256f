import ConnectData
import Primitives

/// How a column tells the time of an event: with `sluice.outbox.json=exact` every type that names a moment is taken.
public enum EventTime: Sendable, Equatable {
  /// A number since 1970 that, divided by this, gives milliseconds.
  case number(divisor: Int64)
  /// Days since 1970, taken at midnight in UTC.
  case days
  /// ISO 8601 text with a zone, as Debezium writes `timestamptz`; without one it is taken as UTC.
  case text

  /// By a column's schema, or `nil` where its values name no moment. A number without a name is one of milliseconds, as
  /// Kafka's own.
  public init?(_ schema: ConnectSchema) {
    switch (schema.kind, schema.name) {
    case (.int64, "io.debezium.time.Timestamp"), (.int64, "org.apache.kafka.connect.data.Timestamp"), (.int64, nil):
      self = .number(divisor: 1)
    case (.int64, "io.debezium.time.MicroTimestamp"): self = .number(divisor: 1_000)
    case (.int64, "io.debezium.time.NanoTimestamp"): self = .number(divisor: 1_000_000)
    case (.int32, "io.debezium.time.Date"), (.int32, "org.apache.kafka.connect.data.Date"): self = .days
    case (.string, "io.debezium.time.ZonedTimestamp"), (.string, "io.debezium.time.IsoTimestamp"): self = .text
    default: return nil
    }
  }

  /// Milliseconds since 1970, rounded down; `nil` where the value names no moment, as `infinity` does.
  public func milliseconds(of value: ConnectValue) -> Int64? {
    switch (self, value) {
    case (.number(let divisor), .int64(let number)):
      let quotient = number / divisor
      return number % divisor < 0 ? quotient - 1 : quotient
    case (.days, .int32(let days)): return Int64(days) * 86_400_000
    case (.text, .text(let text)): return unsafe EventTime.milliseconds(text.span.bytes)
    default: return nil
    }
  }

  /// `[+-]yyyy…-mm-ddThh:mm:ss[.f…](Z|±hh:mm|)`
  private static func milliseconds(_ text: RawSpan) -> Int64? {
    var at = 0
    let isNegative = JSONTokens.take(UInt8(ascii: "-"), text, &at)
    if !isNegative { _ = JSONTokens.take(UInt8(ascii: "+"), text, &at) }
    guard let year = number(text, &at, digits: 4...9), JSONTokens.take(UInt8(ascii: "-"), text, &at),
      let month = number(text, &at, digits: 2...2), (1...12).contains(month),
      JSONTokens.take(UInt8(ascii: "-"), text, &at), let day = number(text, &at, digits: 2...2),
      day >= 1, day <= CivilDate.daysInMonth(month, year: isNegative ? -year : year),
      JSONTokens.take(UInt8(ascii: "T"), text, &at), let hour = number(text, &at, digits: 2...2), hour < 24,
      JSONTokens.take(UInt8(ascii: ":"), text, &at), let minute = number(text, &at, digits: 2...2), minute < 60,
      JSONTokens.take(UInt8(ascii: ":"), text, &at), let second = number(text, &at, digits: 2...2), second < 60
    else { return nil }
    var fraction: Int64 = 0
    if JSONTokens.take(UInt8(ascii: "."), text, &at) {
      let start = at
      guard JSONTokens.digits(text, &at) else { return nil }
      for place in 0..<3 {
        fraction = fraction * 10 + (start + place < at ? Int64(text.byte(at: start + place) - UInt8(ascii: "0")) : 0)
      }
    }
    guard let offset = offsetMinutes(text, &at), at == text.byteCount else { return nil }
    let days = CivilDate.epochDays(year: isNegative ? -year : year, month: month, day: day)
    // At most nine digits of years: far from the ends of 64 bits.
    return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1_000 + fraction
  }

  /// `Z`, `±hh:mm` or nothing.
  private static func offsetMinutes(_ text: RawSpan, _ at: inout Int) -> Int64? {
    if at == text.byteCount || JSONTokens.take(UInt8(ascii: "Z"), text, &at) { return 0 }
    let isWest = JSONTokens.take(UInt8(ascii: "-"), text, &at)
    guard isWest || JSONTokens.take(UInt8(ascii: "+"), text, &at), let hours = number(text, &at, digits: 2...2),
      JSONTokens.take(UInt8(ascii: ":"), text, &at), let minutes = number(text, &at, digits: 2...2)
    else { return nil }
    return (isWest ? -1 : 1) * (hours * 60 + minutes)
  }

  private static func number(_ text: RawSpan, _ at: inout Int, digits: ClosedRange<Int>) -> Int64? {
    let start = at
    var value: Int64 = 0
    while at < text.byteCount, at - start < digits.upperBound {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      if digit >= 10 { break }
      // At most nine digits.
      value = value &* 10 &+ Int64(digit)
      at += 1
    }
    return at - start >= digits.lowerBound ? value : nil
  }
}
