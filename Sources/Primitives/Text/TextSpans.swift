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
