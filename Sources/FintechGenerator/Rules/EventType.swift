/// Kind of an outbox event; names the topic.
public enum EventType: Int, CaseIterable, Sendable {
  case customerCreated, customerTierChanged, accountOpened, accountBalanceChanged
  case transactionCreated, transactionCompleted, transactionFailed, transactionReversed
  case fraudAlertRaised

  /// As in `outbox.event_type`.
  public var text: StaticString {
    switch self {
    case .customerCreated: "customer.created"
    case .customerTierChanged: "customer.tier_changed"
    case .accountOpened: "account.opened"
    case .accountBalanceChanged: "account.balance_changed"
    case .transactionCreated: "transaction.created"
    case .transactionCompleted: "transaction.completed"
    case .transactionFailed: "transaction.failed"
    case .transactionReversed: "transaction.reversed"
    case .fraudAlertRaised: "fraud.alert_raised"
    }
  }

  /// As in `outbox.aggregate_type`.
  var aggregateType: StaticString {
    switch self {
    case .customerCreated, .customerTierChanged: "customer"
    case .accountOpened, .accountBalanceChanged: "account"
    case .transactionCreated, .transactionCompleted, .transactionFailed, .transactionReversed: "transaction"
    case .fraudAlertRaised: "fraud_alert"
    }
  }
}
