import PostgresSource

/// The money check of a whole database of the fintech schema, in one snapshot: opening balances, completed entries and fees
/// against the balances, by currency and to the cent.
public struct MoneyCheck: Sendable {
  /// `nil` where some account has no `account.opened` event to tell its opening balance.
  public let currencies: [Reconciliation.Currency]?

  public var agrees: Bool { currencies?.allSatisfy(\.agrees) ?? false }

  /// Throws where the schema is another (SQLSTATE 42P01, 42703) or the server cannot be reached.
  public static func run(_ settings: ConnectionSettings) throws(PostgresError) -> MoneyCheck {
    MoneyCheck(currencies: try DatabaseCheck(settings).checkWholeDatabase())
  }
}
