import Primitives

/// Binary Format, in which the server writes a row with two thirds of the time that text takes it.
extension CopyRow {
  /// Before the first row: `PGCOPY\n\377\r\n\0`, flags, and the length of what may follow them.
  private static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
  private static let endMark: Int16 = -1

  /// One message of the copy, the first of which begins with the header. Returns `false` for the mark of the end, which is
  /// no row.
  ///
  /// - Parameter forms: one for each column.
  public mutating func decode(binary message: RawSpan, _ forms: [BinaryForm]) throws(DecodeError) -> Bool {
    bytes.removeAll()
    var reader = ByteReader(message)
    try CopyRow.skipHeader(message, &reader)
    let countAt = reader.offset
    let count = try reader.readInteger(as: Int16.self)
    if count == CopyRow.endMark { return false }
    guard count == forms.count else { throw .invalidLength(Int(count), at: countAt) }
    try CopyRow.read(message, &reader, forms, &tuple, &bytes)
    guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
    return true
  }

  @_lifetime(reader: copy reader)
  private static func read(
    _ message: RawSpan, _ reader: inout ByteReader, _ forms: [BinaryForm], _ tuple: inout TupleLayout,
    _ bytes: inout ByteWriter
  ) throws(DecodeError) {
    tuple.makePlaces(forms.count)
    var places = tuple.columns.mutableSpan
    let forms = forms.span
    for index in 0..<forms.count {
      let length = try reader.readInteger(as: Int32.self)
      if length == -1 {
        places[index] = .null
        continue
      }
      let place = try reader.skip(Int(length))
      let start = bytes.count
      switch forms[index] {
      case .text: bytes.append(message, piece: place)
      case .uuid: try BinaryForm.writeUUID(message, place, into: &bytes)
      case let form: try form.write(message.extracting(place), at: place.lowerBound, into: &bytes)
      }
      places[index] = .text(start..<bytes.count)
    }
  }

  /// No row can be taken for it: a table has at most 1,600 columns.
  @_lifetime(reader: copy reader)
  private static func skipHeader(_ message: RawSpan, _ reader: inout ByteReader) throws(DecodeError) {
    guard message.byteCount >= signature.count else { return }
    for (index, byte) in signature.enumerated() where message.byte(at: index) != byte { return }
    _ = try reader.skip(signature.count)
    let flagsAt = reader.offset
    // Bits from 16 on are of changes that a reader must know.
    let flags = try reader.readInteger(as: UInt32.self)
    guard flags >> 16 == 0 else { throw .unknownTag(UInt8(truncatingIfNeeded: flags >> 16), at: flagsAt) }
    let extensionLength = try reader.readInteger(as: Int32.self)
    _ = try reader.skip(Int(extensionLength))
  }
}
