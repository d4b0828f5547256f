extension RawSpan {
  /// Whether the bytes are these ASCII characters.
  @inlinable
  @inline(__always)
  public func equals(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard byteCount == count else { return false }
    for at in 0..<count {
      // `at` is below both counts.
      if unsafe byte(at: at) != text.utf8Start[at] { return false }
    }
    return true
  }

  /// Up to eight bytes, the first of them lowest, and spaces in place of those behind them. `width` is 1 to 8, and they
  /// are all there.
  @inlinable
  @inline(__always)
  public func word(at offset: Int, width: Int) -> UInt64 {
    precondition(offset >= 0 && width > 0 && width <= 8 && offset <= byteCount - width)
    return uncheckedWord(at: offset, width: width)
  }

  /// The caller sees to what `word` looks after.
  @inlinable
  @inline(__always)
  func uncheckedWord(at offset: Int, width: Int) -> UInt64 {
    let end = offset &+ width
    // The loads end where the bytes end, or begin where the span begins.
    if width == 8 {
      return unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }
    let bits = UInt64(truncatingIfNeeded: width &* 8)
    let spaces = UInt64(0x2020_2020_2020_2020) &<< bits
    if end >= 8 {
      let last = unsafe UInt64(
        littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: end &- 8, as: UInt64.self))
      return last &>> (64 &- bits) | spaces
    }
    if width >= 4 {
      let first = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
      let last = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: end &- 4, as: UInt32.self)
      return UInt64(UInt32(littleEndian: first)) | UInt64(UInt32(littleEndian: last)) &<< (bits &- 32) | spaces
    }
    // The first, the middle and the last of one to three, some of them the same.
    let middle = width >> 1
    return UInt64(unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self))
      | UInt64(unsafe unsafeLoad(fromUncheckedByteOffset: offset &+ middle, as: UInt8.self))
      &<< UInt64(truncatingIfNeeded: middle &* 8)
      | UInt64(unsafe unsafeLoad(fromUncheckedByteOffset: end &- 1, as: UInt8.self)) &<< (bits &- 8) | spaces
  }

  /// Where the bytes' first quote, backslash, control character or byte beyond ASCII stands from `start` on, or the end.
  public func plainEnd(from start: Int) -> Int { JSONText.plainEnd(self, from: start) }

  /// The text as a `String`; bytes that are not UTF-8 are repaired. Not for the row path.
  public var string: String { String(decoding: array, as: UTF8.self) }

  /// A copy of the bytes.
  public var array: [UInt8] {
    unsafe withUnsafeBytes { unsafe Array($0) }
  }
}

extension ByteWriter {
  /// A copy of what has been written.
  public var copiedBytes: [UInt8] { bytes.array }
}
