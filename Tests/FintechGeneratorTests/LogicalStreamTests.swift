import Testing

@testable import FintechGenerator

/// The whole bank as a pure model: no database, no clock.
@Suite struct LogicalStreamTests {
  static let noon = SimulatedTime("2025-03-10T12:00:00Z")!

  /// All streams of a run, with their customers opened.
  static func streams(
    seed: UInt64 = 7, customers: Int = 400, rate: Double = 50, count: Int? = nil, constant: Bool = true,
    anomalies: Double = 0.02, start: SimulatedTime = noon
  ) -> [LogicalStream] {
    let rules = StreamRules(
      seed: seed, start: start, zone: .utc, isConstantRate: constant, anomalies: anomalies)
    return Population.plan(seed: seed, customers: customers, ratePerSecond: rate, count: count).map {
      let stream = LogicalStream(plan: $0, rules: rules)
      while stream.openCustomer() != nil {}
      return stream
    }
  }

  static func events(_ streams: [LogicalStream]) -> [(stream: LogicalStream, event: StreamEvent)] {
    var all: [(stream: LogicalStream, event: StreamEvent)] = []
    for stream in streams { while let event = stream.next() { all.append((stream, event)) } }
    return all
  }

  static func opened(_ streams: [LogicalStream]) -> [(stream: LogicalStream, opened: OpenedTransaction)] {
    events(streams).compactMap { if case .opened(let opened) = $0.event { ($0.stream, opened) } else { nil } }
  }

  @Test func countIsOpenedExactlyOverAllStreams() {
    for count in [1, 15, 16, 17, 1000] {
      let streams = Self.streams(customers: 40, count: count)
      #expect(Self.opened(streams).count == count)
      #expect(streams.reduce(0) { $0 + $1.opened } == count)
    }
    #expect(Self.opened(Self.streams(customers: 1, count: 25)).count == 25)
  }

  @Test func typesStatusesAndTiersHaveTheirShares() {
    let all = Self.opened(Self.streams(count: 60_000, anomalies: 0))
    func share(_ matches: (StreamRulesPair) -> Bool) -> Double {
      Double(all.count { matches(StreamRulesPair(stream: $0.stream, opened: $0.opened)) }) / Double(all.count)
    }
    for (type, percent) in zip(TransactionType.allCases, [55, 12, 10, 8, 8, 3, 3, 1]) {
      #expect(abs(share { $0.opened.transaction.type == type } - Double(percent) / 100) < 0.01)
    }
    #expect(abs(share { $0.opened.transaction.failureReason == .declined } - 0.05) < 0.005)
    #expect(abs(share { $0.opened.transaction.status == .pending } - 0.05) < 0.005)
    // Selection weight times share of the customers, of 1.6 in all.
    for (tier, weight) in zip(CustomerTier.allCases, [0.6, 0.5, 0.3, 0.2]) {
      let wanted = weight / 1.6
      #expect(
        abs(share { $0.stream.customers[$0.opened.transaction.customer].tier == tier } - wanted) < 0.012)
    }
    // Without anomalies the plain rules give next to no alert.
    #expect(share { $0.opened.alert != nil } == 0)
  }

  struct StreamRulesPair {
    let stream: LogicalStream
    let opened: OpenedTransaction
  }

  @Test func anomaliesHaveTheirShareAndRaiseAlerts() {
    let all = Self.opened(Self.streams(count: 40_000, anomalies: 0.1)).map(\.opened)
    let anomalous = all.filter { $0.transaction.anomaly != nil }
    #expect(abs(Double(anomalous.count) / 40_000 - 0.1) < 0.01)
    let risky = all.filter { $0.transaction.riskLevel.rawValue >= RiskLevel.high.rawValue }
    let alerts = all.filter { $0.alert != nil }
    #expect(alerts.allSatisfy { $0.transaction.riskLevel.rawValue >= RiskLevel.high.rawValue })
    #expect(abs(Double(alerts.count) / Double(risky.count) - 0.4) < 0.06)
    #expect(all.contains { $0.transaction.riskLevel == .critical })
    #expect(all.contains { $0.transaction.flags.contains(.highRisk) })
    let everything = Self.opened(Self.streams(count: 500, anomalies: 1)).map(\.opened)
    #expect(everything.allSatisfy { $0.transaction.anomaly != nil })
  }

  @Test func anomalousRowsShowTheirTrait() {
    for start in [Self.noon, SimulatedTime("2025-03-10T02:00:00Z")!] {
      let streams = Self.streams(count: 4000, constant: false, anomalies: 0.3, start: start)
      var seen: Set<AnomalyTrait> = []
      for stream in streams {
        var previous: Int?
        while let event = stream.next() {
          guard case .opened(let opened) = event else { continue }
          let transaction = opened.transaction
          let customer = stream.customers[transaction.customer]
          switch transaction.anomaly {
          case .foreignCity: #expect(City.all[transaction.city].country != City.all[customer.city].country)
          case .newDevice:
            let fingerprint = transaction.device?.fingerprint
            #expect(fingerprint != nil)
            #expect(fingerprint != customer.phone.fingerprint && fingerprint != customer.computer.fingerprint)
          case .nightHour: #expect((0..<6).contains(transaction.createdAt.unixSeconds / 3600 % 24))
          case .burst: #expect(transaction.customer == previous)
          case nil: #expect(City.all[transaction.city].country == City.all[customer.city].country)
          }
          transaction.anomaly.map { _ = seen.insert($0) }
          previous = transaction.customer
        }
      }
      #expect(seen.count == (start == Self.noon ? 3 : 4))
    }
  }

  @Test func booksBalanceAfterEveryEvent() {
    // Small stakes for the number of transactions, so that accounts also run dry.
    let streams = Self.streams(customers: 16, count: 30_000)
    var insufficient = 0
    for stream in streams {
      var expected = stream.accounts.map(\.openingBalance)
      var pending: [RowID: BankTransaction] = [:]
      while let event = stream.next() {
        switch event {
        case .opened(let opened):
          let transaction = opened.transaction
          if transaction.failureReason == .insufficientFunds { insufficient += 1 }
          #expect((opened.movement == nil) == (transaction.status == .failed))
          if transaction.status == .completed { expected[transaction.account] += transaction.signedTotal }
          if transaction.status == .pending {
            pending[transaction.id] = transaction
            #expect(opened.movement?.before.balance == opened.movement?.after.balance)
          }
        case .changed(let change):
          let transaction = change.transaction
          if change.previousStatus == .pending { #expect(pending.removeValue(forKey: transaction.id) != nil) }
          if transaction.status == .completed { expected[transaction.account] += transaction.signedTotal }
          if transaction.status == .reversed { expected[transaction.account] -= transaction.signedTotal }
        case .sessionsEnded, .tiersChanged, .quoted: continue
        }
      }
      for (place, account) in stream.accounts.enumerated() {
        #expect(account.balance == expected[place])
        #expect(account.balance >= -(account.creditLimit ?? .zero))
        let held = pending.values.filter { $0.account == place }.reduce(Money.zero) { $0 + $1.signedTotal }
        #expect(account.availableBalance == account.balance + held)
      }
    }
    #expect(insufficient > 0)
  }

  @Test func aDayOfACustomerIsCappedAndTheClockGoesOnNextDay() {
    let streams = Self.streams(customers: 20, rate: 50, count: 3000, constant: false)
    for stream in streams {
      var made: [Int64: [Int: Int]] = [:]
      var tiers: [Int64: [Int: CustomerTier]] = [:]
      while let event = stream.next() {
        guard case .opened(let opened) = event else { continue }
        let day = opened.transaction.createdAt.unixSeconds / 86_400
        let customer = opened.transaction.customer
        made[day, default: [:]][customer, default: 0] += 1
        tiers[day, default: [:]][customer] = stream.customers[customer].tier
      }
      for (day, customers) in made {
        for (customer, count) in customers {
          #expect(count <= tiers[day]![customer]!.transactionsPerDayMax)
        }
      }
      #expect(stream.skippedMicroseconds >= 86_400_000_000)
    }
  }

  @Test func arrivalsKeepTheRateOfTheHour() {
    // Enough customers that no day fills up.
    let streams = Self.streams(customers: 20_000, rate: 20, count: 20_000, constant: false, anomalies: 0)
    let first = Self.noon
    let factor = streams[0].rules.shape.factor(at: first)
    var inFirstTenMinutes = 0
    for (_, opened) in Self.opened(streams)
    where opened.transaction.createdAt < first.adding(seconds: 400) { inFirstTenMinutes += 1 }
    let expected = 20 * factor * 400
    #expect(abs(Double(inFirstTenMinutes) / expected - 1) < 0.05)
  }

  @Test func constantRateIsEvenlySpaced() {
    let streams = Self.streams(customers: 16, rate: 10, count: 160)
    for stream in streams {
      var times: [Int64] = []
      while let event = stream.next() {
        if case .opened(let opened) = event { times.append(opened.transaction.createdAt.unixMicroseconds) }
        if case .quoted = event { Issue.record("market data at a constant rate") }
      }
      let steps = zip(times.dropFirst(), times).map { $0 - $1 }
      if let low = steps.min(), let high = steps.max() { #expect(high - low <= 1) }
    }
  }

  @Test func sessionsAreOpenedExtendedAndEndedWhenIdle() {
    let streams = Self.streams(customers: 50, rate: 0.5, count: 6000)
    var openedAt: [RowID: SimulatedTime] = [:]
    var last: [RowID: SimulatedTime] = [:]
    var ended: Set<RowID> = []
    var online = 0
    var actions = 0
    for (_, event) in Self.events(streams) {
      switch event {
      case .opened(let opened):
        if opened.transaction.network.isOnline { online += 1 }
        guard let change = opened.session else { continue }
        actions += 1
        #expect(opened.transaction.network.isOnline)
        switch change {
        case .opened(let session):
          #expect(session.channel == opened.transaction.network && session.actionsCount == 1)
          openedAt[session.id] = session.startedAt
          last[session.id] = session.lastActionAt
        case .extended(let session):
          #expect(openedAt[session.id] == session.startedAt && !ended.contains(session.id))
          #expect(session.lastActionAt < last[session.id]!.adding(microseconds: Session.idleMicrosecondsMax))
          last[session.id] = session.lastActionAt
        }
      case .sessionsEnded(let sessions):
        for session in sessions {
          #expect(ended.insert(session.id).inserted)
          #expect(session.endsAt == last[session.id]!.adding(microseconds: Session.idleMicrosecondsMax))
        }
      case .changed, .tiersChanged, .quoted: continue
      }
    }
    #expect(!ended.isEmpty && ended.count < openedAt.count)
    #expect(abs(Double(actions) / Double(online) - 0.3) < 0.03)
  }

  @Test func tierChangesKeepTheShares() {
    let streams = Self.streams(count: 30_000)
    func counts() -> [Int] {
      CustomerTier.allCases.map { tier in
        streams.reduce(0) { $0 + $1.customers.count { $0.tier == tier } }
      }
    }
    let before = counts()
    let changes = Self.events(streams).count { if case .tiersChanged = $0.event { true } else { false } }
    #expect(changes > 5)
    #expect(counts() == before)
  }

  @Test func timesOfAStreamNeverGoBack() {
    for stream in Self.streams(count: 5000, constant: false) {
      var last = stream.rules.start
      while let at = stream.nextTime() {
        #expect(at >= last)
        last = at
        _ = stream.next()
      }
    }
  }

  @Test func sameSeedGivesTheSameStatements() {
    func run(seed: UInt64) -> [[UInt8]] {
      let rules = StreamRules(seed: seed, start: Self.noon, zone: .utc, isConstantRate: false, anomalies: 0.02)
      var encoder = UnitEncoder(rules: rules)
      var units: [[UInt8]] = []
      let unit = UnitOfWork()
      for plan in Population.plan(seed: seed, customers: 40, ratePerSecond: 50, count: 400) {
        let stream = LogicalStream(plan: plan, rules: rules)
        while encoder.encodeCustomers(of: stream, upTo: 5, into: unit) {
          units.append(unit.calls.encoded())
          unit.removeAll()
        }
        while let event = stream.next() {
          encoder.encode(event, of: stream, into: unit)
          units.append(unit.calls.encoded())
          unit.removeAll()
        }
      }
      return units
    }
    let first = run(seed: 7)
    #expect(first.count > 400)
    #expect(first == run(seed: 7))
    #expect(first != run(seed: 8))
  }
}
