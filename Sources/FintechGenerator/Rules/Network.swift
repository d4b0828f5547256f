/// Where a transaction is made; also the channel of a session.
public enum Network: Int, CaseIterable, Sendable {
  case mobile, web, atm, pos, branch

  /// As in `transactions.network`.
  public var text: StaticString {
    switch self {
    case .mobile: "mobile"
    case .web: "web"
    case .atm: "atm"
    case .pos: "pos"
    case .branch: "branch"
    }
  }

  /// Whether the customer's own device and address take part, so that a session can hold it.
  var isOnline: Bool { self == .mobile || self == .web }
}
