/// What kind of account it is.
enum AccountType: Int, CaseIterable, Sendable {
  case checking, savings, credit, investment, business

  /// As in `accounts.account_type`.
  var text: StaticString {
    switch self {
    case .checking: "CHECKING"
    case .savings: "SAVINGS"
    case .credit: "CREDIT"
    case .investment: "INVESTMENT"
    case .business: "BUSINESS"
    }
  }

  /// Whether everyday payments are made from it.
  var isForSpending: Bool { self == .checking || self == .credit || self == .business }
}
