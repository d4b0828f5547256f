/// A 64-bit hash of bytes, the same in every run: for telling contents apart that nobody forges. Two contents that differ
/// have the same hash once in 2^64.
public enum ContentHash {
  private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let second: UInt64 = 0xD1B5_4A32_D192_ED03

  public static func of(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
    let count = bytes.byteCount
    var hash = fold(seed ^ first, UInt64(count) ^ second)
    var at = 0
    while at + 8 <= count {
      // The loop's condition is the check of the load.
      let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
      hash = fold(hash ^ UInt64(littleEndian: word), first)
      at += 8
    }
    var rest: UInt64 = 0
    var shift: UInt64 = 0
    while at < count {
      rest |= UInt64(bytes.byte(at: at)) << shift
      shift += 8
      at += 1
    }
    return fold(hash ^ rest, second)
  }

  public static func of(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 { unsafe of(bytes.span.bytes, seed: seed) }
  public static func of(_ text: String) -> UInt64 { of(Array(text.utf8)) }

  /// A hash of two.
  public static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 { fold(a ^ first, b ^ second) }

  /// Wraps around on purpose: every bit of both goes into every bit of the result.
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = (a | 1).multipliedFullWidth(by: b &+ first)
    return product.high ^ product.low ^ a ^ (b << 29 | b >> 35)
  }
}

/// A sum over the hashes of a set's members, so that their order does not matter; 128 bits, so that members which cancel
/// one another out by chance need not be thought of.
public struct OrderFreeHash: Sendable, Equatable {
  public private(set) var high: UInt64 = 0
  public private(set) var low: UInt64 = 0

  public init() {}

  /// Sums modulo 2^64.
  public mutating func add(_ hash: UInt64) {
    low = low &+ ContentHash.combine(hash, 1)
    high = high &+ ContentHash.combine(hash, 2)
  }

  public mutating func add(_ other: OrderFreeHash) {
    low = low &+ other.low
    high = high &+ other.high
  }

  /// 32 hexadecimal digits.
  public var text: String {
    func digits(_ value: UInt64) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return digits(high) + digits(low)
  }
}
