/// A position in the write-ahead log: a byte offset, printed as PostgreSQL does (`16/B374D848`).
///
/// Debezium prints the same number in decimal. Source: PostgreSQL manual, "pg_lsn Type".
public struct LSN: Hashable, Comparable, Sendable {
  public let rawValue: UInt64

  /// "No position": PostgreSQL's `InvalidXLogRecPtr`.
  public static let invalid = LSN(rawValue: 0)

  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Parses `hex/hex` of at most eight digits each; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2,
      let high = LSN.half(halves[0].utf8), let low = LSN.half(halves[1].utf8)
    else { return nil }
    rawValue = UInt64(high) << 32 | UInt64(low)
  }

  private static func half(_ digits: some Collection<UInt8>) -> UInt32? {
    guard (1...8).contains(digits.count) else { return nil }
    var value: UInt32 = 0
    for digit in digits {
      guard let nibble = hexDigitValue(digit) else { return nil }
      value = value << 4 | UInt32(nibble)
    }
    return value
  }

  @inlinable
  public static func < (left: LSN, right: LSN) -> Bool { left.rawValue < right.rawValue }

  /// Bytes of WAL from `start` up to here; 0 when `start` is beyond.
  @inlinable
  public func bytes(since start: LSN) -> UInt64 { rawValue > start.rawValue ? rawValue - start.rawValue : 0 }
}

extension LSN: CustomStringConvertible {
  public var description: String {
    String(rawValue >> 32, radix: 16, uppercase: true) + "/"
      + String(rawValue & 0xFFFF_FFFF, radix: 16, uppercase: true)
  }
}
