import Glibc
import PostgresSource

/// Writes a synthetic bank's business into a database that has the schema.
public enum Generator {
  /// Runs until the count or the duration is reached or `shouldStop` says so, finishes what is in flight, and compares
  /// the database with what was written. The closures are called on the calling thread, which is blocked meanwhile.
  ///
  /// `mayBegin` is asked again and again once the start-up rows are committed, and holds business back until it says
  /// yes: whoever watches the database can look at a bank that has customers and accounts, and no transaction yet.
  public static func run(
    settings: ConnectionSettings, options: GeneratorOptions, progress: (GeneratorProgress) -> Void = { _ in },
    mayBegin: () -> Bool = { true }, shouldStop: () -> Bool = { false }
  ) throws(GeneratorError) -> GeneratorSummary {
    let options = options.resolved()
    if let problem = options.problem() { throw GeneratorError(.configuration, problem) }
    guard let seed = options.seed, let start = options.start else {
      throw GeneratorError(.configuration, "a run needs a seed and a start")
    }
    let (rules, quotesBefore) = try prepare(settings, options, seed: seed, start: start)
    let streams = Population.plan(
      seed: seed, customers: options.customers, ratePerSecond: options.effectiveRatePerSecond, count: options.count
    ).map { LogicalStream(plan: $0, rules: rules) }

    let state = RunState()
    let startedAt = MachineClock.monotonicNanoseconds()
    var workers: [GeneratorWorker] = []
    let connections = min(options.connections, streams.count)
    for number in 0..<connections {
      // The name tells this run's connections apart in pg_stat_activity; it has room for 63 bytes.
      let name = "sluice generate \(getpid())-\(startedAt / 1_000_000)-\(number)"
      let writer = try TransactionWriter(
        settings, applicationName: name, reconnectSeconds: options.reconnectSeconds, state: state)
      workers.append(
        GeneratorWorker(
          options: options, rules: rules, streams: streams.filter { $0.plan.index % connections == number },
          isFirst: number == 0, state: state, writer: writer))
    }
    var lead = RunLead(workers: workers, state: state, options: options, start: start)
    let (originAt, endedAt, wasInterrupted) = try lead.run(
      progress: progress, mayBegin: mayBegin, shouldStop: shouldStop)

    let written = workers.reduce(WrittenRows()) { $0 + $1.written }
    lead.tell(.checking, progress)
    let reconciliation: Reconciliation
    do throws(PostgresError) {
      reconciliation = try DatabaseCheck(settings).reconcile(
        written, streams: streams, merchants: rules.merchants.merchants, quotesBefore: quotesBefore)
    } catch { throw error.asGeneratorError }
    return GeneratorSummary(
      seed: seed, start: start, simulatedEnd: workers.map(\.simulatedTime).max() ?? start, written: written,
      elapsedSeconds: Double(endedAt - originAt) / 1e9, startUpSeconds: Double(originAt - startedAt) / 1e9,
      reconnections: state.reconnections, wasInterrupted: wasInterrupted, reconciliation: reconciliation)
  }

  /// Looks at the database before anything is written.
  private static func prepare(
    _ settings: ConnectionSettings, _ options: GeneratorOptions, seed: UInt64, start: SimulatedTime
  ) throws(GeneratorError) -> (StreamRules, quotesBefore: Int) {
    do throws(PostgresError) {
      let check = try DatabaseCheck(settings)
      let missing = try check.missingTables()
      guard missing.isEmpty else {
        throw PostgresError(
          kind: .unexpectedAnswer,
          message: "the database has no table \(missing.joined(separator: ", ")): run \"sluice migrate up\" first")
      }
      let rules = StreamRules(
        seed: seed, start: start, zone: try check.offsets(ofZone: options.timeZone, from: start),
        isConstantRate: options.isConstantRate, anomalies: options.anomalies)
      if let first = rules.merchants.merchants.first,
        try check.holds(UnitOfWork.Proof(table: .merchants, id: first.id))
      {
        throw PostgresError(
          kind: .unexpectedAnswer,
          message: "the database already holds the run of --seed \(seed) and --start \(start): choose another seed or "
            + "start, and the new run is written beside it")
      }
      return (rules, try check.count(.marketData))
    } catch {
      switch (error.kind, error.sqlState) {
      case (.connection, _): throw GeneratorError(.unreachable, error.description)
      case (.statement, "22023"):
        throw GeneratorError(.configuration, "the server does not know the time zone \"\(options.timeZone)\"")
      case (.unexpectedAnswer, _): throw GeneratorError(.configuration, error.message)
      default: throw GeneratorError(.refused, error.description)
      }
    }
  }
}
