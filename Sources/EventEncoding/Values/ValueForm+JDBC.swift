import ConnectData
import Primitives

extension ValueForm {
  /// Whether the form is of those that came by way of `java.sql`; the others have no part in this file.
  func writeJDBCJSON(_ text: RawSpan, into out: inout ByteWriter) throws(ConversionError) -> Bool {
    let start = out.count
    if isText { out.append(UInt8(ascii: "\"")) }
    guard try writeJDBC(text, into: &out) else {
      out.truncate(to: start)
      return false
    }
    if isText { out.append(UInt8(ascii: "\"")) }
    return true
  }

  func jdbcValue(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    switch self {
    case .jdbcDate(let form): return Self.value(ofDate: try JDBCDateTime.epochDays(text), form)
    case .jdbcTime(let form): return Self.value(ofTime: try Self.wholeMilliseconds(text), form)
    case .jdbcTimestamp(let form) where form != .iso:
      if form == .nanoseconds, let infinity = DateTimeText.infinity(text) {
        return .int64(infinity == .positive ? .max : .min)
      }
      return TimestampValue.number(try JDBCDateTime.moment(text), form).map { .int64($0) } ?? .null
    default:
      var out = ByteWriter(minimumCapacity: 32)
      _ = try writeJDBC(text, into: &out)
      return .text(out.copiedBytes)
    }
  }

  private var isText: Bool {
    switch self {
    case .jdbcDate(.iso), .jdbcTime(.iso), .jdbcTimestamp(.iso), .jdbcZonedTimestamp: true
    default: false
    }
  }

  private func writeJDBC(_ text: RawSpan, into out: inout ByteWriter) throws(ConversionError) -> Bool {
    switch self {
    case .jdbcDate(.epochDays):
      out.append(decimal: Int64(Int32(truncatingIfNeeded: try JDBCDateTime.epochDays(text))))
    case .jdbcDate(.iso):
      DateValue.write(try JDBCDateTime.epochDays(text), .iso, into: &out)
    case .jdbcTime(let form):
      TimeValue.write(try Self.wholeMilliseconds(text), form, into: &out)
    case .jdbcTimestamp(let form):
      if form == .nanoseconds, DateTimeText.infinity(text) != nil {
        return try TimestampValue.write(text, form, into: &out)
      }
      return TimestampValue.write(try JDBCDateTime.moment(text), form, into: &out)
    case .jdbcZonedTimestamp(let digits):
      if DateTimeText.infinity(text) == .positive {
        out.append(text)
      } else {
        TimestampValue.writeZoned(try JDBCDateTime.zonedMoment(text), fractionDigits: digits, into: &out)
      }
    default: return false
    }
    return true
  }

  /// A `java.sql.Time` has milliseconds, and the end of the day is its beginning.
  private static func wholeMilliseconds(_ text: RawSpan) throws(ConversionError) -> Int64 {
    try DateTimeText.microsecondOfDay(text) % 86_400_000_000 / 1000 * 1000
  }

  /// The form of an element of an array, which Debezium always gets by way of `java.sql`.
  var ofArrayElement: ValueForm {
    switch self {
    case .date(let form): .jdbcDate(form)
    case .time(let form): .jdbcTime(form)
    case .timestamp(let form): .jdbcTimestamp(form)
    case .zonedTimestamp(let digits): .jdbcZonedTimestamp(fractionDigits: digits)
    // Without the fraction of a second.
    case .zonedTime: .zonedTime(keepsFraction: false)
    default: self
    }
  }
}
