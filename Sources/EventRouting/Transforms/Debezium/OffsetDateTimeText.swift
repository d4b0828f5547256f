import Primitives

/// A time with an offset, with or without a date, in ISO form: `java.time.OffsetDateTime` and `OffsetTime`.
struct OffsetDateTimeText {
  private let hasDate: Bool
  /// Of the local time shown, from 1970-01-01T00:00 on; without a date, of the day.
  private(set) var localSeconds: Int64
  private let nanoseconds: Int64
  private var offset: Int64

  /// `2024-01-01T10:00:00.5Z`; `nil` for what Java does not read, such as `infinity`.
  init?(timestamp text: [UInt8]) {
    var reader = Reader(rest: text[...])
    guard let days = reader.takeDate(), reader.take("T") || reader.take("t"), let time = reader.takeTime(),
      let offset = reader.takeOffset(), reader.rest.isEmpty
    else { return nil }
    hasDate = true
    localSeconds = days * 86_400 + time.seconds
    nanoseconds = time.nanoseconds
    self.offset = offset
  }

  /// `10:00:00.5Z`
  init?(time text: [UInt8]) {
    var reader = Reader(rest: text[...])
    guard let time = reader.takeTime(), let offset = reader.takeOffset(), reader.rest.isEmpty else { return nil }
    hasDate = false
    localSeconds = time.seconds
    nanoseconds = time.nanoseconds
    self.offset = offset
  }

  /// The same instant under another offset; without a date the time goes round the day.
  mutating func move(to offset: Int64) {
    localSeconds += offset - self.offset
    if !hasDate { localSeconds = floorMod(localSeconds, 86_400) }
    self.offset = offset
  }

  /// As `DateTimeFormatter.ISO_OFFSET_DATE_TIME` and `ISO_OFFSET_TIME`: a fraction without zeros at its end.
  var text: [UInt8] {
    var out = ByteWriter()
    let inDay = floorMod(localSeconds, 86_400)
    if hasDate {
      CivilDate.write(epochDays: floorDiv(localSeconds, 86_400), into: &out)
      out.append(UInt8(ascii: "T"))
    }
    ClockText.writeSeconds(inDay, into: &out)
    if nanoseconds > 0 {
      var fraction = nanoseconds
      var width = 9
      while fraction % 10 == 0 {
        fraction /= 10
        width -= 1
      }
      out.append(UInt8(ascii: "."))
      out.append(decimal: UInt64(fraction), width: width)
    }
    if offset == 0 {
      out.append(UInt8(ascii: "Z"))
    } else {
      out.append(offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      let magnitude = offset.magnitude
      out.append(decimal: magnitude / 3600, width: 2)
      out.append(UInt8(ascii: ":"))
      out.append(decimal: magnitude / 60 % 60, width: 2)
      if magnitude % 60 != 0 {
        out.append(UInt8(ascii: ":"))
        out.append(decimal: magnitude % 60, width: 2)
      }
    }
    return out.array
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Character) -> Bool {
      guard rest.first == character.asciiValue else { return false }
      rest.removeFirst()
      return true
    }

    mutating func takeDigits(_ counts: ClosedRange<Int>) -> Int64? {
      let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
      guard counts.contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    mutating func takeDate() -> Int64? {
      let isNegative = take("-")
      // A year beyond four digits has a sign.
      let isSigned = isNegative || take("+")
      guard let year = takeDigits(isSigned ? 4...9 : 4...4), take("-"), let month = takeDigits(2...2), take("-"),
        let day = takeDigits(2...2), (1...12).contains(month), day >= 1
      else { return nil }
      let signed = isNegative ? -year : year
      guard day <= CivilDate.daysInMonth(month, year: signed) else { return nil }
      return CivilDate.epochDays(year: signed, month: month, day: day)
    }

    mutating func takeTime() -> (seconds: Int64, nanoseconds: Int64)? {
      guard let hour = takeDigits(2...2), take(":"), let minute = takeDigits(2...2), hour < 24, minute < 60 else {
        return nil
      }
      guard take(":") else { return (hour * 3600 + minute * 60, 0) }
      guard let second = takeDigits(2...2), second < 60 else { return nil }
      var nanoseconds: Int64 = 0
      if take(".") {
        let count = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }.count
        guard let fraction = takeDigits(0...9) else { return nil }
        nanoseconds = fraction
        for _ in count..<9 { nanoseconds *= 10 }
      }
      return (hour * 3600 + minute * 60 + second, nanoseconds)
    }

    mutating func takeOffset() -> Int64? {
      if take("Z") || take("z") { return 0 }
      let isNegative = take("-")
      guard isNegative || take("+"), let hours = takeDigits(2...2), take(":"), let minutes = takeDigits(2...2) else {
        return nil
      }
      var seconds = hours * 3600 + minutes * 60
      if take(":") {
        guard let part = takeDigits(2...2) else { return nil }
        seconds += part
      }
      return isNegative ? -seconds : seconds
    }
  }
}
