/// Room behind what has been written: for values whose greatest size is known, so that it is looked for once and not for each
/// of their parts.
extension ByteWriter {
  /// What has been written and `size` bytes behind it, of which `extend(to:)` then says how many are to stay. What these hold
  /// before is not defined.
  @inlinable
  @inline(__always)
  @_lifetime(&self)
  public mutating func bytes(withRoom size: Int) -> MutableRawSpan {
    precondition(size >= 0)
    reserve(size)
    // The line above made the room.
    let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: length &+ size)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// The bytes up to `end` have been written.
  @inlinable
  @inline(__always)
  public mutating func extend(to end: Int) {
    precondition(end >= length && end <= capacity)
    length = end
  }
}
