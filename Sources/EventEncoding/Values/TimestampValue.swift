import ConnectData
import Primitives

/// `timestamp` and `timestamptz`.
enum TimestampValue {
  /// What Debezium takes for infinity: pgjdbc's `DATE_POSITIVE_INFINITY` and `DATE_NEGATIVE_INFINITY`, read as
  /// milliseconds.
  static let positiveInfinity = DateTimeText.Moment(seconds: 9_223_372_036_825_200 / 1000, microseconds: 200_000)
  static let negativeInfinity = DateTimeText.Moment(
    seconds: (-9_223_372_036_832_400 - 600) / 1000, microseconds: 600_000)

  /// Returns false where the value is null: nanoseconds since 1970 do not fit outside the years 1677 to 2262.
  static func write(
    _ text: RawSpan, _ form: ValueForm.TimeForm, into out: inout ByteWriter
  ) throws(ConversionError) -> Bool {
    if form == .nanoseconds, let infinity = DateTimeText.infinity(text) {
      out.append(decimal: infinity == .positive ? Int64.max : .min)
      return true
    }
    return write(try moment(text), form, into: &out)
  }

  /// As above, of a value that is no infinity.
  static func write(_ moment: DateTimeText.Moment, _ form: ValueForm.TimeForm, into out: inout ByteWriter) -> Bool {
    if form == .iso {
      writeLocal(moment, into: &out)
      ClockText.writeShortestFraction(moment.microseconds, into: &out)
      out.append(UInt8(ascii: "Z"))
      return true
    }
    guard let number = number(moment, form) else { return false }
    out.append(decimal: number)
    return true
  }

  static func number(_ text: RawSpan, _ form: ValueForm.TimeForm) throws(ConversionError) -> Int64? {
    if form == .nanoseconds, let infinity = DateTimeText.infinity(text) {
      return infinity == .positive ? .max : .min
    }
    return number(try moment(text), form)
  }

  static func number(_ moment: DateTimeText.Moment, _ form: ValueForm.TimeForm) -> Int64? {
    switch form {
    case .milliseconds: return moment.milliseconds
    case .microseconds, .iso:
      // As Java's `TimeUnit.SECONDS.toMicros`, which stops at the ends of the range, and a sum that wraps around:
      // 294276-12-31 23:59:59.999999 is -9223372036853775810 in Debezium.
      let (product, overflow) = moment.seconds.multipliedReportingOverflow(by: 1_000_000)
      let microseconds = overflow ? (moment.seconds > 0 ? Int64.max : Int64.min) : product
      return microseconds &+ moment.microseconds
    case .nanoseconds:
      let (product, overflow) = moment.seconds.multipliedReportingOverflow(by: 1_000_000_000)
      let (sum, sumOverflow) = product.addingReportingOverflow(moment.microseconds * 1000)
      return overflow || sumOverflow ? nil : sum
    }
  }

  /// `2024-02-29T12:34:56.789012Z`, with as many fraction digits as the column has; `infinity` as it is.
  static func writeZoned(_ text: RawSpan, fractionDigits: Int, into out: inout ByteWriter) throws(ConversionError) {
    if DateTimeText.infinity(text) != nil { return out.append(text) }
    writeZoned(try DateTimeText.moment(text, hasZone: true), fractionDigits: fractionDigits, into: &out)
  }

  /// The common case of the above, quotes included: a year of four digits and the zone UTC, so that the text needs no reckoning.
  /// Returns false, with nothing written, for all else, and for what is no time.
  static func writeUTC(_ text: RawSpan, fractionDigits: Int, into out: inout ByteWriter) -> Bool {
    // `2024-02-29 12:34:56+00`, with up to six digits and their point before the zone.
    let zone = text.byteCount &- 3
    guard fractionDigits > 0, fractionDigits <= 6, zone >= 19, zone <= 26, zone != 20,
      text.word(at: zone, width: 3) == 0x2020_2020_2030_302B
    else { return false }
    let date = text.word(at: 0, width: 8)
    let day = text.word(at: 8, width: 8)
    let clock = text.word(at: 11, width: 8)
    let fraction = fraction(text, upTo: zone)
    // Digits by their values, and separators as 0.
    let dateDigits = date ^ 0x2D30_302D_3030_3030
    let dayDigits = day ^ 0x3030_3A30_3020_3030
    let clockDigits = clock ^ 0x3030_3A30_303A_3030
    let fractionDigitsRead = fraction ^ 0x3030_3030_3030_3030
    let wrong =
      beyond(dateDigits, 0x7F76_767F_7676_7676) | beyond(dayDigits, 0x7676_7F76_767F_7676)
      | beyond(clockDigits, 0x7676_7F76_767F_7676) | beyond(fractionDigitsRead, 0x7676_7676_7676_7676)
    guard wrong & 0x8080_8080_8080_8080 == 0, zone == 19 || text.byte(at: 19) == UInt8(ascii: "."),
      UInt32(truncatingIfNeeded: dateDigits) != 0, twoDigits(dateDigits, 5) &- 1 < 12,
      twoDigits(dayDigits, 0) &- 1 < 28,
      twoDigits(clockDigits, 0) < 24, twoDigits(clockDigits, 3) < 60, twoDigits(clockDigits, 6) < 60
    else { return false }
    out.reserve(32)
    out.append(UInt8(ascii: "\""))
    out.append(word: date, count: 8)
    // Two digits of the day, and `T` instead of the space.
    out.append(word: day ^ 0x74_0000, count: 3)
    out.append(word: clock, count: 8)
    out.append(UInt8(ascii: "."))
    out.append(word: fraction, count: fractionDigits)
    out.append(word: 0x225A, count: 2)
    return true
  }

  /// Digits from the point at 19 to the zone, the first of them lowest, with zeros behind them.
  @inline(__always)
  private static func fraction(_ text: RawSpan, upTo zone: Int) -> UInt64 {
    let zeros: UInt64 = 0x3030_3030_3030_3030
    if zone == 19 { return zeros }
    // The last eight bytes before the zone: the digits are on top.
    let bits = UInt64(truncatingIfNeeded: (zone &- 20) &* 8)
    return text.word(at: zone &- 8, width: 8) &>> (64 &- bits) | zeros &<< bits
  }

  /// The top bit of each byte that is above what the limit's byte adds up with to 0x7F; a byte above it may set more.
  @inline(__always)
  private static func beyond(_ bytes: UInt64, _ limits: UInt64) -> UInt64 { (bytes &+ limits) | bytes }

  /// The number of two digits, by their values, from the byte `at` on.
  @inline(__always)
  private static func twoDigits(_ digits: UInt64, _ at: UInt64) -> UInt64 {
    (digits &>> (at &* 8) & 0xFF) &* 10 &+ (digits &>> (at &* 8 &+ 8) & 0xFF)
  }

  static func writeZoned(_ moment: DateTimeText.Moment, fractionDigits: Int, into out: inout ByteWriter) {
    writeLocal(moment, into: &out)
    if fractionDigits > 0 {
      ClockText.writeFraction(moment.microseconds, digits: fractionDigits, into: &out)
    } else {
      // Only the text of a default has more digits than its column.
      ClockText.writeShortestFraction(moment.microseconds, into: &out)
    }
    out.append(UInt8(ascii: "Z"))
  }

  private static func writeLocal(_ moment: DateTimeText.Moment, into out: inout ByteWriter) {
    CivilDate.write(epochDays: moment.epochDays, into: &out)
    out.append(UInt8(ascii: "T"))
    ClockText.writeSeconds(moment.secondOfDay, into: &out)
  }

  private static func moment(_ text: RawSpan) throws(ConversionError) -> DateTimeText.Moment {
    switch DateTimeText.infinity(text) {
    case .positive: positiveInfinity
    case .negative: negativeInfinity
    case nil: try DateTimeText.moment(text, hasZone: false)
    }
  }
}
