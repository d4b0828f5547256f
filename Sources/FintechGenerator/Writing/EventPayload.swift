import Primitives

/// Payloads of the outbox events. Each carries the business context whole, so that a consumer needs no join. Decimals are
/// strings of their column's scale, what would be null or empty is left out, and no array holds objects.
enum EventPayload {
  static func customerCreated(
    _ customer: Customer, _ profile: CustomerProfile, accounts: Int, at time: SimulatedTime, to out: inout ByteWriter
  ) {
    out.append("{\"customer_id\":\"")
    customer.id.append(to: &out)
    out.append("\",\"first_name\":\"")
    out.append(profile.firstName)
    out.append("\",\"last_name\":\"")
    out.append(profile.lastName)
    out.append("\",\"email\":\"")
    out.append(profile.email)
    if let phone = profile.phoneNumber {
      out.append("\",\"phone\":\"")
      out.append(phone)
    }
    out.append("\",\"date_of_birth\":\"")
    out.append(profile.dateOfBirth)
    out.append("\",\"address\":")
    out.append(profile.postalAddress)
    out.append(",\"customer_tier\":\"")
    out.append(customer.tier.text)
    out.append("\",\"risk_score\":\"")
    out.append(unscaled: Int64(customer.riskHundredths), scale: 2)
    out.append("\"")
    if let score = profile.creditScore {
      out.append(",\"credit_score\":")
      out.append(decimal: Int64(score))
    }
    out.append(",\"kyc_status\":\"")
    out.append(profile.isVerified ? "VERIFIED" : "PENDING")
    out.append("\",\"status\":\"ACTIVE\",\"accounts_count\":")
    out.append(decimal: Int64(accounts))
    end(at: time, &out)
  }

  static func tierChanged(
    _ change: TierChange, customer: Customer, at time: SimulatedTime, to out: inout ByteWriter
  ) {
    out.append("{\"customer_id\":\"")
    customer.id.append(to: &out)
    out.append("\",\"previous_tier\":\"")
    out.append(change.previousTier.text)
    out.append("\",\"customer_tier\":\"")
    out.append(change.tier.text)
    out.append("\",\"change\":\"")
    out.append(change.tier.rawValue > change.previousTier.rawValue ? "UPGRADE" : "DOWNGRADE")
    out.append("\",\"previous_risk_score\":\"")
    out.append(unscaled: Int64(change.previousRiskHundredths), scale: 2)
    out.append("\",\"risk_score\":\"")
    out.append(unscaled: Int64(change.riskHundredths), scale: 2)
    out.append("\"")
    end(at: time, &out)
  }

  static func accountOpened(
    _ account: Account, customer: Customer, at time: SimulatedTime, to out: inout ByteWriter
  ) {
    begin(account, customer, &out)
    out.append(",\"account_number\":\"")
    out.append(account.number)
    out.append("\",\"currency\":\"")
    out.append(account.currency)
    money("\",\"opening_balance\":\"", account.openingBalance, &out)
    money("\",\"balance\":\"", account.openingBalance, &out)
    money("\",\"available_balance\":\"", account.openingBalance, &out)
    if let limit = account.creditLimit { money("\",\"credit_limit\":\"", limit, &out) }
    if let rate = account.interestRate {
      out.append("\",\"interest_rate\":\"")
      out.append(unscaled: rate, scale: 4)
    }
    out.append("\",\"status\":\"ACTIVE\"")
    end(at: time, &out)
  }

  static func balanceChanged(
    _ movement: BalanceMovement, _ transaction: BankTransaction, account: Account, customer: Customer,
    at time: SimulatedTime, to out: inout ByteWriter
  ) {
    begin(account, customer, &out)
    out.append(",\"currency\":\"")
    out.append(account.currency)
    money("\",\"previous_balance\":\"", movement.before.balance, &out)
    money("\",\"balance\":\"", movement.after.balance, &out)
    money("\",\"balance_change\":\"", movement.after.balance - movement.before.balance, &out)
    money("\",\"previous_available_balance\":\"", movement.before.available, &out)
    money("\",\"available_balance\":\"", movement.after.available, &out)
    money("\",\"pending_debits\":\"", movement.pendingDebits, &out)
    money("\",\"pending_credits\":\"", movement.pendingCredits, &out)
    out.append("\",\"transaction_id\":\"")
    transaction.id.append(to: &out)
    out.append("\",\"transaction_type\":\"")
    out.append(transaction.type.text)
    out.append("\",\"transaction_status\":\"")
    out.append(transaction.status.text)
    money("\",\"amount\":\"", transaction.amount, &out)
    money("\",\"fee_amount\":\"", transaction.fee, &out)
    out.append("\"")
    end(at: time, &out)
  }

  static func transaction(
    _ transaction: BankTransaction, previousStatus: TransactionStatus?, account: Account, customer: Customer,
    merchant: Merchant?, at time: SimulatedTime, to out: inout ByteWriter
  ) {
    begin(transaction, statusMember: "status", account: account, customer: customer, &out)
    if let previousStatus {
      out.append(",\"previous_status\":\"")
      out.append(previousStatus.text)
      out.append("\"")
    }
    if let reason = transaction.failureReason {
      out.append(",\"failure_reason\":\"")
      out.append(reason.text)
      out.append("\"")
    }
    out.append(",\"network\":\"")
    out.append(transaction.network.text)
    out.append("\",\"description\":\"")
    describe(transaction, merchant, to: &out)
    out.append("\"")
    if let merchant { out.append(merchant.payloadMembers) }
    if let address = transaction.address {
      out.append(",\"ip_address\":\"")
      address.append(to: &out)
      out.append("\"")
    }
    if let device = transaction.device {
      out.append(",\"device_fingerprint\":\"")
      device.appendFingerprint(to: &out)
      out.append("\"")
    }
    out.append(",\"transaction_location\":")
    out.append(City.all[transaction.city].payloadJSON)
    risk(transaction, &out)
    end(at: time, &out)
  }

  static func alertRaised(
    _ alert: FraudAlert, id: RowID, _ transaction: BankTransaction, account: Account, customer: Customer,
    merchant: Merchant?, at time: SimulatedTime, to out: inout ByteWriter
  ) {
    begin(transaction, statusMember: "transaction_status", account: account, customer: customer, &out)
    out.append(",\"alert_id\":\"")
    id.append(to: &out)
    out.append("\",\"alert_type\":\"")
    out.append(alert.type.text)
    out.append("\",\"severity\":\"")
    out.append(alert.severity.text)
    out.append("\",\"confidence_score\":\"")
    out.append(unscaled: Int64(alert.confidenceThousandths), scale: 3)
    out.append("\",\"rules_triggered\":")
    rules(alert, to: &out)
    out.append(",\"status\":\"OPEN\",\"description\":\"")
    out.append(alert.type.explanation)
    out.append("\"")
    if let merchant { out.append(merchant.payloadMembers) }
    risk(transaction, &out)
    end(at: time, &out)
  }

  /// JSON array of rule names.
  static func rules(_ alert: FraudAlert, to out: inout ByteWriter) {
    for (place, rule) in alert.rules.enumerated() {
      out.append(place == 0 ? "[\"RULE_" : ",\"RULE_")
      out.append(decimal: UInt64(rule))
      out.append("\"")
    }
    out.append("]")
  }

  /// What `transactions.description` says.
  static func describe(_ transaction: BankTransaction, _ merchant: Merchant?, to out: inout ByteWriter) {
    let subject: StaticString
    switch transaction.type {
    case .purchase: subject = "Purchase at "
    case .payment: subject = "Payment to "
    case .refund: subject = "Refund from "
    case .transfer: subject = "Transfer to another bank"
    case .withdrawal: subject = transaction.network == .atm ? "Cash withdrawal at a machine" : "Cash withdrawal"
    case .deposit: subject = "Deposit"
    case .wireTransfer: subject = "Wire transfer"
    case .fee: subject = "Account fee"
    }
    out.append(subject)
    if let merchant { out.append(merchant.name) }
  }

  // MARK: Parts

  private static func begin(_ account: Account, _ customer: Customer, _ out: inout ByteWriter) {
    out.append("{\"account_id\":\"")
    account.id.append(to: &out)
    out.append("\",\"account_type\":\"")
    out.append(account.type.text)
    out.append("\",\"customer_id\":\"")
    customer.id.append(to: &out)
    out.append("\",\"customer_tier\":\"")
    out.append(customer.tier.text)
    out.append("\"")
  }

  private static func begin(
    _ transaction: BankTransaction, statusMember: StaticString, account: Account, customer: Customer,
    _ out: inout ByteWriter
  ) {
    begin(account, customer, &out)
    out.append(",\"customer_risk_score\":\"")
    out.append(unscaled: Int64(customer.riskHundredths), scale: 2)
    out.append("\",\"transaction_id\":\"")
    transaction.id.append(to: &out)
    out.append("\",\"transaction_type\":\"")
    out.append(transaction.type.text)
    money("\",\"amount\":\"", transaction.amount, &out)
    money("\",\"fee_amount\":\"", transaction.fee, &out)
    out.append("\",\"currency\":\"")
    out.append(account.currency)
    out.append("\",\"")
    out.append(statusMember)
    out.append("\":\"")
    out.append(transaction.status.text)
    out.append("\"")
  }

  private static func risk(_ transaction: BankTransaction, _ out: inout ByteWriter) {
    out.append(",\"risk_score\":\"")
    out.append(unscaled: Int64(transaction.riskHundredths), scale: 2)
    out.append("\",\"risk_level\":\"")
    out.append(transaction.riskLevel.text)
    out.append("\"")
    guard !transaction.flags.isEmpty else { return }
    out.append(",\"compliance_flags\":")
    transaction.flags.append(to: &out)
  }

  private static func money(_ member: StaticString, _ amount: Money, _ out: inout ByteWriter) {
    out.append(member)
    out.append(unscaled: amount.cents, scale: Money.scale)
  }

  private static func end(at time: SimulatedTime, _ out: inout ByteWriter) {
    out.append(",\"occurred_at\":\"")
    out.append(time)
    out.append("\"}")
  }
}
