import ArgumentParser
import FintechGenerator

/// `sluice generate`: a synthetic bank at work in a real database.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write a synthetic bank's business into a migrated database.",
    discussion: """
      Customers, accounts and merchants are written first, then transactions, each with its account's new balance, its \
      alerts and its outbox events in one database transaction. A database with earlier data gets a new bank beside it. \
      At the end the database is counted and the balances are checked to the last cent; a difference ends with code 70.

      The same --seed, --count, --start and --rate (and other options, but for --connections) give the same rows again, \
      ids and times included. All times are simulated: they begin at --start and pass as fast as the rate is asked for. \
      Without --constant-rate the hour of the day multiplies the rate and a customer makes at most a day's transactions \
      (BASIC 5, PREMIUM 15, VIP 25, ENTERPRISE 100); when all have, the clock goes on at the same time of the next day. \
      --rate 0 writes as fast as possible what the default rate would write.

      Examples:
        sluice generate --rate 200 --duration 30s --database-url postgresql://bank@localhost/bank
        sluice generate --rate 0 --constant-rate --count 1000000 --customers 20000 --connections 4
        sluice generate --seed 7 --count 500 --start 2025-03-10T09:00:00Z --time-zone Europe/Berlin

      Ctrl-C finishes what is under way and prints the totals. Exit codes: 0 done; 64 usage; 69 no connection; 70 the \
      database does not hold what was written; 78 the database does not allow the run; 130 interrupted.
      """)

  @Option(help: ArgumentHelp("Transactions a second; 0 for as fast as possible.", valueName: "n"))
  var rate = GeneratorOptions().ratePerSecond

  @Option(help: ArgumentHelp("Customers to open, with 1 to 3 accounts each.", valueName: "n"))
  var customers = GeneratorOptions().customers

  @Option(
    help: ArgumentHelp("Stop after this time, such as 30s, 5m or 1h30m.", valueName: "time"),
    transform: { text in
      guard let seconds = DurationText.seconds(text) else {
        throw ValidationError("\"\(text)\" is no duration: write 30s, 5m or 1h30m")
      }
      return seconds
    })
  var duration: Double?

  @Option(
    help: ArgumentHelp(
      "Stop after opening this many transactions; their settlements and reversals come on top.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("Seed of all chance. Drawn and printed where none is given.", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Hold the rate whatever the hour, with no cap on a customer's day and no market data.")
  var constantRate = false

  @Option(help: ArgumentHelp("Connections that write at the same time, 1 to 16.", valueName: "n"))
  var connections = GeneratorOptions().connections

  @Option(help: ArgumentHelp("Share of anomalous transactions, 0 to 1.", valueName: "share"))
  var anomalies = GeneratorOptions().anomalies

  @Option(
    help: ArgumentHelp(
      "Where simulated time begins, such as 2025-03-10T09:00:00Z. Default: now, printed.", valueName: "timestamp"),
    transform: { text in
      guard let time = SimulatedTime(text) else {
        throw ValidationError("\"\(text)\" is no timestamp: write 2025-03-10T09:00:00Z")
      }
      return time
    })
  var start: SimulatedTime?

  @Option(help: ArgumentHelp("Time zone of the hours and days, as the server names it.", valueName: "name"))
  var timeZone = GeneratorOptions().timeZone

  @OptionGroup var database: DatabaseOptions

  var options: GeneratorOptions {
    var options = GeneratorOptions()
    options.ratePerSecond = rate
    options.customers = customers
    options.durationSeconds = duration
    options.count = count
    options.seed = seed
    options.isConstantRate = constantRate
    options.connections = connections
    options.anomalies = anomalies
    options.start = start
    options.timeZone = timeZone
    return options
  }

  func validate() throws {
    if let problem = options.problem() { throw ValidationError(problem) }
  }

  func run() throws {
    let options = options.resolved()
    StopSignal.watch()
    LineOutput.diagnostics.write(
      "seed \(options.seed ?? 0), simulated time from \(options.start?.description ?? "-"), hours by "
        + "\(options.timeZone), \(options.customers) customers, "
        + (options.ratePerSecond > 0 ? "\(options.ratePerSecond) transactions/s" : "as fast as possible")
        + (options.isConstantRate ? ", constant" : ""))
    var screen = GenerateProgressLine(options)
    let summary: GeneratorSummary
    do throws(GeneratorError) {
      summary = try Generator.run(
        settings: database.settings, options: options, progress: { screen.show($0) },
        shouldStop: { StopSignal.isReceived })
    } catch {
      screen.end()
      LineOutput.diagnostics.write("sluice generate: \(error)")
      switch error.kind {
      case .configuration, .refused: throw ExitCode.configuration
      case .unreachable: throw ExitCode.unreachable
      case .interrupted: throw ExitCode.interrupted
      }
    }
    screen.end()
    LineOutput.data.write(GenerateReport(summary).text)
    if !summary.reconciliation.agrees { throw ExitCode.internalFault }
    if summary.wasInterrupted { throw ExitCode.interrupted }
  }
}
