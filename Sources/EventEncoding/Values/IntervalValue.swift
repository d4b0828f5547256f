import ConnectData
import Primitives

/// `interval`, printed under `IntervalStyle = postgres`: `1 year 2 mons 3 days -04:05:06.789`.
struct IntervalValue: Equatable {
  var years: Int32 = 0
  var months: Int32 = 0
  var days: Int32 = 0
  var hours: Int64 = 0
  var minutes: Int64 = 0
  var seconds: Int64 = 0
  /// Of the sign of the time.
  var microseconds: Int64 = 0

  init(_ text: RawSpan) throws(ConversionError) {
    var at = 0
    let end = text.byteCount
    guard end > 0 else { throw ConversionError(.malformed, at: 0) }
    while at < end {
      if at > 0 {
        guard text.byte(at: at) == UInt8(ascii: " ") else { throw ConversionError(.malformed, at: at) }
        at += 1
      }
      let start = at
      var isNegative = false
      if at < end, text.byte(at: at) == UInt8(ascii: "-") || text.byte(at: at) == UInt8(ascii: "+") {
        isNegative = text.byte(at: at) == UInt8(ascii: "-")
        at += 1
      }
      let magnitude = try Self.digits(text, &at)
      guard at < end else { throw ConversionError(.malformed, at: at) }
      if text.byte(at: at) == UInt8(ascii: ":") {
        try readTime(text, &at, hours: magnitude, isNegative: isNegative)
        guard at == end else { throw ConversionError(.malformed, at: at) }
        return
      }
      guard let number = Int32(exactly: isNegative ? -magnitude : magnitude) else {
        throw ConversionError(.outOfRange, at: start)
      }
      guard text.byte(at: at) == UInt8(ascii: " ") else { throw ConversionError(.malformed, at: at) }
      at += 1
      let unitStart = at
      while at < end, text.byte(at: at) != UInt8(ascii: " ") { at += 1 }
      let unit = text.extracting(unitStart..<at)
      if unit.equals("year") || unit.equals("years") {
        years = number
      } else if unit.equals("mon") || unit.equals("mons") {
        months = number
      } else if unit.equals("day") || unit.equals("days") {
        days = number
      } else {
        throw ConversionError(.malformed, at: unitStart)
      }
    }
  }

  private mutating func readTime(
    _ text: RawSpan, _ at: inout Int, hours: Int64, isNegative: Bool
  ) throws(ConversionError) {
    let sign: Int64 = isNegative ? -1 : 1
    self.hours = hours * sign
    at += 1
    minutes = try Self.digits(text, &at) * sign
    guard at < text.byteCount, text.byte(at: at) == UInt8(ascii: ":") else { throw ConversionError(.malformed, at: at) }
    at += 1
    seconds = try Self.digits(text, &at) * sign
    if at < text.byteCount, text.byte(at: at) == UInt8(ascii: ".") {
      at += 1
      let start = at
      var fraction = try Self.digits(text, &at)
      guard at - start <= 6 else { throw ConversionError(.malformed, at: start) }
      for _ in (at - start)..<6 { fraction *= 10 }
      microseconds = fraction * sign
    }
  }

  private static func digits(_ text: RawSpan, _ at: inout Int) throws(ConversionError) -> Int64 {
    let start = at
    var value: Int64 = 0
    while at < text.byteCount {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      if digit >= 10 { break }
      guard at - start < 12 else { throw ConversionError(.malformed, at: at) }
      value = value * 10 + Int64(digit)
      at += 1
    }
    guard at > start else { throw ConversionError(.malformed, at: at) }
    return value
  }

  /// A month is 365.25 / 12 days; the same steps in the same floating-point arithmetic as Debezium's `MicroDuration`,
  /// and its cast to `long`, which stops at the ends of the range.
  var totalMicroseconds: Int64 {
    let totalDays = Double(Int64(years) * 12 + Int64(months)) * 30.4375 + Double(days)
    let second = Double(seconds) + Double(microseconds) / 1_000_000
    let total = ((totalDays * 24 + Double(hours)) * 60 + Double(minutes)) * 60 + second
    let scaled = total * 1_000_000
    if scaled >= 0x1p63 { return .max }
    if scaled <= -0x1p63 { return .min }
    return Int64(scaled)
  }

  /// `P1Y2M3DT4H5M6.789S`, with every part.
  func writeISO(into out: inout ByteWriter) {
    out.append(UInt8(ascii: "P"))
    out.append(decimal: years)
    out.append(UInt8(ascii: "Y"))
    out.append(decimal: months)
    out.append(UInt8(ascii: "M"))
    out.append(decimal: days)
    out.append("DT")
    out.append(decimal: hours)
    out.append(UInt8(ascii: "H"))
    out.append(decimal: minutes)
    out.append(UInt8(ascii: "M"))
    writeSeconds(into: &out)
    out.append(UInt8(ascii: "S"))
  }

  /// Debezium takes the seconds as a floating-point sum of the whole ones and the fraction, and cuts what Java prints of
  /// it after nine digits: 1.235 is `1.234999999`.
  private func writeSeconds(into out: inout ByteWriter) {
    let sum = Double(seconds) + Double(microseconds) / 1_000_000
    // The sum is the number that is nearest to the decimal, as it mostly is: its shortest text is the decimal's.
    if sum == Double(seconds * 1_000_000 + microseconds) / 1_000_000 {
      if seconds == 0, microseconds < 0 { out.append(UInt8(ascii: "-")) }
      out.append(decimal: seconds)
      return ClockText.writeShortestFraction(Int64(microseconds.magnitude), into: &out)
    }
    // Not nearest: then both parts count, and the text has no exponent.
    var text = Array(sum.description.utf8)
    if let point = text.firstIndex(of: UInt8(ascii: ".")) {
      text = Array(text.prefix(point + 10))
      while text.last == UInt8(ascii: "0") { text.removeLast() }
      if text.last == UInt8(ascii: ".") { text.removeLast() }
    }
    out.append(text)
  }
}
