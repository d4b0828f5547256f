/// What the database holds of a run, beside what the run wrote.
public struct Reconciliation: Sendable {
  public struct Line: Sendable, Equatable {
    public let name: String
    public let written: Int
    public let found: Int
    public var agrees: Bool { written == found }
  }

  /// The money check of one currency: balances = opening balances + signed completed transactions − their fees.
  public struct Currency: Sendable, Equatable {
    public let code: String
    public let openingBalances: Money
    public let signedCompleted: Money
    public let fees: Money
    public let balances: Money
    public var expectedBalances: Money { openingBalances + signedCompleted - fees }
    public var agrees: Bool { balances == expectedBalances }
  }

  /// Available balances and the generator's own books, per currency.
  public struct Holdings: Sendable, Equatable {
    public let code: String
    public let booked: Money
    public let balances: Money
    /// Balances and all that is pending, by sign.
    public let expectedAvailable: Money
    public let available: Money
    public var agrees: Bool { booked == balances && expectedAvailable == available }
  }

  /// Rows of this run by table.
  public let tables: [Line]
  /// Outbox rows of this run by event type.
  public let events: [Line]
  /// Transactions of this run by the status they have now.
  public let statuses: [Line]
  /// Over the accounts of this run.
  public let currencies: [Currency]
  public let holdings: [Holdings]
  /// Over all accounts of the database; `nil` where some account has no `account.opened` event to tell its opening
  /// balance.
  public let wholeDatabase: [Currency]?

  public var agrees: Bool {
    (tables + events + statuses).allSatisfy(\.agrees) && currencies.allSatisfy(\.agrees)
      && holdings.allSatisfy(\.agrees) && (wholeDatabase ?? []).allSatisfy(\.agrees)
  }
}
