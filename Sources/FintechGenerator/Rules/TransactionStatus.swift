/// How far a transaction has come.
public enum TransactionStatus: Int, CaseIterable, Sendable {
  case pending, completed, failed, reversed

  /// As in `transactions.status`.
  public var text: StaticString {
    switch self {
    case .pending: "PENDING"
    case .completed: "COMPLETED"
    case .failed: "FAILED"
    case .reversed: "REVERSED"
    }
  }
}

/// Why a transaction failed; told in the event alone, since the table has no column for it.
public enum FailureReason: Sendable {
  case declined, insufficientFunds

  var text: StaticString {
    switch self {
    case .declined: "DECLINED"
    case .insufficientFunds: "INSUFFICIENT_FUNDS"
    }
  }
}
