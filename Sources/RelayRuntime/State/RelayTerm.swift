/// Which relay of a connector began last, in the state record: each begins with a number above the one it finds, so that of
/// two relays the one that has been overtaken can be told, however late its record comes. `owner` in docs/model.
public struct RelayTerm: Sendable, Hashable, CustomStringConvertible {
  /// Grows by one with each relay that begins.
  public let number: UInt64
  /// Tells two apart that began with the same number, of which only one's record was taken.
  public let id: String

  public init(number: UInt64, id: String) {
    self.number = number
    self.id = id
  }

  /// The one that begins now.
  init(after last: RelayTerm?) {
    self.init(number: (last?.number ?? 0) &+ 1, id: RunID.random())
  }

  /// As it stands in the record: `7-0b9d3f9e-…`.
  public var description: String { "\(number)-\(id)" }

  init?(_ text: String) {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt64(parts[0]), !parts[1].isEmpty else { return nil }
    self.init(number: number, id: String(parts[1]))
  }
}
