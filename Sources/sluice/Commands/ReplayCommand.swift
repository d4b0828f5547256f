import ArgumentParser
import FoundationEssentials
import Logging
import RelayRuntime

/// `sluice replay`: dead letters, redelivered.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Redeliver the dead letters of connectors, in order, after a mend.",
    discussion: """
      Reads the topic of errors.deadletterqueue.topic.name on from where the last replay ended (consumer group \
      sluice-replay-NAME), makes of each letter its record again, under the connector file as it is now, and sends it to \
      the topic it is for. What fails again, and with sluice.errors.hold.key what waits behind it, is a letter again, at \
      the topic's end. No relay of the connector may run meanwhile: stop it, replay, and start it again.

      Letters made without sluice.errors.hold.key need --out-of-order: later records of their keys may be out already.

      Examples:
        sluice replay --dry-run connectors/worker.properties connectors/fintech-outbox-connector.json
        sluice replay connectors/worker.properties connectors/fintech-outbox-connector.json

      Exit codes: 0 all are redelivered; 1 some are letters again; 64 usage; 69 a server is unreachable; 70 internal \
      fault; 75 a relay of the connector is running; 78 configuration; 130 interrupted.
      """)

  @Argument(help: ArgumentHelp("Kafka Connect's worker file.", valueName: "worker.properties"), completion: .file())
  var worker: String

  @Argument(help: ArgumentHelp("Connector files.", valueName: "connector.json"), completion: .file())
  var connectors: [String]

  @Flag(help: "Only count the letters.")
  var dryRun = false

  @Flag(help: "Redeliver letters whose keys were not held, too, behind later records of these keys.")
  var outOfOrder = false

  @OptionGroup var logging: LogOptions

  func run() throws {
    StopSignal.watch()
    let logger = logging.makeLogger()
    let plans = try PlanLoading.load(
      worker: worker, connectors: connectors, overrides: PlanBuilder.Overrides(), logger: logger)
    var options = LetterReplay.Options()
    options.isDryRun = dryRun
    options.allowsOutOfOrder = outOfOrder
    var isComplete = true
    for plan in plans {
      let report: LetterReplay.Report
      do throws(ConnectorFailure) {
        report = try LetterReplay(plan: plan, options: options, logger: logger) { StopSignal.isReceived }.run()
      } catch {
        LineOutput.diagnostics.write("sluice replay: \(plan.name): \(error)")
        throw VerifyCommand.exitCode(error)
      }
      isComplete = isComplete && report.lettersAgain == 0
      for line in ReplayText.lines(report, connector: plan.name, isDryRun: dryRun) { LineOutput.data.write(line) }
    }
    if !isComplete { throw ExitCode.failure }
  }
}

/// What a replay says of its work.
enum ReplayText {
  static func lines(_ report: LetterReplay.Report, connector: String, isDryRun: Bool) -> [String] {
    if report.outstanding == 0 { return ["\(connector): no letters are outstanding"] }
    var lines = ["\(connector): \(report.outstanding) letters were outstanding"]
    if report.withoutHold > 0 {
      lines.append("  \(report.withoutHold) were made without sluice.errors.hold.key, and need --out-of-order")
    }
    if report.scattered > 0 {
      lines.append("  \(report.scattered) are in another partition than others of their key, and need --out-of-order")
    }
    if report.withoutChange > 0 {
      lines.append("  \(report.withoutChange) are of records that are no change of a table, and are passed over")
    }
    if isDryRun { return lines }
    lines.append("  \(report.records) records were redelivered")
    if report.lettersAgain > 0 {
      lines.append("  \(report.lettersAgain) failed again, or wait behind such a one, and are letters again")
    }
    return lines
  }
}
