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
    let count = text.byteCount
    let zone = count &- 3
    guard fractionDigits > 0, fractionDigits <= 6, zone >= 19, zone <= 26, zone != 20,
      text.byte(at: zone) == UInt8(ascii: "+"), text.byte(at: zone &+ 1) == UInt8(ascii: "0"),
      text.byte(at: zone &+ 2) == UInt8(ascii: "0"), text.byte(at: 4) == UInt8(ascii: "-"),
      text.byte(at: 7) == UInt8(ascii: "-"), text.byte(at: 10) == UInt8(ascii: " "),
      text.byte(at: 13) == UInt8(ascii: ":"), text.byte(at: 16) == UInt8(ascii: ":")
    else { return false }
    // The sum of what `twoDigits` gives for anything else is beyond every bound.
    let year = twoDigits(text, 0) &* 100 &+ twoDigits(text, 2)
    let month = twoDigits(text, 5)
    let day = twoDigits(text, 8)
    let hour = twoDigits(text, 11)
    let minute = twoDigits(text, 14)
    let second = twoDigits(text, 17)
    guard year >= 1, year <= 9_999, month >= 1, month <= 12, day >= 1, day <= 28, hour < 24, minute < 60, second < 60
    else { return false }
    if zone > 19 {
      guard text.byte(at: 19) == UInt8(ascii: ".") else { return false }
      for at in 20..<zone where text.byte(at: at) &- UInt8(ascii: "0") > 9 { return false }
    }
    out.reserve(32)
    out.append(UInt8(ascii: "\""))
    out.append(text.extracting(0..<10))
    out.append(UInt8(ascii: "T"))
    out.append(text.extracting(11..<19))
    out.append(UInt8(ascii: "."))
    let digits = max(0, zone &- 20)
    if digits > 0 { out.append(text.extracting(20..<(20 &+ min(digits, fractionDigits)))) }
    var missing = fractionDigits &- digits
    while missing > 0 {
      out.append(UInt8(ascii: "0"))
      missing &-= 1
    }
    out.append(UInt8(ascii: "Z"))
    out.append(UInt8(ascii: "\""))
    return true
  }

  /// Far above 99 where one of them is no digit.
  @inline(__always)
  private static func twoDigits(_ text: RawSpan, _ at: Int) -> Int {
    let tens = text.byte(at: at) &- UInt8(ascii: "0")
    let ones = text.byte(at: at &+ 1) &- UInt8(ascii: "0")
    return tens < 10 && ones < 10 ? Int(tens) &* 10 &+ Int(ones) : 1_000_000
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
