import PostgresSource
import Primitives

/// Turns what a stream does into the statements of one database transaction.
struct UnitEncoder {
  private let rules: StreamRules
  private(set) var written = WrittenRows()

  init(rules: StreamRules) { self.rules = rules }

  /// All merchants of the run.
  mutating func encodeMerchants(into unit: UnitOfWork) {
    let calls = unit.calls
    for merchant in rules.merchants.merchants {
      let kind = MerchantKind.all[merchant.kind]
      calls.begin(.insertMerchant)
      calls.id(merchant.id)
      calls.text(merchant.name)
      calls.text(kind.businessType)
      calls.text(kind.mcc)
      calls.jsonb(merchant.postalAddress)
      calls.text(Country.all[City.all[merchant.city].country].code)
      calls.text(kind.riskLevel.text)
      calls.timestamp(rules.start.postgres)
      written.insert(.merchants)
    }
    unit.proof = rules.merchants.merchants.first.map { UnitOfWork.Proof(table: .merchants, id: $0.id) }
  }

  /// The next customers of the stream with their accounts and events, up to `most`; false when there are none left.
  mutating func encodeCustomers(of stream: LogicalStream, upTo most: Int, into unit: UnitOfWork) -> Bool {
    for _ in 0..<most {
      guard let (customer, profile, accounts) = stream.openCustomer() else { break }
      encode(customer, profile, accounts, of: stream, into: unit)
      if unit.proof == nil { unit.proof = UnitOfWork.Proof(table: .customers, id: customer.id) }
    }
    return !unit.calls.isEmpty
  }

  mutating func encode(_ event: StreamEvent, of stream: LogicalStream, into unit: UnitOfWork) {
    switch event {
    case .opened(let opened): encode(opened, of: stream, into: unit)
    case .changed(let change): encode(change, of: stream, into: unit)
    case .sessionsEnded(let sessions):
      for session in sessions {
        unit.calls.begin(.endSession)
        unit.calls.id(session.id)
        unit.calls.timestamp(session.endsAt.postgres)
        written.update(.customerSessions)
      }
    case .tiersChanged(let changes, let at): encode(changes, at: at, of: stream, into: unit)
    case .quoted(let quotes, let at): encode(quotes, at: at, of: stream, into: unit)
    }
  }

  // MARK: Start-up

  private mutating func encode(
    _ customer: Customer, _ profile: CustomerProfile, _ accounts: ArraySlice<Account>, of stream: LogicalStream,
    into unit: UnitOfWork
  ) {
    let calls = unit.calls
    let at = rules.start
    calls.begin(.insertCustomer)
    calls.id(customer.id)
    calls.text(profile.firstName)
    calls.text(profile.lastName)
    calls.text(profile.email)
    if let phone = profile.phoneNumber { calls.text(phone) } else { calls.null() }
    let daysTo2000 = CalendarDay(year: 2000, month: 1, day: 1).daysSince1970
    calls.date(daysSince2000: Int32(profile.dateOfBirth.daysSince1970 - daysTo2000))
    calls.jsonb(profile.postalAddress)
    calls.text(customer.tier.text)
    calls.numeric(unscaled: Int64(customer.riskHundredths), scale: 2)
    if let score = profile.creditScore { calls.int32(Int32(score)) } else { calls.null() }
    calls.text(profile.isVerified ? "VERIFIED" : "PENDING")
    calls.timestamp(at.postgres)
    written.insert(.customers)
    for account in accounts {
      calls.begin(.insertAccount)
      calls.id(account.id)
      calls.id(customer.id)
      calls.text(account.number)
      calls.text(account.type.text)
      calls.text(account.currency)
      calls.money(account.openingBalance)
      if let limit = account.creditLimit { calls.money(limit) } else { calls.null() }
      if let rate = account.interestRate { calls.numeric(unscaled: rate, scale: 4) } else { calls.null() }
      calls.timestamp(at.postgres)
      written.insert(.accounts)
    }
    calls.begin(BankStatement.insertEvents(1 + accounts.count))
    event(.customerCreated, of: customer.id, at: at, stream, calls) {
      EventPayload.customerCreated(customer, profile, accounts: accounts.count, at: at, to: &$0)
    }
    for account in accounts {
      event(.accountOpened, of: account.id, at: at, stream, calls) {
        EventPayload.accountOpened(account, customer: customer, at: at, to: &$0)
      }
    }
  }

  // MARK: Running

  private mutating func encode(_ opened: OpenedTransaction, of stream: LogicalStream, into unit: UnitOfWork) {
    let calls = unit.calls
    let transaction = opened.transaction
    let at = transaction.createdAt
    let customer = stream.customers[transaction.customer]
    let account = stream.accounts[transaction.account]
    let merchant = transaction.merchant.map { rules.merchants.merchants[$0] }
    unit.proof = UnitOfWork.Proof(table: .transactions, id: transaction.id)
    if let session = opened.session { encode(session, customer: customer, calls) }
    calls.begin(.insertTransaction)
    calls.id(transaction.id)
    calls.id(account.id)
    calls.id(customer.id)
    if let merchant { calls.id(merchant.id) } else { calls.null() }
    calls.text(transaction.type.text)
    calls.money(transaction.amount)
    calls.text(account.currency)
    calls.money(transaction.fee)
    calls.text(transaction.status.text)
    calls.text(transaction.network.text)
    calls.text { EventPayload.describe(transaction, merchant, to: &$0) }
    if let address = transaction.address { calls.inet(ipv4: address.ipv4) } else { calls.null() }
    if let device = transaction.device { calls.text { device.appendFingerprint(to: &$0) } } else { calls.null() }
    calls.jsonb(City.all[transaction.city].locationJSON)
    calls.numeric(unscaled: Int64(transaction.riskHundredths), scale: 2)
    calls.text(transaction.riskLevel.text)
    calls.jsonb { transaction.flags.append(to: &$0) }
    calls.timestamp(at.postgres)
    written.insert(.transactions)
    written.open(transaction.status)
    if transaction.anomaly != nil { written.anomalies += 1 }
    if let movement = opened.movement { encode(movement, account: account, at: at, stream, calls) }
    var alertID: RowID?
    if let alert = opened.alert {
      let id = RowID(at: at, random: &stream.ids)
      alertID = id
      encode(alert, id: id, transaction, customer: customer, calls)
    }
    let events = 1 + (opened.movement == nil ? 0 : 1) + (opened.alert == nil ? 0 : 1)
    calls.begin(BankStatement.insertEvents(events))
    event(.transactionCreated, of: transaction.id, at: at, stream, calls) {
      EventPayload.transaction(
        transaction, previousStatus: nil, account: account, customer: customer, merchant: merchant, at: at, to: &$0)
    }
    if let movement = opened.movement {
      event(.accountBalanceChanged, of: account.id, at: at, stream, calls) {
        EventPayload.balanceChanged(movement, transaction, account: account, customer: customer, at: at, to: &$0)
      }
    }
    if let alert = opened.alert, let alertID {
      event(.fraudAlertRaised, of: alertID, at: at, stream, calls) {
        EventPayload.alertRaised(
          alert, id: alertID, transaction, account: account, customer: customer, merchant: merchant, at: at, to: &$0)
      }
    }
  }

  private mutating func encode(_ change: StatusChange, of stream: LogicalStream, into unit: UnitOfWork) {
    let calls = unit.calls
    let transaction = change.transaction
    let customer = stream.customers[transaction.customer]
    let account = stream.accounts[transaction.account]
    let merchant = transaction.merchant.map { rules.merchants.merchants[$0] }
    let type: EventType =
      switch transaction.status {
      case .completed, .pending: .transactionCompleted
      case .failed: .transactionFailed
      case .reversed: .transactionReversed
      }
    calls.begin(.changeStatus)
    calls.id(transaction.id)
    calls.text(transaction.status.text)
    calls.timestamp(change.at.postgres)
    calls.text(change.previousStatus.text)
    calls.id(RowID(at: change.at, random: &stream.ids))
    calls.text(type.text)
    calls.jsonb {
      EventPayload.transaction(
        transaction, previousStatus: change.previousStatus, account: account, customer: customer, merchant: merchant,
        at: change.at, to: &$0)
    }
    written.update(.transactions)
    written.change(to: transaction.status)
    written.event(type)
    let balance = encode(change.movement, account: account, at: change.at, stream, calls)
    unit.proof = UnitOfWork.Proof(table: .accountBalances, id: balance)
    calls.begin(.insertEvent)
    event(.accountBalanceChanged, of: account.id, at: change.at, stream, calls) {
      EventPayload.balanceChanged(
        change.movement, transaction, account: account, customer: customer, at: change.at, to: &$0)
    }
  }

  private mutating func encode(
    _ changes: [TierChange], at time: SimulatedTime, of stream: LogicalStream, into unit: UnitOfWork
  ) {
    let calls = unit.calls
    for change in changes {
      let customer = stream.customers[change.customer]
      let id = RowID(at: time, random: &stream.ids)
      calls.begin(.changeTier)
      calls.id(customer.id)
      calls.text(change.tier.text)
      calls.numeric(unscaled: Int64(change.riskHundredths), scale: 2)
      calls.timestamp(time.postgres)
      calls.text(change.previousTier.text)
      calls.id(id)
      calls.jsonb { EventPayload.tierChanged(change, customer: customer, at: time, to: &$0) }
      if unit.proof == nil { unit.proof = UnitOfWork.Proof(table: .outbox, id: id) }
      written.update(.customers)
      written.event(.customerTierChanged)
    }
  }

  private mutating func encode(
    _ quotes: [MarketWalk.Quote], at time: SimulatedTime, of stream: LogicalStream, into unit: UnitOfWork
  ) {
    let calls = unit.calls
    calls.begin(.insertQuotes)
    for quote in quotes {
      let id = RowID(at: time, random: &stream.ids)
      calls.id(id)
      calls.text(MarketSymbol.all[quote.symbol].symbol)
      calls.numeric(unscaled: quote.priceMicros, scale: 6)
      calls.numeric(unscaled: quote.changeMicros, scale: 6)
      calls.numeric(unscaled: quote.changePercentE4, scale: 4)
      calls.int64(quote.volume)
      calls.money(quote.marketCap)
      calls.timestamp(time.postgres)
      if unit.proof == nil { unit.proof = UnitOfWork.Proof(table: .marketData, id: id) }
      written.insert(.marketData)
    }
  }

  // MARK: Parts

  @discardableResult
  private mutating func encode(
    _ movement: BalanceMovement, account: Account, at time: SimulatedTime, _ stream: LogicalStream,
    _ calls: StatementCalls
  ) -> RowID {
    let id = RowID(at: time, random: &stream.ids)
    calls.begin(.moveBalance)
    calls.id(account.id)
    calls.money(movement.after.balance)
    calls.money(movement.after.available)
    calls.timestamp(time.postgres)
    calls.money(movement.before.balance)
    calls.money(movement.before.available)
    calls.id(id)
    calls.money(movement.pendingDebits)
    calls.money(movement.pendingCredits)
    written.update(.accounts)
    written.insert(.accountBalances)
    return id
  }

  private mutating func encode(
    _ alert: FraudAlert, id: RowID, _ transaction: BankTransaction, customer: Customer, _ calls: StatementCalls
  ) {
    calls.begin(.insertAlert)
    calls.id(id)
    calls.id(transaction.id)
    calls.id(customer.id)
    calls.text(alert.type.text)
    calls.text(alert.severity.text)
    calls.numeric(unscaled: Int64(alert.confidenceThousandths), scale: 3)
    calls.jsonb { EventPayload.rules(alert, to: &$0) }
    calls.text(alert.type.explanation)
    calls.timestamp(transaction.createdAt.postgres)
    written.insert(.fraudAlerts)
  }

  private mutating func encode(_ change: SessionChange, customer: Customer, _ calls: StatementCalls) {
    switch change {
    case .opened(let session):
      calls.begin(.openSession)
      calls.id(session.id)
      calls.id(customer.id)
      calls.text(session.channel.text)
      calls.jsonb {
        $0.append("{")
        $0.append(DeviceModel.all[session.device.model].members)
        $0.append(",\"fingerprint\":\"")
        session.device.appendFingerprint(to: &$0)
        $0.append("\"}")
      }
      calls.inet(ipv4: session.address.ipv4)
      calls.jsonb(City.all[session.city].locationJSON)
      calls.timestamp(session.startedAt.postgres)
      written.insert(.customerSessions)
    case .extended(let session):
      calls.begin(.extendSession)
      calls.id(session.id)
      calls.int32(Int32(clamping: session.actionsCount))
      calls.timestamp(session.lastActionAt.postgres)
      written.update(.customerSessions)
    }
  }

  private mutating func event(
    _ type: EventType, of aggregate: RowID, at time: SimulatedTime, _ stream: LogicalStream, _ calls: StatementCalls,
    payload: (inout ByteWriter) -> Void
  ) {
    calls.id(RowID(at: time, random: &stream.ids))
    calls.text(type.aggregateType)
    calls.text { aggregate.append(to: &$0) }
    calls.text(type.text)
    calls.jsonb(payload)
    calls.timestamp(time.postgres)
    written.event(type)
  }
}

extension StatementCalls {
  fileprivate func begin(_ statement: BankStatement) { begin(statement: statement.rawValue) }
  fileprivate func id(_ id: RowID) { uuid(high: id.high, low: id.low) }
  fileprivate func money(_ amount: Money) { numeric(unscaled: amount.cents, scale: Money.scale) }
}
