import Primitives

/// Binary Format, in which the server writes a row with two thirds of the time that text takes it.
extension CopyRow {
  private static let endMark: Int16 = -1

  /// One message of the copy, the first of which begins with the header. Returns `false` for the mark of the end, which is
  /// no row.
  ///
  /// - Parameter forms: one for each column.
  public mutating func decode(binary message: RawSpan, _ forms: Span<BinaryForm>) throws(DecodeError) -> Bool {
    bytes.removeAll()
    var reader = ByteReader(message)
    try CopyRow.skipHeader(message, &reader)
    let countAt = reader.offset
    let count = try reader.readInteger(as: Int16.self)
    if count == CopyRow.endMark { return false }
    guard count == forms.count else { throw .invalidLength(Int(count), at: countAt) }
    try CopyRow.read(message, &reader, forms, &tuple, &time, &bytes)
    guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
    return true
  }

  @inline(__always)
  @_lifetime(reader: copy reader)
  private static func read(
    _ message: RawSpan, _ reader: inout ByteReader, _ forms: Span<BinaryForm>, _ tuple: inout TupleLayout,
    _ time: inout BinaryTime, _ bytes: inout ByteWriter
  ) throws(DecodeError) {
    tuple.makePlaces(forms.count)
    var places = tuple.columns.mutableSpan
    var index = 0
    while true {
      _ = try reader.skip(readShort(message, from: reader.offset, forms, &index, &places, &time, &bytes))
      if index == forms.count { return }
      places[index] = try read(message, &reader, forms[index], &time, &bytes)
      index += 1
    }
  }

  /// A column of any form and length.
  @_lifetime(reader: copy reader)
  private static func read(
    _ message: RawSpan, _ reader: inout ByteReader, _ form: BinaryForm, _ time: inout BinaryTime,
    _ bytes: inout ByteWriter
  ) throws(DecodeError) -> TupleColumn {
    let length = try reader.readInteger(as: Int32.self)
    if length == -1 { return .null }
    let place = try reader.skip(Int(length))
    let start = bytes.count
    try form.write(message.extracting(place), at: place.lowerBound, &time, into: &bytes)
    return .text(start..<bytes.count)
  }

  /// Before the first row: `PGCOPY\n\377\r\n\0`, flags, and the length of what may follow them. No row can be taken for it: a
  /// table has at most 1,600 columns.
  @inline(__always)
  @_lifetime(reader: copy reader)
  private static func skipHeader(_ message: RawSpan, _ reader: inout ByteReader) throws(DecodeError) {
    guard reader.word == 0xFF0A_5950_4F43_4750, message.byteCount >= 11 else { return }
    guard message.byte(at: 8) == 0x0D, message.byte(at: 9) == 0x0A, message.byte(at: 10) == 0 else { return }
    _ = try reader.skip(11)
    let flagsAt = reader.offset
    // Bits from 16 on are of changes that a reader must know.
    let flags = try reader.readInteger(as: UInt32.self)
    guard flags >> 16 == 0 else { throw .unknownTag(UInt8(truncatingIfNeeded: flags >> 16), at: flagsAt) }
    let extensionLength = try reader.readInteger(as: Int32.self)
    _ = try reader.skip(Int(extensionLength))
  }
}
