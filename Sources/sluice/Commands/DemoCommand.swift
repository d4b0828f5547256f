import ArgumentParser
import FintechGenerator
import Logging
import RelayRuntime

/// `sluice demo`: the whole system at once.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show a synthetic bank streaming from PostgreSQL into Kafka.",
    discussion: """
      Starts a private PostgreSQL in a temporary directory and librdkafka's in-process Kafka cluster (in memory, for demo \
      and tests only; --bootstrap-servers uses a real Kafka instead), applies migrations/, opens a bank, starts the three \
      connectors of connectors/ with a snapshot of it, and then writes transactions with their outbox events. Shows \
      connectors, topics, rates, latency and the newest events; without a terminal, a line every three seconds.

      At the end, by --duration, Ctrl-C or SIGTERM, the bank closes first, everything is delivered, and a table accounts \
      for every captured row and every outbox row: written, acknowledged by the brokers, read back by a consumer of the \
      demo's own. Nothing is left behind. A second Ctrl-C does not wait.

      Examples:
        sluice demo
        sluice demo --duration 30s --rate 500
        sluice demo --bootstrap-servers localhost:9092 --duration 2m

      Exit codes: 0 nothing is missing and the money check holds, also after Ctrl-C; 64 usage; 69 a server does not start \
      or answer; 70 something is missing or wrong; 78 configuration; 130 interrupted before anything was shown.
      """)

  @Option(
    help: ArgumentHelp("End after this time, such as 30s, 2m or 90. Default: until Ctrl-C.", valueName: "time"),
    transform: { text in
      guard let seconds = DurationText.seconds(text) else {
        throw ValidationError("\"\(text)\" is no duration: write 30s, 2m or 90")
      }
      return seconds
    })
  var duration: Double?

  @Option(help: ArgumentHelp("A real Kafka, as host:port,host:port.", valueName: "servers"))
  var bootstrapServers: String?

  @Option(help: ArgumentHelp("Business transactions a second; 0 for as fast as possible.", valueName: "n"))
  var rate = 200.0

  @Option(help: ArgumentHelp("Customers of the bank.", valueName: "n"))
  var customers = 500

  @Option(help: ArgumentHelp("Seed of all chance; drawn and shown where none is given.", valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("Folder that holds connectors/ and migrations/.", valueName: "path"), completion: .directory)
  var directory: String?

  @Option(
    help: ArgumentHelp(
      "Log of the relay where there is no screen: text or json.", valueName: "format"))
  var logFormat = RelayLogHandler.Format.text

  @Option(
    help: ArgumentHelp(
      "Least level that is logged where there is no screen: trace, debug, info, notice, warning or error.",
      valueName: "level"))
  var logLevel = Logger.Level.warning

  private var options: GeneratorOptions {
    var options = GeneratorOptions()
    options.ratePerSecond = rate
    options.customers = customers
    options.durationSeconds = duration
    options.seed = seed
    // Even pace at whatever hour someone looks at it.
    options.isConstantRate = true
    return options
  }

  func validate() throws {
    if let problem = options.problem() { throw ValidationError(problem) }
    if bootstrapServers?.isEmpty == true { throw ValidationError("--bootstrap-servers names no server") }
  }

  func run() throws {
    guard let wakeUp = WakeUp() else { throw ExitCode.internalFault }
    InterruptSignals.watch(wakeUp)
    InterruptSignals.watchHangUp()
    let (format, level) = (logFormat, logLevel)
    var run = DemoRun(
      options: options.resolved(), files: try DemoFiles(directory: directory), bootstrapServers: bootstrapServers,
      plainLogger: Logger(label: "sluice") { _ in RelayLogHandler(format: format, level: level) }, wakeUp: wakeUp)
    try run.run()
  }
}
