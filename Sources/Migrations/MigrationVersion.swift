/// The version in a migration's file name: numbers with dots or underscores between them, compared as numbers, so that
/// V2 comes before V10 and 1.0 equals 1.
public struct MigrationVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Without trailing zeros, so that equal versions have equal parts.
  let parts: [UInt64]

  /// `nil` where `text` is no such version or one of its numbers needs more than 64 bits.
  public init?(_ text: some StringProtocol) {
    var parts: [UInt64] = []
    for part in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "_" }) {
      // `UInt64` would also read a sign.
      guard part.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let number = UInt64(part)
      else { return nil }
      parts.append(number)
    }
    while parts.count > 1, parts.last == 0 { parts.removeLast() }
    self.parts = parts
  }

  public var description: String { parts.map(String.init).joined(separator: ".") }

  public static func < (left: MigrationVersion, right: MigrationVersion) -> Bool {
    left.parts.lexicographicallyPrecedes(right.parts)
  }
}
