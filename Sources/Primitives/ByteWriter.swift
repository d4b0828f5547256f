/// A growing run of bytes that is written, lent out and cleared, row after row, without allocating once it has grown.
@safe
public struct ByteWriter: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var length: Int

  /// It grows by doubling, which gives nothing from nothing.
  private static let capacityMin = 16

  /// Bytes written since the last `removeAll()`.
  @inlinable
  public var count: Int { length }

  public init(minimumCapacity: Int = 256) {
    capacity = max(minimumCapacity, ByteWriter.capacityMin)
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
    length = 0
  }

  deinit { unsafe base.deallocate() }

  /// What has been written, lent until the next change.
  @inlinable
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  @inlinable
  public mutating func removeAll() { setCount(0) }

  /// Drops everything from `count` on.
  @inlinable
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count)
    setCount(count)
  }

  @inlinable
  @inline(__always)
  public mutating func append(_ byte: UInt8) {
    if count == capacity { grow(toHold: count + 1) }
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    setCount(count &+ 1)
  }

  @inlinable
  public mutating func append(_ span: RawSpan) {
    let size = span.byteCount
    if size == 0 { return }
    if capacity &- count < size { grow(toHold: count + size) }
    unsafe span.withUnsafeBytes { source in
      unsafe (base + count).copyMemory(from: source.baseAddress!, byteCount: size)
    }
    setCount(count &+ size)
  }

  /// How far `append(_:piece:)` may read beyond a piece's start.
  @inlinable
  public static var pieceBytesMin: Int { 32 }

  /// Appends a piece of `text`. A short one with `pieceBytesMin` bytes from its start on, counted or not, is copied by words:
  /// to call for it would take longer.
  @inlinable
  @inline(__always)
  public mutating func append(_ text: RawSpan, piece: Range<Int>) {
    precondition(piece.lowerBound >= 0 && piece.upperBound <= text.byteCount)
    let size = piece.count
    guard size <= ByteWriter.pieceBytesMin, piece.lowerBound <= text.byteCount &- ByteWriter.pieceBytesMin else {
      return append(text.extracting(piece))
    }
    reserve(ByteWriter.pieceBytesMin)
    let target = unsafe base + length
    let low = unsafe text.unsafeLoadUnaligned(fromUncheckedByteOffset: piece.lowerBound, as: SIMD2<UInt64>.self)
    let high = unsafe text.unsafeLoadUnaligned(fromUncheckedByteOffset: piece.lowerBound &+ 16, as: SIMD2<UInt64>.self)
    unsafe target.storeBytes(of: low, as: SIMD2<UInt64>.self)
    unsafe target.storeBytes(of: high, toByteOffset: 16, as: SIMD2<UInt64>.self)
    length &+= size
  }

  /// Appends once more what stands in `range` already.
  @inlinable
  public mutating func append(again range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= length)
    reserve(range.count)
    unsafe (base + length).copyMemory(from: base + range.lowerBound, byteCount: range.count)
    length &+= range.count
  }

  /// Appends `text` from `start` up to the first tab or backslash, at most up to `end`, and returns where it stopped. Eight
  /// bytes at a time are copied and looked through.
  public mutating func appendRun(of text: RawSpan, from start: Int, to end: Int) -> Int {
    precondition(start >= 0 && start <= end && end <= text.byteCount)
    // A word may be stored whole though only a part of it counts.
    reserve(end &- start &+ 8)
    var at = start
    while at &+ 8 <= end {
      let word = unsafe UInt64(littleEndian: text.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      unsafe base.storeBytes(of: word.littleEndian, toByteOffset: length, as: UInt64.self)
      let found =
        ByteWriter.zeroBytes(word ^ 0x0909_0909_0909_0909) | ByteWriter.zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
      let clean = found.trailingZeroBitCount >> 3
      at &+= clean
      length &+= clean
      if found != 0 { return at }
    }
    while at < end {
      let byte = text.byte(at: at)
      if byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\\") { return at }
      append(byte)
      at &+= 1
    }
    return at
  }

  /// The top bit of each byte that is zero. Exact up to the first of them: above it, a borrow may set more.
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  @inlinable
  public mutating func append(_ bytes: [UInt8]) { unsafe append(bytes.span.bytes) }

  @inlinable
  public mutating func append(_ text: StaticString) {
    let size = text.utf8CodeUnitCount
    if capacity &- count < size { grow(toHold: count + size) }
    unsafe (base + count).copyMemory(from: text.utf8Start, byteCount: size)
    setCount(count &+ size)
  }

  /// UTF-8 of a `String`. Not for the row path.
  public mutating func append(utf8 text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Decimal digits of an integer, with a minus sign where it is negative.
  @inlinable
  public mutating func append<T: FixedWidthInteger & SignedInteger>(decimal value: T) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: UInt64(value.magnitude))
  }

  public mutating func append(decimal value: UInt64) {
    // The digits are written backwards to where they surely fit, twenty at most, and then copied to where they belong:
    // three words, of which the last may reach eight bytes beyond them.
    let end = 40
    if capacity &- count < end &+ 24 { grow(toHold: count + end + 24) }
    let target = unsafe base + count
    var at = end
    var rest = value
    while rest >= 100 {
      let quotient = rest / 100
      let pair = rest &- quotient &* 100
      at &-= 2
      unsafe target.storeBytes(of: ByteWriter.digits(pair), toByteOffset: at, as: UInt16.self)
      rest = quotient
    }
    if rest >= 10 {
      at &-= 2
      unsafe target.storeBytes(of: ByteWriter.digits(rest), toByteOffset: at, as: UInt16.self)
    } else {
      at &-= 1
      unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: rest) &+ 48, toByteOffset: at, as: UInt8.self)
    }
    for word in 0..<3 {
      let copied = unsafe target.loadUnaligned(fromByteOffset: at &+ word &* 8, as: UInt64.self)
      unsafe target.storeBytes(of: copied, toByteOffset: word &* 8, as: UInt64.self)
    }
    length &+= end &- at
  }

  /// Four decimal digits of a number below 10,000.
  public mutating func append(fourDigits value: Int) {
    precondition(value >= 0 && value < 10_000)
    let high = UInt64(value) / 100
    let low = UInt64(value) &- high &* 100
    append(
      word: UInt64(ByteWriter.digits(high).littleEndian) | UInt64(ByteWriter.digits(low).littleEndian) << 16, count: 4)
  }

  /// Two decimal digits of a number below 100.
  public mutating func append(twoDigits value: Int) {
    precondition(value >= 0 && value < 100)
    append(word: UInt64(ByteWriter.digits(UInt64(value)).littleEndian), count: 2)
  }

  /// The lowest `size` bytes of a word, eight at most, the lowest first.
  @inlinable
  @inline(__always)
  public mutating func append(word: UInt64, count size: Int) {
    precondition(size >= 0 && size <= 8)
    reserve(8)
    unsafe base.storeBytes(of: word.littleEndian, toByteOffset: length, as: UInt64.self)
    length &+= size
  }

  /// Two digits in the order of memory.
  @inline(__always)
  private static func digits(_ pair: UInt64) -> UInt16 {
    // Exact for numbers below 1,029.
    let tens = (pair &* 103) >> 10
    let ones = pair &- tens &* 10
    return UInt16(truncatingIfNeeded: 0x3030 &+ tens &+ ones << 8).littleEndian
  }

  /// Decimal digits, with leading zeros up to `width`.
  public mutating func append(decimal value: UInt64, width: Int) {
    var digits = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    while digits < width {
      append(UInt8(ascii: "0"))
      digits += 1
    }
    append(decimal: value)
  }

  /// A big-endian integer, as PostgreSQL's protocols take it.
  @inlinable
  public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T) {
    let size = MemoryLayout<T>.size
    if capacity - count < size { grow(toHold: count + size) }
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
    setCount(count + size)
  }

  /// A copy of what has been written. Not for the row path.
  public var array: [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: base, count: length))
  }

  /// Replaces one byte already written.
  public mutating func overwrite(at offset: Int, with byte: UInt8) {
    precondition(offset >= 0 && offset < count)
    unsafe base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
  }

  /// Makes room for `size` more bytes at once.
  @inlinable
  public mutating func reserve(_ size: Int) {
    if capacity &- count < size { grow(toHold: count + size) }
  }

  /// Gives back memory above `limit` bytes, so that one huge row does not set the process's size for ever.
  public mutating func shrink(to limit: Int) {
    let limit = max(limit, ByteWriter.capacityMin)
    guard capacity > limit, count <= limit else { return }
    let smaller = UnsafeMutableRawPointer.allocate(byteCount: limit, alignment: 16)
    unsafe smaller.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = smaller
    capacity = limit
  }

  @usableFromInline
  @inline(__always)
  mutating func setCount(_ count: Int) { length = count }

  @usableFromInline
  @inline(never)
  mutating func grow(toHold size: Int) {
    var larger = capacity
    while larger < size { larger *= 2 }
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    unsafe fresh.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = fresh
    capacity = larger
  }
}
