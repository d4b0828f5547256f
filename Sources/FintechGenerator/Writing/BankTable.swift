/// The tables that a run writes.
public enum BankTable: Int, CaseIterable, Sendable {
  case customers, accounts, merchants, transactions, fraudAlerts, accountBalances, customerSessions, marketData, outbox

  /// Name in the schema `public`.
  public var name: String {
    switch self {
    case .customers: "customers"
    case .accounts: "accounts"
    case .merchants: "merchants"
    case .transactions: "transactions"
    case .fraudAlerts: "fraud_alerts"
    case .accountBalances: "account_balances"
    case .customerSessions: "customer_sessions"
    case .marketData: "market_data"
    case .outbox: "outbox"
    }
  }
}
