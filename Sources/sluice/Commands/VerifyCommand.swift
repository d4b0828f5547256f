import ArgumentParser
import FintechGenerator
import FoundationEssentials
import Logging
import PostgresSource
import RelayRuntime
import TerminalScreens

/// `sluice verify`: proof of delivery.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove what connectors have delivered: the database against Kafka, read back.",
    discussion: """
      Reads every row of the captured tables in one snapshot, makes of each the record that the connector would publish, \
      waits until the relay has confirmed that position, reads the topics back (read_committed) and compares key by key: \
      a table's row must be the state that Kafka shows of its key, a row that is gone must be gone there, and each outbox \
      row must be there as an event with its id. Writes may go on meanwhile. Names each missing, extra or different row \
      by its key, and counts records that came more than once.

      With --since only records from then on are read. A row without a record in that time is then no fault, unless a \
      column of --time-column says that it was written since.

      Examples:
        sluice verify connectors/worker.properties connectors/fintech-main-connector.json
        sluice verify --json --since 2026-01-31T00:00:00Z --time-column updated_at worker.properties connector.json

      The last line of standard output is the verdict; --json prints one JSON object for each connector instead. Keys are \
      printed, other values never. Exit codes: 0 everything is proven; 1 there are differences, or the relay has not \
      confirmed what was read; 64 usage; 69 a server is unreachable; 70 internal fault; 78 configuration; 130 interrupted.
      """)

  @Argument(help: ArgumentHelp("Kafka Connect's worker file.", valueName: "worker.properties"), completion: .file())
  var worker: String

  @Argument(help: ArgumentHelp("Connector files.", valueName: "connector.json"), completion: .file())
  var connectors: [String]

  @Option(help: ArgumentHelp("Begin of the window, as 2026-01-31T00:00:00Z.", valueName: "time"))
  var since: String?

  @Option(
    name: .customLong("time-column"),
    help: ArgumentHelp(
      "A column that says when a row was last written. May be given more than once.", valueName: "name"))
  var timeColumns: [String] = []

  @Flag(help: "Rows are never deleted from the outbox: an event without a row is a fault.")
  var outboxIsKept = false

  @Option(
    name: .customLong("topic"),
    help: ArgumentHelp(
      "A topic to read beside those of the rows that are there, or a regular expression that begins with ^.",
      valueName: "topic"))
  var topics: [String] = []

  @Flag(help: "A record that came more than once is a fault (exactly-once delivery).")
  var noDuplicates = false

  @Flag(help: "Check the money of the fintech schema too: openings, completed entries and fees against balances.")
  var money = false

  @Option(help: ArgumentHelp("How long the relay may take to confirm what was read.", valueName: "seconds"))
  var wait = 60

  @Option(help: ArgumentHelp("Differences that are named, at most.", valueName: "n"))
  var differences = 1_000

  @Option(
    help: ArgumentHelp("For hashes that do not fit into memory. Default: TMPDIR, else /tmp.", valueName: "directory"))
  var temporaryDirectory: String?

  @Flag(help: "Print the report as JSON, one object for each connector.")
  var json = false

  @Option(help: ArgumentHelp("Write the JSON report to this file as well.", valueName: "file"), completion: .file())
  var report: String?

  @OptionGroup var logging: LogOptions

  func validate() throws {
    if let since, VerifyCommand.milliseconds(since) == nil {
      throw ValidationError("--since \(since) is no time such as 2026-01-31T00:00:00Z")
    }
    if !timeColumns.isEmpty, since == nil { throw ValidationError("--time-column needs --since") }
    if wait < 0 { throw ValidationError("--wait must not be negative") }
    if differences < 0 { throw ValidationError("--differences must not be negative") }
  }

  func run() throws {
    StopSignal.watch()
    let logger = logging.makeLogger()
    let plans = try PlanLoading.load(
      worker: worker, connectors: connectors, overrides: PlanBuilder.Overrides(), logger: logger)
    let consumer = try KafkaClientSettings.consumer(of: KafkaClientSettings.worker(file: worker))
    var isProven = true
    var lines: [String] = []
    for plan in plans {
      let found: ProofReport
      do throws(ConnectorFailure) {
        found = try DeliveryProof(
          plan: plan, consumer: consumer, options: options,
          progress: { logger.info("\(plan.name): \($0)") }, isStopped: { StopSignal.isReceived }
        ).run()
      } catch {
        LineOutput.diagnostics.write("sluice verify: \(plan.name): \(error)")
        throw VerifyCommand.exitCode(error)
      }
      let hasDuplicates = noDuplicates && found.duplicates > 0
      isProven = isProven && found.agrees && !hasDuplicates
      lines.append(found.json)
      LineOutput.data.write(
        json ? found.json : VerifyText.lines(found, countsDuplicates: noDuplicates).joined(separator: "\n"))
    }
    if money, let plan = plans.first { isProven = try checkMoney(plan) && isProven }
    if let report { try write(lines, to: report) }
    if StopSignal.isReceived { throw ExitCode.interrupted }
    if !isProven { throw ExitCode.failure }
  }

  private var options: DeliveryProof.Options {
    var options = DeliveryProof.Options()
    options.sinceMilliseconds = since.flatMap(VerifyCommand.milliseconds)
    options.timeColumns = timeColumns
    options.keepsOutbox = outboxIsKept
    options.topics = topics
    options.differencesMax = differences
    options.waitMilliseconds = Int64(wait) * 1_000
    options.temporaryDirectory =
      temporaryDirectory ?? ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    return options
  }

  private static func milliseconds(_ text: String) -> Int64? {
    (try? Date.ISO8601FormatStyle().parse(text)).map { Int64($0.timeIntervalSince1970 * 1_000) }
  }

  private func checkMoney(_ plan: ConnectorPlan) throws -> Bool {
    let check: MoneyCheck
    do throws(PostgresError) {
      check = try MoneyCheck.run(plan.database)
    } catch {
      LineOutput.diagnostics.write("sluice verify: money check: \(error)")
      throw error.kind == .connection ? ExitCode.unreachable : ExitCode.configuration
    }
    let output = json ? LineOutput.diagnostics : LineOutput.data
    for line in VerifyText.lines(check) { output.write(line) }
    return check.agrees
  }

  private func write(_ lines: [String], to file: String) throws {
    do {
      try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    } catch {
      LineOutput.diagnostics.write("sluice verify: cannot write \(file): \(error)")
      throw ExitCode.configuration
    }
  }

  static func exitCode(_ failure: ConnectorFailure) -> ExitCode {
    switch failure.kind {
    case .configuration: .configuration
    case .unreachable, .startsAgain: .unreachable
    case .slotBusy: .tryAgain
    case .delivery, .undelivered, .fenced, .refused: .internalFault
    case .stopped: .interrupted
    }
  }
}
