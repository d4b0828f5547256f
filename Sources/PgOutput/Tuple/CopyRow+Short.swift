import Primitives

/// Most values are short and of a few forms: these are written into room that is made for all of them at once, without a call
/// for each. Whatever is longer, rarer or wrong is left to `BinaryForm.write`, which alone throws.
extension CopyRow {
  /// The longest of these texts, with what is stored beyond its end.
  private static let shortBytesMax = 64
  /// -1, and no length that a message has.
  private static let nullLength = 0xFFFF_FFFF

  /// Reads columns from `index` on, up to one that is to be read otherwise. Returns how many bytes it took.
  @_lifetime(places: copy places)
  static func readShort(
    _ message: RawSpan, from messageStart: Int, _ forms: Span<BinaryForm>, _ index: inout Int,
    _ places: inout MutableSpan<TupleColumn>, _ time: inout BinaryTime, _ bytes: inout ByteWriter
  ) -> Int {
    precondition(index >= 0 && places.count == forms.count && messageStart >= 0)
    let messageEnd = message.byteCount
    var offset = messageStart
    var end = bytes.count
    var room = bytes.bytes(withRoom: (forms.count &- index) &* shortBytesMax)
    var column = index
    while column < forms.count, offset <= messageEnd &- 4 {
      // The line above is the length check for this load, and keeps `column` within `forms` and `places`.
      let length = Int(
        UInt32(bigEndian: unsafe message.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)))
      let start = offset &+ 4
      var value = TupleColumn.null
      if length <= messageEnd &- start {
        let form = unsafe forms[unchecked: column]
        guard let next = write(form, message, start, length, &time, into: &room, at: end) else { break }
        value = unsafe .text(Range(uncheckedBounds: (end, next)))
        end = next
        offset = start &+ length
      } else if length == nullLength {
        offset = start
      } else {
        break
      }
      unsafe places[unchecked: column] = value
      column &+= 1
    }
    bytes.extend(to: end)
    index = column
    return offset &- messageStart
  }

  /// Returns the end of the text, `nil` where the value is to be read otherwise. It is within the message: the caller has
  /// compared its length.
  @inline(__always)
  @_lifetime(room: copy room)
  private static func write(
    _ form: BinaryForm, _ message: RawSpan, _ start: Int, _ length: Int, _ time: inout BinaryTime,
    into room: inout MutableRawSpan, at end: Int
  ) -> Int? {
    switch form {
    case .text: return copy(message, start, length, into: &room, at: end)
    case .jsonb:
      // The format's version.
      guard length > 0, message.byte(at: start) == 1 else { return nil }
      return copy(message, start &+ 1, length &- 1, into: &room, at: end)
    case .uuid:
      guard length == BinaryUUID.byteCount else { return nil }
      BinaryUUID.write(message, start, into: &room, at: end)
      return end &+ BinaryUUID.textBytes
    case .numeric:
      let value = unsafe message.extracting(unchecked: Range(uncheckedBounds: (start, start &+ length)))
      return BinaryNumeric.writeShort(value, textMax: shortBytesMax, into: &room, at: end)
    case .timestamp, .timestamptz:
      guard length == 8 else { return nil }
      return time.writeShort(
        unsafe integer(message, start, Int64.self), hasZone: form == .timestamptz, into: &room, at: end)
    case .date:
      guard length == 4 else { return nil }
      return time.writeShortDate(unsafe integer(message, start, Int32.self), into: &room, at: end)
    case .int8:
      guard length == 8 else { return nil }
      return writeShortDecimal(unsafe integer(message, start, Int64.self), into: &room, at: end)
    case .int4:
      guard length == 4 else { return nil }
      return writeShortDecimal(Int64(unsafe integer(message, start, Int32.self)), into: &room, at: end)
    case .bool, .int2, .time, .bytea: return nil
    }
  }

  /// The caller has compared the length with the type's.
  @unsafe
  @inline(__always)
  private static func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _ message: RawSpan, _ start: Int, _ type: T.Type
  ) -> T {
    unsafe T(bigEndian: message.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: T.self))
  }

  /// Returns the end of the text, `nil` for a longer one.
  @inline(__always)
  @_lifetime(room: copy room)
  private static func copy(
    _ message: RawSpan, _ start: Int, _ length: Int, into room: inout MutableRawSpan, at end: Int
  ) -> Int? {
    guard length <= shortBytesMax else { return nil }
    let half = shortBytesMax / 2
    // Within the room, whatever is stored beyond the text.
    precondition(end >= 0 && end <= room.byteCount &- shortBytesMax)
    if length <= half, start <= message.byteCount &- half {
      copyHalf(message, start, into: &room, at: end)
    } else if start <= message.byteCount &- shortBytesMax {
      copyHalf(message, start, into: &room, at: end)
      copyHalf(message, start &+ half, into: &room, at: end &+ half)
    } else {
      copyLast(message, start, length, into: &room, at: end)
    }
    return end &+ length
  }

  /// Half of `shortBytesMax`: the caller has seen that there is as much on both sides.
  @inline(__always)
  @_lifetime(room: copy room)
  private static func copyHalf(_ message: RawSpan, _ start: Int, into room: inout MutableRawSpan, at end: Int) {
    let low = unsafe message.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: SIMD2<UInt64>.self)
    let high = unsafe message.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ 16, as: SIMD2<UInt64>.self)
    unsafe room.storeBytes(of: low, toUncheckedByteOffset: end, as: SIMD2<UInt64>.self)
    unsafe room.storeBytes(of: high, toUncheckedByteOffset: end &+ 16, as: SIMD2<UInt64>.self)
  }

  /// Where the message ends soon behind the text, of whose words the last begins inside the one before. Within the other's
  /// code it would take registers from it.
  @inline(never)
  @_lifetime(room: copy room)
  private static func copyLast(
    _ message: RawSpan, _ start: Int, _ length: Int, into room: inout MutableRawSpan, at end: Int
  ) {
    precondition(start >= 0 && length >= 0 && length <= message.byteCount &- start)
    precondition(end >= 0 && length <= room.byteCount &- end)
    var place = 0
    while length >= 8 {
      let word = unsafe message.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ place, as: UInt64.self)
      unsafe room.storeBytes(of: word, toUncheckedByteOffset: end &+ place, as: UInt64.self)
      if place &+ 8 >= length { return }
      place = min(place &+ 8, length &- 8)
    }
    for place in 0..<length {
      let byte = unsafe message.unsafeLoad(fromUncheckedByteOffset: start &+ place, as: UInt8.self)
      unsafe room.storeBytes(of: byte, toUncheckedByteOffset: end &+ place, as: UInt8.self)
    }
  }
}
