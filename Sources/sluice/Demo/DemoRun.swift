import ArgumentParser
import FintechGenerator
import KafkaSink
import Logging
import RelayRuntime
import TerminalScreens

/// The demo from its first server to its closing account.
///
/// The order makes the account exact: start-up rows are committed, then the relay takes its snapshots of them, and only when
/// all of it streams does business begin. So every insert is one event, of the snapshot or of the stream, and every update
/// is one of the stream.
struct DemoRun {
  let options: GeneratorOptions
  let files: DemoFiles
  let bootstrapServers: String?
  /// Where there is no screen.
  let plainLogger: Logger
  let wakeUp: WakeUp

  private var display = DemoDisplay()
  private let log = DemoLog()
  private var topicRates = DemoRates()
  private var connectorRates = DemoRates()
  private var relay: RelayService?
  /// Events stand for a second, so that they can be read.
  private var shownEvents: (events: [DemoFigures.Event], atSeconds: Double) = ([], 0)

  /// What is still on its way when the bank has closed is waited for as long as it moves at least this often.
  private static let stallSeconds = 15.0
  private static let frameMilliseconds: Int32 = 200

  init(options: GeneratorOptions, files: DemoFiles, bootstrapServers: String?, plainLogger: Logger, wakeUp: WakeUp) {
    self.options = options
    self.files = files
    self.bootstrapServers = bootstrapServers
    self.plainLogger = plainLogger
    self.wakeUp = wakeUp
  }

  /// Returns normally when everything that was written was delivered and the money is right.
  mutating func run() throws {
    let display = display
    let servers = try DemoServers.start(bootstrapServers: bootstrapServers) { display.say($0) }
    defer { stop(servers) }
    try endIfInterrupted()
    try servers.migrate(files.migrations) { display.say($0) }
    try endIfInterrupted()
    let (plans, consumerProperties) = try servers.plans(files)
    let consumer = DemoConsumer(properties: consumerProperties)
    defer { end(consumer) }
    try wait(for: consumer, servers)
    let logger = display.isScreen ? log.makeLogger() : plainLogger
    guard let relay = RelayService(plans: plans, logger: logger) else {
      display.say("sluice demo: too few file descriptors: raise the limit (ulimit -n)")
      throw ExitCode.internalFault
    }
    display.say(
      "opening the bank with \(options.customers) customers, seed \(options.seed ?? 0); watch the events from another "
        + "terminal with\n  \(DemoRun.watchCommand(servers))")
    let bank = DemoBank(servers.bankSettings, options)

    let endedEarly = try flow(bank, relay, consumer, servers)
    let outcome = try close(bank, consumer, servers)
    relay.stop(atOnce: InterruptSignals.received > 1)
    let outcomes = stopRelay(relay, bank, consumer, servers)
    drain(consumer, relay)
    self.display.end()
    try report(outcome, relay, outcomes, consumer, servers, endedEarly: endedEarly)
  }

  static func watchCommand(_ servers: DemoServers) -> String {
    "sluice tail --bootstrap-servers \(servers.bootstrapServers) 'fintech.events.*'"
  }

  // MARK: Steps

  private func endIfInterrupted() throws {
    if InterruptSignals.received > 0 { throw ExitCode.interrupted }
  }

  private func wait(for consumer: DemoConsumer, _ servers: DemoServers) throws {
    while true {
      let seen = consumer.current
      if let failure = seen.failure {
        display.say("sluice demo: \(TailCommand.explain(failure, servers: servers.bootstrapServers))")
        throw TailCommand.exitCode(failure)
      }
      if seen.isReady { return }
      try endIfInterrupted()
      wakeUp.wait(timeoutMilliseconds: 20)
    }
  }

  /// Until the bank has ended, or somebody or something ends it. Returns whether a signal did.
  private mutating func flow(
    _ bank: DemoBank, _ relay: RelayService, _ consumer: DemoConsumer, _ servers: DemoServers
  ) throws -> Bool {
    var phase = "opening the bank"
    var isTrading = false
    var hasStopped = false
    while bank.outcome == nil {
      if self.relay == nil, bank.isOpen {
        self.relay = relay
        relay.start()
        phase = "snapshot"
      }
      if self.relay != nil, !isTrading {
        let states = relay.connectors.map { $0.status.current.state }
        if !states.contains(where: { $0 == .starting || $0 == .snapshot }) {
          bank.beginTrade()
          isTrading = true
          phase = "streaming"
        }
      }
      let isFailed = self.relay != nil && relay.wait(milliseconds: 0) != nil
      if !hasStopped, InterruptSignals.received > 0 || isFailed || consumer.current.hasEnded {
        hasStopped = true
        bank.stop()
        phase = "the bank closes"
      }
      if bank.progress?.phase == .checking { phase = "checking the money" }
      pause(atMost: isTrading ? DemoRun.frameMilliseconds : 20)
      show(phase, bank, consumer, servers, isEnding: hasStopped)
    }
    return hasStopped && InterruptSignals.received > 0
  }

  /// Waits until what was written is acknowledged and read back.
  private mutating func close(
    _ bank: DemoBank, _ consumer: DemoConsumer, _ servers: DemoServers
  ) throws -> DemoBank.Outcome? {
    let outcome = bank.outcome
    guard let relay, case .finished(let summary) = outcome else { return outcome }
    var last = -1
    var movedAt = DemoRun.nowSeconds
    let signals = InterruptSignals.received
    while true {
      let account = DemoTopics.account(
        summary.written, acknowledged: DemoRun.acknowledged(relay), seen: consumer.current)
      if account.missing == 0 { return outcome }
      let sum = account.acknowledged + account.seen
      if sum != last {
        last = sum
        movedAt = DemoRun.nowSeconds
      }
      let isStalled = DemoRun.nowSeconds - movedAt > DemoRun.stallSeconds
      if isStalled || InterruptSignals.received > max(signals, 1) || relay.wait(milliseconds: 0) != nil {
        return outcome
      }
      pause(atMost: 50)
      show("the last events", bank, consumer, servers, isEnding: true)
    }
  }

  private mutating func stopRelay(
    _ relay: RelayService, _ bank: DemoBank, _ consumer: DemoConsumer, _ servers: DemoServers
  ) -> [RelayService.Outcome] {
    guard self.relay != nil else { return [] }
    while true {
      if let outcomes = relay.wait(milliseconds: 100) { return outcomes }
      if InterruptSignals.received > 1 { relay.stop(atOnce: true) }
      show("stopping the relay", bank, consumer, servers, isEnding: true)
    }
  }

  /// What the brokers acknowledged while the relay stopped is read back, too.
  private func drain(_ consumer: DemoConsumer, _ relay: RelayService) {
    let acknowledged = DemoRun.acknowledged(relay).values.reduce(0, +)
    let deadline = DemoRun.nowSeconds + 3
    func read(_ seen: DemoConsumer.Seen) -> Int { seen.counts.values.reduce(seen.repeats, +) }
    while read(consumer.current) < acknowledged, DemoRun.nowSeconds < deadline {
      pause(atMost: 20)
    }
  }

  /// The clients go before their brokers.
  private func end(_ consumer: DemoConsumer) {
    consumer.stop()
    let deadline = DemoRun.nowSeconds + 3
    while !consumer.current.hasEnded, DemoRun.nowSeconds < deadline { pause(atMost: 10) }
  }

  private mutating func stop(_ servers: DemoServers) {
    display.end()
    if let relay, relay.wait(milliseconds: 0) == nil {
      relay.stop(atOnce: true)
      let deadline = DemoRun.nowSeconds + 3
      while relay.wait(milliseconds: 50) == nil, DemoRun.nowSeconds < deadline {}
    }
    servers.postgres.stop(.immediate)
    servers.kafka?.stop()
  }

  private func pause(atMost milliseconds: Int32) {
    wakeUp.wait(timeoutMilliseconds: milliseconds)
    wakeUp.clear()
  }

  // MARK: Figures

  private static var nowSeconds: Double { Double(RelayClock.now().monotonicMilliseconds) / 1_000 }

  private static func acknowledged(_ relay: RelayService) -> [String: Int] {
    var counts: [String: Int] = [:]
    for connector in relay.connectors {
      for (topic, count) in connector.status.current.acknowledgedByTopic { counts[topic, default: 0] += Int(count) }
    }
    return counts
  }

  private mutating func show(
    _ phase: String, _ bank: DemoBank, _ consumer: DemoConsumer, _ servers: DemoServers, isEnding: Bool
  ) {
    let now = DemoRun.nowSeconds
    let seen = consumer.current
    topicRates.add(seen.counts, atSeconds: now)
    var figures = DemoFigures()
    figures.phase = phase
    figures.isEnding = isEnding
    figures.totalSeconds = options.durationSeconds
    figures.database = "PostgreSQL \(servers.serverVersion) on port \(servers.postgres.port)"
    figures.broker = servers.brokerLabel
    figures.watchCommand = DemoRun.watchCommand(servers)
    figures.warning = log.newestWarning
    if let progress = bank.progress {
      figures.elapsedSeconds = progress.phase == .startingUp ? 0 : progress.elapsedSeconds
      if let total = options.durationSeconds { figures.elapsedSeconds = min(figures.elapsedSeconds, total) }
      let written = progress.written
      figures.bank =
        "bank: \(FigureText.counted(written.inserted(.customers), "customer")), "
        + "\(FigureText.counted(written.businessTransactions, "transaction")), "
        + "\(FigureText.short(progress.businessTransactionsPerSecond))/s, "
        + "\(FigureText.counted(written.anomalies, "anomaly")), \(FigureText.counted(written.alerts, "alert"))"
    }
    if let relay {
      var counts: [String: Int] = [:]
      let reports = relay.connectors.map { ($0.name, $0.status.current, $0.status.latency) }
      for (name, report, _) in reports { counts[name] = Int(report.recordsAcknowledged) }
      connectorRates.add(counts, atSeconds: now)
      figures.connectors = reports.map { name, report, latency in
        DemoFigures.Connector(
          name: name, state: report.state.rawValue, acknowledged: report.recordsAcknowledged,
          ratePerSecond: connectorRates.perSecond(name),
          latency: latency.count == 0 ? nil : (latency.p50, latency.p99), lagBytes: report.lagBytes)
      }
    }
    func topic(_ name: String) -> DemoFigures.Topic {
      DemoFigures.Topic(name: name, count: seen.counts[name] ?? 0, ratePerSecond: topicRates.perSecond(name))
    }
    figures.tableTopics = DemoTopics.tables.map { topic(DemoTopics.topic(of: $0)) }
    figures.eventTopics = EventType.allCases.map { topic(DemoTopics.topic(of: $0)) }
    if display.isScreen, now - shownEvents.atSeconds >= 1 {
      let events = seen.recent.map { record in
        DemoFigures.Event(
          record, offsetSeconds: Terminal.localOffsetSeconds(unixMilliseconds: record.timestampMilliseconds ?? 0))
      }
      shownEvents = (events, now)
    }
    figures.events = shownEvents.events
    display.show(figures, nowSeconds: now)
  }

  // MARK: The end

  private func report(
    _ outcome: DemoBank.Outcome?, _ relay: RelayService, _ outcomes: [RelayService.Outcome], _ consumer: DemoConsumer,
    _ servers: DemoServers, endedEarly: Bool
  ) throws {
    for outcome in outcomes {
      if let failure = outcome.failure { display.say("\(outcome.name) FAILED: \(failure)") }
    }
    if let failure = consumer.current.failure { display.say("sluice demo: reading back failed: \(failure)") }
    guard case .finished(let summary) = outcome else {
      if case .failed(let error) = outcome { display.say("sluice demo: the generator failed: \(error)") }
      throw ExitCode.internalFault
    }
    let account = DemoTopics.account(
      summary.written, acknowledged: DemoRun.acknowledged(relay), seen: consumer.current)
    let report = DemoReport(
      account: account,
      connectors: relay.connectors.map { connector in
        let report = connector.status.current
        let latency = connector.status.latency
        return DemoReport.Connector(
          name: connector.name, outcome: report.state.rawValue, snapshotRows: report.snapshotRows,
          acknowledged: report.recordsAcknowledged,
          latency: (latency.count, latency.p50, latency.p99, latency.max))
      }, remarks: DemoRemarks.lines(summary, options, broker: servers.brokerLabel))
    let width = display.isScreen ? Terminal.size(.data)?.columns : nil
    LineOutput.data.write(report.lines(width: width).joined(separator: "\n"))
    let isRight = account.missing == 0 && summary.reconciliation.agrees && outcomes.allSatisfy { $0.failure == nil }
    if !isRight { throw RelaySupervisor.exitCode(outcomes) ?? ExitCode.internalFault }
    // Stopped before there was anything to show.
    if self.relay == nil, endedEarly { throw ExitCode.interrupted }
  }
}
