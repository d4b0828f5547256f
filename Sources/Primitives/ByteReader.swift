/// A cursor over a frame: big-endian integers as PostgreSQL sends them, each read checked against the end.
///
/// It does not own the bytes; they must outlive it, which the lifetime annotation enforces.
public struct ByteReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline var position: Int

  /// Offset of the next byte to read.
  @inlinable
  public var offset: Int { position }

  @inlinable
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) {
    self.bytes = bytes
    self.position = 0
  }

  @inlinable
  public var remaining: Int { bytes.byteCount &- offset }

  @inlinable
  public var isAtEnd: Bool { offset == bytes.byteCount }

  @inlinable
  @_lifetime(self: copy self)
  public mutating func readInteger<T: FixedWidthInteger & BitwiseCopyable>(
    as type: T.Type = T.self
  ) throws(DecodeError) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { throw .truncated(need: size, have: remaining, at: offset) }
    // The guard above is the length check for this load.
    let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self)
    advance(by: size)
    return T(bigEndian: value)
  }

  @inlinable
  @_lifetime(self: copy self)
  public mutating func readByte() throws(DecodeError) -> UInt8 { try readInteger() }

  @inlinable
  @_lifetime(self: copy self)
  public mutating func readLSN() throws(DecodeError) -> LSN { LSN(rawValue: try readInteger()) }

  @inlinable
  @_lifetime(self: copy self)
  public mutating func readTimestamp() throws(DecodeError) -> PostgresTimestamp {
    PostgresTimestamp(microsecondsSince2000: try readInteger())
  }

  /// The next eight bytes, the first of them lowest, without passing over them; `nil` where there are fewer.
  @inlinable
  @inline(__always)
  public var word: UInt64? {
    guard remaining >= 8 else { return nil }
    return unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// Passes over `count` bytes and returns where they were.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func skip(_ count: Int) throws(DecodeError) -> Range<Int> {
    guard count >= 0 else { throw .invalidLength(count, at: offset) }
    guard remaining >= count else { throw .truncated(need: count, have: remaining, at: offset) }
    let start = offset
    advance(by: count)
    return start..<offset
  }

  /// A zero-terminated UTF-8 text. For names, which come once per relation; never for row values.
  @_lifetime(self: copy self)
  public mutating func readText() throws(DecodeError) -> String {
    var end = offset
    while end < bytes.byteCount, bytes.byte(at: end) != 0 { end += 1 }
    guard end < bytes.byteCount else { throw .unterminatedText(at: offset) }
    let text = unsafe bytes.extracting(offset..<end).withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    guard let text else { throw .invalidUTF8(at: offset) }
    position = end + 1
    return text
  }

  @usableFromInline
  @_lifetime(self: copy self)
  mutating func advance(by count: Int) { position &+= count }
}

extension RawSpan {
  /// One byte; traps outside the span, as an index of our own would be wrong.
  @inlinable
  @inline(__always)
  public func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount)
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }
}
