/// What kind of movement a transaction is.
public enum TransactionType: Int, CaseIterable, Sendable {
  case purchase, payment, transfer, withdrawal, deposit, wireTransfer, refund, fee

  /// As in `transactions.transaction_type`.
  public var text: StaticString {
    switch self {
    case .purchase: "PURCHASE"
    case .payment: "PAYMENT"
    case .transfer: "TRANSFER"
    case .withdrawal: "WITHDRAWAL"
    case .deposit: "DEPOSIT"
    case .wireTransfer: "WIRE_TRANSFER"
    case .refund: "REFUND"
    case .fee: "FEE"
    }
  }

  /// Percent of all transactions, in the order of `allCases`.
  static let shares = [55, 12, 10, 8, 8, 3, 3, 1]

  /// DEPOSIT and REFUND bring money in; everything else takes it, the other side of a TRANSFER being outside the bank.
  public var isCredit: Bool { self == .deposit || self == .refund }

  /// Where such a transaction is made, with weights in percent.
  var networks: (choices: [Network], weights: [Int]) {
    switch self {
    case .purchase: ([.pos, .web, .mobile], [50, 28, 22])
    case .payment: ([.web, .mobile, .branch], [50, 42, 8])
    case .transfer: ([.mobile, .web, .branch], [55, 38, 7])
    case .withdrawal: ([.atm, .branch], [88, 12])
    case .deposit: ([.branch, .atm, .mobile], [35, 35, 30])
    case .wireTransfer: ([.web, .branch, .mobile], [60, 30, 10])
    case .refund: ([.pos, .web, .mobile], [50, 35, 15])
    case .fee: ([.branch], [100])
    }
  }

  /// What the bank charges for it: fixed prices, as banks post them.
  func fee(on network: Network) -> Money {
    switch (self, network) {
    case (.wireTransfer, .branch): Money(cents: 3500)
    case (.wireTransfer, _): Money(cents: 2500)
    case (.withdrawal, .atm): Money(cents: 150)
    case (.transfer, .branch): Money(cents: 300)
    default: .zero
    }
  }
}
