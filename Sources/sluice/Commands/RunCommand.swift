import ArgumentParser
import ConnectorConfig
import Logging
import RelayRuntime

/// `sluice run`: the relay.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Relay changes and outbox events from PostgreSQL to Kafka.",
    discussion: """
      Arguments are those of Kafka's connect-standalone: a worker file, then one or more connector files, JSON or \
      properties. Each connector has its own thread, slot, stream and producer; one that fails does not take the others \
      down.

      Example:
        sluice run connectors/worker.properties connectors/fintech-main-connector.json connectors/fintech-outbox-connector.json

      SIGTERM or Ctrl-C stops in order: what was read is delivered and confirmed. A second signal stops at once; what is \
      unconfirmed is sent again next time. Exit codes: 0 stopped; 64 usage; 69 a server is unreachable; 70 a connector \
      failed; 75 a slot is in use and --no-wait was given; 78 configuration; 130 interrupted.
      """)

  @Argument(help: ArgumentHelp("Kafka Connect's worker file.", valueName: "worker.properties"), completion: .file())
  var worker: String

  @Argument(help: ArgumentHelp("Connector files.", valueName: "connector.json"), completion: .file())
  var connectors: [String]

  @Flag(help: "End with code 75 instead of standing by when a slot is in use.")
  var noWait = false

  @OptionGroup var logging: LogOptions

  func run() throws {
    let logger = logging.makeLogger()
    guard let wakeUp = WakeUp() else { throw ExitCode.internalFault }
    InterruptSignals.watch(wakeUp)
    var overrides = PlanBuilder.Overrides()
    overrides.waitsForSlot = !noWait
    let plans = try PlanLoading.load(worker: worker, connectors: connectors, overrides: overrides, logger: logger)
    guard let service = RelayService(plans: plans, logger: logger) else {
      logger.error("too few file descriptors: raise the limit (ulimit -n)")
      throw ExitCode.internalFault
    }
    service.start()
    let outcomes = RelaySupervisor(service: service, logger: logger).supervise(wakeUp)
    for outcome in outcomes {
      guard let status = service.connectors.first(where: { $0.name == outcome.name })?.status else { continue }
      let records = "\(status.current.recordsAcknowledged) records acknowledged\(RelaySupervisor.latency(status))"
      logger.info("\(outcome.name): \(outcome.failure == nil ? "STOPPED" : "FAILED"), \(records)")
      logger.debug("\(outcome.name): commit to acknowledged, µs by percentile:\(RelaySupervisor.percentiles(status))")
    }
    if let code = RelaySupervisor.exitCode(outcomes) { throw code }
    if outcomes.count < service.connectors.count { throw ExitCode.interrupted }
    if InterruptSignals.lastWasInterrupt { throw ExitCode.interrupted }
  }
}
