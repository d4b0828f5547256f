/// One row of `transactions` in terms of the stream that makes it.
struct BankTransaction: Sendable {
  let id: RowID
  /// Places in the stream's customers and accounts.
  let customer: Int
  let account: Int
  /// Place in the merchant directory.
  let merchant: Int?
  let type: TransactionType
  let amount: Money
  let fee: Money
  var status: TransactionStatus
  var failureReason: FailureReason?
  let network: Network
  /// Place in `City.all`.
  let city: Int
  let device: Device?
  let address: HostAddress?
  let riskHundredths: Int
  let flags: ComplianceFlags
  let anomaly: AnomalyTrait?
  let createdAt: SimulatedTime

  var riskLevel: RiskLevel { RiskLevel(scoreHundredths: riskHundredths) }

  /// What a COMPLETED one does to the balance: the amount by its sign, less the fee.
  var signedTotal: Money { (type.isCredit ? amount : -amount) - fee }

  var pendingDebit: Money { type.isCredit ? fee : amount + fee }
  var pendingCredit: Money { type.isCredit ? amount : .zero }
}

/// An account's balances before and after one business transaction.
struct BalanceMovement: Sendable {
  struct Balances: Equatable, Sendable {
    let balance: Money
    let available: Money

    init(_ account: Account) {
      balance = account.balance
      available = account.availableBalance
    }
  }

  let account: Int
  let before: Balances
  let after: Balances
  let pendingDebits: Money
  let pendingCredits: Money
}

/// One row of `fraud_alerts`.
struct FraudAlert: Sendable {
  let type: AlertType
  let severity: RiskLevel
  /// 500…1000, as `numeric(4,3)` holds it.
  let confidenceThousandths: Int
  /// One to three numbers of 100…999, different ones.
  let rules: [Int]

  /// In the order of `RiskLevel.allCases`.
  static let severityWeights = [10, 30, 40, 20]

  init(for trait: AnomalyTrait?, _ random: inout SeededRandom) {
    type = AlertType.draw(for: trait, &random)
    severity = RiskLevel.allCases[random.weighted(FraudAlert.severityWeights)]
    confidenceThousandths = random.integer(in: 500...1000)
    var rules: [Int] = []
    let count = random.integer(in: 1...3)
    while rules.count < count {
      let rule = random.integer(in: 100...999)
      if !rules.contains(rule) { rules.append(rule) }
    }
    self.rules = rules
  }
}
