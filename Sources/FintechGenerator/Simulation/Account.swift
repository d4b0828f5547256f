/// An account with its exact balances. It belongs to one stream, so its next balance is known before it is written.
struct Account: Sendable {
  let id: RowID
  /// Place in the stream's customers.
  let customer: Int
  let type: AccountType
  let currency: StaticString
  let number: [UInt8]
  let openingBalance: Money
  /// How far below zero a CREDIT account may go; `nil` for the others.
  let creditLimit: Money?
  /// Percent a year in ten-thousandths, as `numeric(7,4)` holds it.
  let interestRate: Int64?
  private(set) var balance: Money
  private(set) var pendingDebits = Money.zero
  private(set) var pendingCredits = Money.zero

  init(
    id: RowID, customer: Int, type: AccountType, currency: StaticString, number: [UInt8], openingBalance: Money,
    creditLimit: Money?, interestRate: Int64?
  ) {
    self.id = id
    self.customer = customer
    self.type = type
    self.currency = currency
    self.number = number
    self.openingBalance = openingBalance
    self.creditLimit = creditLimit
    self.interestRate = interestRate
    balance = openingBalance
  }

  /// What stands in `accounts.available_balance`: the balance with everything pending taken as if it were done.
  var availableBalance: Money { balance - pendingDebits + pendingCredits }

  /// What a new debit may take: not what is only on its way in, but what the bank lends.
  var spendable: Money { balance - pendingDebits + (creditLimit ?? .zero) }

  /// Whether the account bears the transaction. One that brings in more than its fee always passes.
  func covers(_ type: TransactionType, amount: Money, fee: Money) -> Bool {
    type.isCredit && amount >= fee || spendable >= (type.isCredit ? fee - amount : amount + fee)
  }

  /// Books a completed transaction.
  mutating func book(_ transaction: BankTransaction) { balance += transaction.signedTotal }

  /// Undoes a booked one, fee included.
  mutating func reverse(_ transaction: BankTransaction) { balance -= transaction.signedTotal }

  mutating func hold(_ transaction: BankTransaction) {
    pendingDebits += transaction.pendingDebit
    pendingCredits += transaction.pendingCredit
  }

  mutating func release(_ transaction: BankTransaction) {
    pendingDebits -= transaction.pendingDebit
    pendingCredits -= transaction.pendingCredit
  }
}
