import Primitives

/// An amount of a currency with two decimals, exact, in hundredths.
public struct Money: Hashable, Comparable, Sendable {
  public let cents: Int64

  public init(cents: Int64) { self.cents = cents }

  public static let zero = Money(cents: 0)
  /// Decimals of every money column and of money in payloads.
  public static let scale = 2

  public static func + (left: Money, right: Money) -> Money { Money(cents: left.cents + right.cents) }
  public static func - (left: Money, right: Money) -> Money { Money(cents: left.cents - right.cents) }
  public static prefix func - (money: Money) -> Money { Money(cents: -money.cents) }
  public static func += (left: inout Money, right: Money) { left = left + right }
  public static func -= (left: inout Money, right: Money) { left = left - right }
  public static func < (left: Money, right: Money) -> Bool { left.cents < right.cents }
}

extension Money: CustomStringConvertible {
  public var description: String { text { $0.append(unscaled: self.cents, scale: Money.scale) } }
}

extension ByteWriter {
  /// A decimal number as PostgreSQL prints it: all `scale` decimals, no exponent.
  mutating func append(unscaled value: Int64, scale: Int) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var unit: UInt64 = 1
    for _ in 0..<scale { unit *= 10 }
    let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: unit)
    append(decimal: whole)
    guard scale > 0 else { return }
    append(UInt8(ascii: "."))
    append(decimal: rest, width: scale)
  }
}

/// What `body` writes, as a `String`. Not for the row path.
func text(_ body: (inout ByteWriter) -> Void) -> String {
  String(decoding: bytes(body), as: UTF8.self)
}

/// What `body` writes, to be kept.
func bytes(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
  var writer = ByteWriter()
  body(&writer)
  return writer.bytes.withUnsafeBytes { Array($0) }
}
