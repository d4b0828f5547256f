import Primitives

/// A row's uuid: version 7, the simulated time's milliseconds and 74 random bits, so that rows of one time lie together
/// in their index. Source: RFC 9562, section 5.7.
public struct RowID: Hashable, Sendable {
  public let high: UInt64
  public let low: UInt64

  init(at time: SimulatedTime, random: inout SeededRandom) {
    let milliseconds = UInt64(bitPattern: time.unixMicroseconds / 1000) & 0xFFFF_FFFF_FFFF
    high = milliseconds << 16 | 0x7000 | random.next() >> 52
    low = 0x8000_0000_0000_0000 | random.next() >> 2
  }

  /// Thirty-six characters, lower case, as PostgreSQL prints it.
  public func append(to writer: inout ByteWriter) {
    writer.reserve(36)
    RowID.append(high >> 32, digits: 8, to: &writer)
    writer.append(UInt8(ascii: "-"))
    RowID.append(high >> 16, digits: 4, to: &writer)
    writer.append(UInt8(ascii: "-"))
    RowID.append(high, digits: 4, to: &writer)
    writer.append(UInt8(ascii: "-"))
    RowID.append(low >> 48, digits: 4, to: &writer)
    writer.append(UInt8(ascii: "-"))
    RowID.append(low, digits: 12, to: &writer)
  }

  /// The lowest `digits` hexadecimal digits of `word`.
  static func append(_ word: UInt64, digits: Int, to writer: inout ByteWriter) {
    var shift = digits * 4
    while shift > 0 {
      shift -= 4
      let digit = UInt8(word >> UInt64(shift) & 0xF)
      writer.append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
    }
  }
}

extension RowID: CustomStringConvertible {
  public var description: String { text { self.append(to: &$0) } }
}
