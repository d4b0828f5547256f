/// `__debezium.context.runId`: a UUID of version 7, new at each start; its first 48 bits are the time in milliseconds.
/// Source: RFC 9562, section 5.7.
enum RunID {
  static func make(unixMilliseconds: Int64) -> String {
    let time = UInt64(bitPattern: unixMilliseconds) & 0xFFFF_FFFF_FFFF
    let high = time << 16 | 0x7000 | UInt64.random(in: 0...0xFFF)
    let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF)
    return text(high, low)
  }

  /// A UUID of version 4, for what needs no order: chunks, notifications.
  static func random() -> String {
    text(
      UInt64.random(in: 0...UInt64.max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
      0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF))
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    let digits = hexadecimal(high) + hexadecimal(low)
    let parts = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)].map { start, count in
      String(digits.dropFirst(start).prefix(count))
    }
    return parts.joined(separator: "-")
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
