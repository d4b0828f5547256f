/// One of the independent parts of the simulated bank: some customers, their accounts, and one random sequence that
/// decides all that happens to them. The same plan and rules give the same events for ever; who asks, and when, does not
/// matter.
///
/// A class, since the stream is changed in place by the one thread that owns it.
final class LogicalStream {
  let plan: StreamPlan
  let rules: StreamRules
  private(set) var customers: [Customer] = []
  private(set) var accounts: [Account] = []
  /// Transactions opened so far.
  private(set) var opened = 0
  /// Time that was left out because every customer's day was full. Pacing by a real clock takes it off.
  private(set) var skippedMicroseconds: Int64 = 0
  /// Source of the row ids: of its own, so that a rule drawn once more or less changes no id's randomness.
  var ids: SeededRandom

  private var random: SeededRandom
  private var arrivals: ArrivalProcess
  private var selection: CustomerSelection
  private var planned: PlannedTransaction?
  private var lastArrival: SimulatedTime
  /// The customer of the transaction before, and how many of a burst are still to follow it.
  private var lastCustomer: Int?
  private var burstLeft = 0
  private var changesDue = DueQueue<BankTransaction>()
  private var sessionsDue = DueQueue<SessionPlace>()
  /// Sessions that were replaced by a new one before the sweep found them.
  private var replacedSessions: [Session] = []
  private var tierChangeIsDue: SimulatedTime?
  private var market: MarketWalk?
  private var nextQuote: SimulatedTime

  private struct PlannedTransaction {
    var at: SimulatedTime
    let trait: AnomalyTrait?
    /// Taken by a burst; otherwise drawn by selection weight.
    let customer: Int?
  }

  private struct SessionPlace: Sendable {
    let customer: Int
    let session: RowID
    let channel: Network
  }

  init(plan: StreamPlan, rules: StreamRules) {
    self.plan = plan
    self.rules = rules
    let sequence = UInt64(plan.index) * 2
    random = SeededRandom(seed: rules.seed, sequence: sequence)
    ids = SeededRandom(seed: rules.seed, sequence: sequence + 1)
    arrivals = ArrivalProcess(
      start: rules.start, ratePerSecond: plan.ratePerSecond, phase: plan.phase, shape: rules.shape)
    selection = CustomerSelection(tiers: plan.tiers, isCapped: !rules.shape.isConstant)
    // The first stream's clock is the market's.
    market = plan.index == 0 && !rules.shape.isConstant ? MarketWalk(seed: rules.seed) : nil
    nextQuote = rules.start
    lastArrival = rules.start
    customers.reserveCapacity(plan.tiers.count)
  }

  // MARK: Start-up

  /// The next customer to be written before anything happens, with the accounts opened for them; `nil` after the last.
  func openCustomer() -> (customer: Customer, profile: CustomerProfile, accounts: ArraySlice<Account>)? {
    let place = customers.count
    guard place < plan.tiers.count else { return nil }
    let start = rules.start
    var opening = AccountOpening(tier: plan.tiers[place], customer: place, at: start)
    let countryPlace = random.weighted(Country.weights)
    let country = Country.all[countryPlace]
    let cities = City.byCountry[countryPlace]
    let city = cities[random.below(cities.count)]
    let id = RowID(at: start, random: &ids)
    let deviation = RiskRules.drawDeviation(&random)
    let count = random.integer(in: 1...3)
    let first = accounts.count
    for _ in 0..<count { accounts.append(opening.next(in: country, ids: &ids, &random)) }
    let tier = plan.tiers[place]
    let customer = Customer(
      id: id, city: city, tier: tier, riskDeviationHundredths: deviation,
      riskHundredths: RiskRules.customerScore(tier: tier, deviationHundredths: deviation),
      phone: Device(for: .mobile, &random), computer: Device(for: .web, &random), address: HostAddress(&random),
      accounts: first..<accounts.count)
    customers.append(customer)
    return (customer, CustomerProfile(id: id, city: city, start: start, &random), accounts[customer.accounts])
  }

  // MARK: Running

  /// When the next event happens; `nil` when the stream has opened all that it was to open.
  func nextTime() -> SimulatedTime? {
    if let quota = plan.quota, opened >= quota { return nil }
    if planned == nil { planned = plan(after: lastArrival) }
    return nextKind().at
  }

  /// The next event, in the order of simulated time.
  func next() -> StreamEvent? {
    while let _ = nextTime() {
      let (kind, at) = nextKind()
      switch kind {
      case .tierChange:
        tierChangeIsDue = nil
        if let changes = changeTiers() { return .tiersChanged(changes, at: at) }
      case .statusChange:
        if let due = changesDue.removeNext() { return .changed(change(due.element, at: due.due)) }
      case .sessionSweep:
        let ended = sweepSessions(at: at)
        if !ended.isEmpty { return .sessionsEnded(ended) }
      case .quote:
        nextQuote = nextQuote.adding(microseconds: 1_000_000)
        if let quotes = market?.step() { return .quoted(quotes, at: at) }
      case .arrival:
        selection.begin(day: rules.shape.zone.localDay(at: at), customers: &customers)
        guard let planned, let customer = planned.customer ?? selection.draw(customers: customers, &random) else {
          skipToNextDay(from: at)
          continue
        }
        self.planned = nil
        lastArrival = at
        return .opened(open(at: at, customer: customer, trait: planned.trait))
      }
    }
    return nil
  }

  private enum EventKind { case tierChange, statusChange, sessionSweep, quote, arrival }

  /// Of what is waiting, the earliest; at the same time in the order in which it stands here.
  private func nextKind() -> (kind: EventKind, at: SimulatedTime) {
    var best = (kind: EventKind.arrival, at: planned?.at ?? lastArrival)
    if market != nil, nextQuote <= best.at { best = (.quote, nextQuote) }
    if let due = sessionsDue.nextDue {
      // Sessions are swept once a minute.
      let minute: Int64 = 60_000_000
      let sweep = SimulatedTime(unixMicroseconds: (floorDivide(due.unixMicroseconds - 1, minute) + 1) * minute)
      if sweep <= best.at { best = (.sessionSweep, sweep) }
    }
    if let due = changesDue.nextDue, due <= best.at { best = (.statusChange, due) }
    if let due = tierChangeIsDue, due <= best.at { best = (.tierChange, due) }
    return best
  }

  private func plan(after time: SimulatedTime) -> PlannedTransaction {
    var at = arrivals.next(after: time, &random)
    let isAnomalous = random.chance(rules.anomalies)
    var trait = isAnomalous ? drawTrait(at: at) : nil
    var customer: Int?
    if let last = lastCustomer, trait == .burst || burstLeft > 0 {
      if selection.mayTransact(last, day: rules.shape.zone.localDay(at: at), customers: customers) {
        customer = last
        if trait == .burst { burstLeft = StreamRules.burstLength } else { burstLeft -= 1 }
        let soon = time.adding(
          seconds: random.real(StreamRules.burstSeconds.lower, StreamRules.burstSeconds.upper))
        // At a constant rate the customer repeats, the time does not move.
        if !rules.shape.isConstant { at = min(at, soon) }
      } else {
        burstLeft = 0
      }
    }
    if trait == .burst, customer == nil { trait = .newDevice }
    return PlannedTransaction(at: at, trait: trait, customer: customer)
  }

  private func drawTrait(at time: SimulatedTime) -> AnomalyTrait {
    let hour = ZoneOffsets.hourOfDay(rules.shape.zone.localHour(at: time))
    let traits: [AnomalyTrait] =
      hour < 6 ? AnomalyTrait.allCases : [.foreignCity, .newDevice, .burst]
    return traits[random.below(traits.count)]
  }

  /// Every customer has made a full day's transactions: the clock goes on at the same time of the next day.
  private func skipToNextDay(from time: SimulatedTime) {
    let day: Int64 = 86_400_000_000
    var next = time
    repeat {
      next = next.adding(microseconds: day)
    } while rules.shape.zone.localDay(at: next)
      == rules.shape.zone.localDay(at: time)
    skippedMicroseconds += next.unixMicroseconds - time.unixMicroseconds
    planned?.at = next
    nextQuote = max(nextQuote, next)
  }

  // MARK: Transactions

  private func open(at time: SimulatedTime, customer index: Int, trait drawnTrait: AnomalyTrait?) -> OpenedTransaction {
    opened += 1
    lastCustomer = index
    customers[index].transactionsToday += 1
    let customer = customers[index]
    let type = TransactionType.allCases[random.weighted(TransactionType.shares)]
    var trait = drawnTrait
    // A new device shows online only; where the type is never made online, the place is what stands out.
    if trait == .newDevice, !type.networks.choices.contains(where: \.isOnline) { trait = .foreignCity }
    var network: Network
    repeat {
      network = type.networks.choices[random.weighted(type.networks.weights)]
    } while trait == .newDevice
      && !network.isOnline
    let amount = customer.tier.amounts.draw(&random)
    let fee = type.fee(on: network)
    let city = drawCity(customer, trait)
    let device =
      trait == .newDevice ? Device(for: network, &random) : network == .web ? customer.computer : customer.phone
    let address = trait == .newDevice || trait == .foreignCity ? HostAddress(&random) : customer.address
    let merchant = rules.merchants.draw(type: type, network: network, city: city, &random)
    let base = RiskRules.transactionBase(
      amount: amount, customerScoreHundredths: customer.riskHundredths, type: type)
    let risk = RiskRules.transactionScore(base: base, isAnomalous: drawnTrait != nil, &random)
    let flags = ComplianceFlags.draw(amount: amount, riskHundredths: risk, &random)
    let account = drawAccount(customer, type: type, amount: amount, fee: fee)
    let status = drawStatus(type, amount: amount, fee: fee, account: account)
    let transaction = BankTransaction(
      id: RowID(at: time, random: &ids), customer: index, account: account, merchant: merchant, type: type,
      amount: amount, fee: fee, status: status.status, failureReason: status.reason, network: network, city: city,
      device: network.isOnline ? device : nil, address: network.isOnline ? address : nil, riskHundredths: risk,
      flags: flags, anomaly: trait, createdAt: time)
    let movement = book(transaction, at: time)
    var alert: FraudAlert?
    if transaction.riskLevel.rawValue >= RiskLevel.high.rawValue, random.chance(0.4) {
      alert = FraudAlert(for: trait, &random)
    }
    var session: SessionChange?
    if network.isOnline, random.chance(StreamRules.sessionProbability) {
      session = act(in: network, customer: index, device: device, address: address, city: city, at: time)
    }
    if random.chance(StreamRules.tierChangeProbability) { tierChangeIsDue = time.adding(microseconds: 1) }
    return OpenedTransaction(transaction: transaction, movement: movement, alert: alert, session: session)
  }

  private func drawCity(_ customer: Customer, _ trait: AnomalyTrait?) -> Int {
    if trait == .foreignCity { return City.drawAbroad(from: customer.city, &random) }
    guard random.chance(StreamRules.travelProbability) else { return customer.city }
    let cities = City.byCountry[City.all[customer.city].country]
    return cities[random.below(cities.count)]
  }

  /// Mostly the first account, which every customer spends from; another one where it fits the type. If the money does
  /// not suffice there, one of the same customer where it does.
  private func drawAccount(_ customer: Customer, type: TransactionType, amount: Money, fee: Money) -> Int {
    func fits(_ account: Int) -> Bool {
      accounts[account].type.isForSpending || !(type == .purchase || type == .payment || type == .withdrawal)
    }
    let first = customer.accounts.lowerBound
    var chosen = random.chance(0.6) ? first : first + random.below(customer.accounts.count)
    if !fits(chosen) { chosen = first }
    if accounts[chosen].covers(type, amount: amount, fee: fee) { return chosen }
    return customer.accounts.first { fits($0) && accounts[$0].covers(type, amount: amount, fee: fee) } ?? chosen
  }

  private func drawStatus(
    _ type: TransactionType, amount: Money, fee: Money, account: Int
  ) -> (status: TransactionStatus, reason: FailureReason?) {
    let draw = random.below(100)
    if draw >= StreamRules.statusShares.completed + StreamRules.statusShares.pending { return (.failed, .declined) }
    guard accounts[account].covers(type, amount: amount, fee: fee) else { return (.failed, .insufficientFunds) }
    return (draw < StreamRules.statusShares.completed ? .completed : .pending, nil)
  }

  /// Does to the account what the new transaction does, and puts down what is to happen to it later.
  private func book(_ transaction: BankTransaction, at time: SimulatedTime) -> BalanceMovement? {
    switch transaction.status {
    case .completed:
      if !transaction.type.isCredit, random.chance(StreamRules.reversalProbability) {
        let delay = random.real(StreamRules.reversalSeconds.lower, StreamRules.reversalSeconds.upper)
        changesDue.add(transaction, due: time.adding(seconds: delay))
      }
      return move(transaction.account) { $0.book(transaction) }
    case .pending:
      let delay = random.real(StreamRules.settlementSeconds.lower, StreamRules.settlementSeconds.upper)
      changesDue.add(transaction, due: time.adding(seconds: delay))
      return move(transaction.account) { $0.hold(transaction) }
    case .failed, .reversed:
      return nil
    }
  }

  private func change(_ transaction: BankTransaction, at time: SimulatedTime) -> StatusChange {
    var changed = transaction
    let movement: BalanceMovement
    if transaction.status == .completed {
      changed.status = .reversed
      movement = move(transaction.account) { $0.reverse(transaction) }
    } else if random.chance(StreamRules.settlementFailureProbability) {
      changed.status = .failed
      changed.failureReason = .declined
      movement = move(transaction.account) { $0.release(transaction) }
    } else {
      changed.status = .completed
      movement = move(transaction.account) {
        $0.release(transaction)
        $0.book(transaction)
      }
    }
    return StatusChange(transaction: changed, previousStatus: transaction.status, movement: movement, at: time)
  }

  private func move(_ account: Int, _ body: (inout Account) -> Void) -> BalanceMovement {
    let before = BalanceMovement.Balances(accounts[account])
    body(&accounts[account])
    let moved = accounts[account]
    return BalanceMovement(
      account: account, before: before, after: BalanceMovement.Balances(moved),
      pendingDebits: moved.pendingDebits, pendingCredits: moved.pendingCredits)
  }

  // MARK: Sessions

  private func act(
    in channel: Network, customer: Int, device: Device, address: HostAddress, city: Int, at time: SimulatedTime
  ) -> SessionChange {
    let place = channel == .web ? \Customer.webSession : \Customer.mobileSession
    if var session = customers[customer][keyPath: place] {
      if time < session.endsAt {
        session.actionsCount += 1
        session.lastActionAt = time
        customers[customer][keyPath: place] = session
        return .extended(session)
      }
      replacedSessions.append(session)
    }
    let session = Session(
      id: RowID(at: time, random: &ids), channel: channel, device: device, address: address, city: city,
      startedAt: time, lastActionAt: time, actionsCount: 1)
    customers[customer][keyPath: place] = session
    sessionsDue.add(
      SessionPlace(customer: customer, session: session.id, channel: channel), due: session.endsAt)
    return .opened(session)
  }

  private func sweepSessions(at time: SimulatedTime) -> [Session] {
    var ended = replacedSessions
    replacedSessions.removeAll()
    while let due = sessionsDue.nextDue, due <= time, let (_, entry) = sessionsDue.removeNext() {
      let place = entry.channel == .web ? \Customer.webSession : \Customer.mobileSession
      // Another one has taken its place: it is among the replaced.
      guard let session = customers[entry.customer][keyPath: place], session.id == entry.session else { continue }
      if session.endsAt > time {
        sessionsDue.add(entry, due: session.endsAt)
      } else {
        customers[entry.customer][keyPath: place] = nil
        ended.append(session)
      }
    }
    return ended
  }

  // MARK: Tiers

  private func changeTiers() -> [TierChange]? {
    guard let pair = selection.exchange(&random) else { return nil }
    return [pair.0, pair.1].map { customer, tier in
      let previous = customers[customer]
      customers[customer].tier = tier
      customers[customer].riskHundredths = RiskRules.customerScore(
        tier: tier, deviationHundredths: previous.riskDeviationHundredths)
      return TierChange(
        customer: customer, previousTier: previous.tier, tier: tier,
        previousRiskHundredths: previous.riskHundredths, riskHundredths: customers[customer].riskHundredths)
    }
  }
}
