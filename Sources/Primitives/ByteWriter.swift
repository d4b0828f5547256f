/// A growing run of bytes that is written, lent out and cleared, row after row, without allocating once it has grown.
@safe
public struct ByteWriter: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var length: Int

  /// Bytes written since the last `removeAll()`.
  @inlinable
  public var count: Int { length }

  public init(minimumCapacity: Int = 256) {
    capacity = max(minimumCapacity, 16)
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
    setCount(count + 1)
  }

  @inlinable
  public mutating func append(_ span: RawSpan) {
    let size = span.byteCount
    if size == 0 { return }
    if capacity - count < size { grow(toHold: count + size) }
    unsafe span.withUnsafeBytes { source in
      unsafe (base + count).copyMemory(from: source.baseAddress!, byteCount: size)
    }
    setCount(count + size)
  }

  @inlinable
  public mutating func append(_ bytes: [UInt8]) { unsafe append(bytes.span.bytes) }

  @inlinable
  public mutating func append(_ text: StaticString) {
    let size = text.utf8CodeUnitCount
    if capacity - count < size { grow(toHold: count + size) }
    unsafe (base + count).copyMemory(from: text.utf8Start, byteCount: size)
    setCount(count + size)
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
    // Twenty digits hold UInt64.max.
    if capacity - count < 20 { grow(toHold: count + 20) }
    var digits = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    rest = value
    var at = count + digits
    repeat {
      at -= 1
      unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) &+ 48, toByteOffset: at, as: UInt8.self)
      rest /= 10
    } while rest > 0
    length += digits
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
    if capacity - count < size { grow(toHold: count + size) }
  }

  /// Gives back memory above `limit` bytes, so that one huge row does not set the process's size for ever.
  public mutating func shrink(to limit: Int) {
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
