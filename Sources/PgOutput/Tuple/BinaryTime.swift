import Primitives

/// Dates and times in binary: days or microseconds from 2000-01-01, whose ends are the infinities.
/// Source: PostgreSQL source, `datetime.c`, `EncodeDateOnly`, `EncodeTimeOnly` and `EncodeDateTime`.
struct BinaryTime {
  private static let microsecondsPerDay: Int64 = 86_400_000_000
  /// Of 2000-01-01.
  private static let epochDays: Int64 = 10_957
  private static let dayBytes = 10
  /// What `writeShort` takes at most, with what its last words have beyond the text.
  static let shortBytesMax = 40

  /// The last day of a year with four digits, and its text: a table's rows lie on few days.
  private var day = Int64.min
  private var dayText = (first: UInt64(0), rest: UInt64(0))

  mutating func writeDate(_ days: Int32, into out: inout ByteWriter) {
    if days == .max { return out.append("infinity") }
    if days == .min { return out.append("-infinity") }
    if writeDay(Int64(days), into: &out) { out.append(" BC") }
  }

  static func writeTime(_ microseconds: Int64, into out: inout ByteWriter) throws(DecodeError) {
    // 24:00:00 is one.
    guard microseconds >= 0, microseconds <= microsecondsPerDay else {
      throw .invalidLength(Int(clamping: microseconds), at: 0)
    }
    writeClock(microseconds, into: &out)
  }

  /// - Parameter zone: behind the time of day.
  mutating func writeTimestamp(_ microseconds: Int64, zone: StaticString, into out: inout ByteWriter) {
    if microseconds == .max { return out.append("infinity") }
    if microseconds == .min { return out.append("-infinity") }
    let (days, rest) = BinaryTime.parts(microseconds)
    let isBeforeChrist = writeDay(days, into: &out)
    out.append(UInt8(ascii: " "))
    BinaryTime.writeClock(rest, into: &out)
    out.append(zone)
    if isBeforeChrist { out.append(" BC") }
  }

  /// The same for a day of a year with four digits, in room for `shortBytesMax` bytes; `nil` for another.
  @_lifetime(room: copy room)
  mutating func writeShort(
    _ microseconds: Int64, hasZone: Bool, into room: inout MutableRawSpan, at end: Int
  ) -> Int? {
    let (days, rest) = BinaryTime.parts(microseconds)
    guard setDay(days) else { return nil }
    var end = writeDay(into: &room, at: end)
    BinaryTime.store(UInt64(UInt8(ascii: " ")), &room, end)
    end = BinaryTime.writeClock(rest, into: &room, at: end &+ 1)
    if hasZone {
      // `+00`
      BinaryTime.store(0x30_302B, &room, end)
      end &+= 3
    }
    return end
  }

  /// As `writeShort`.
  @_lifetime(room: copy room)
  mutating func writeShortDate(_ days: Int32, into room: inout MutableRawSpan, at end: Int) -> Int? {
    setDay(Int64(days)) ? writeDay(into: &room, at: end) : nil
  }

  /// The last day, in room for `shortBytesMax` bytes.
  @inline(__always)
  @_lifetime(room: copy room)
  private func writeDay(into room: inout MutableRawSpan, at end: Int) -> Int {
    precondition(end >= 0 && end <= room.byteCount &- BinaryTime.shortBytesMax)
    BinaryTime.store(dayText.first, &room, end)
    BinaryTime.store(dayText.rest, &room, end &+ 8)
    return end &+ BinaryTime.dayBytes
  }

  /// Returns whether ` BC` is to stand at the end.
  private mutating func writeDay(_ days: Int64, into out: inout ByteWriter) -> Bool {
    if setDay(days) {
      out.append(word: dayText.first, count: 8)
      out.append(word: dayText.rest, count: BinaryTime.dayBytes - 8)
      return false
    }
    let (year, month, day) = CivilDate.parts(epochDays: days + BinaryTime.epochDays)
    // There is no year 0 in print.
    out.append(decimal: UInt64(year > 0 ? year : 1 - year), width: 4)
    out.append(UInt8(ascii: "-"))
    out.append(twoDigits: Int(month))
    out.append(UInt8(ascii: "-"))
    out.append(twoDigits: Int(day))
    return year <= 0
  }

  /// Returns `false` for a day whose year has not four digits, or is before the first.
  @inline(__always)
  private mutating func setDay(_ days: Int64) -> Bool { days == day ? true : setOtherDay(days) }

  @inline(never)
  private mutating func setOtherDay(_ days: Int64) -> Bool {
    let (year, month, day) = CivilDate.parts(epochDays: days + BinaryTime.epochDays)
    guard year > 0, year < 10_000 else { return false }
    let dash = UInt64(UInt8(ascii: "-"))
    dayText.first =
      UInt64(fourDecimalDigits(UInt32(year))) | dash << 32 | UInt64(twoDecimalDigits(UInt32(month))) << 40 | dash << 56
    dayText.rest = UInt64(twoDecimalDigits(UInt32(day)))
    self.day = days
    return true
  }

  @inline(__always)
  private static func parts(_ microseconds: Int64) -> (days: Int64, rest: Int64) {
    let (days, rest) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerDay)
    return rest < 0 ? (days - 1, rest + microsecondsPerDay) : (days, rest)
  }

  private static func writeClock(_ microseconds: Int64, into out: inout ByteWriter) {
    let start = out.count
    var room = out.bytes(withRoom: shortBytesMax)
    let end = writeClock(microseconds, into: &room, at: start)
    out.extend(to: end)
  }

  /// Of a day's microseconds, the fraction without zeros at its end.
  @inline(__always)
  @_lifetime(room: copy room)
  private static func writeClock(_ microseconds: Int64, into room: inout MutableRawSpan, at start: Int) -> Int {
    let second = UInt32(truncatingIfNeeded: UInt64(bitPattern: microseconds) / 1_000_000)
    let fraction = UInt32(truncatingIfNeeded: microseconds &- Int64(second) &* 1_000_000)
    let minute = second / 60
    let hour = minute / 60
    let colon = UInt64(UInt8(ascii: ":"))
    let clock =
      UInt64(twoDecimalDigits(hour)) | colon << 16 | UInt64(twoDecimalDigits(minute &- hour &* 60)) << 24 | colon << 40
      | UInt64(twoDecimalDigits(second &- minute &* 60)) << 48
    store(clock, &room, start)
    guard fraction > 0 else { return start &+ 8 }
    let high = fraction / 100
    let digits = UInt64(fourDecimalDigits(high)) | UInt64(twoDecimalDigits(fraction &- high &* 100)) << 32
    store(UInt64(UInt8(ascii: ".")) | digits << 8, &room, start &+ 8)
    let zeros = ((digits ^ 0x3030_3030_3030).leadingZeroBitCount &- 16) >> 3
    return start &+ 15 &- zeros
  }

  /// Where there is room for `shortBytesMax` bytes behind the text's start, which every caller has seen to.
  @inline(__always)
  @_lifetime(room: copy room)
  private static func store(_ word: UInt64, _ room: inout MutableRawSpan, _ place: Int) {
    unsafe room.storeBytes(of: word.littleEndian, toUncheckedByteOffset: place, as: UInt64.self)
  }
}
