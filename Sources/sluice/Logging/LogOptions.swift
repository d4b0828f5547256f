import ArgumentParser
import Logging

/// `--log-format` and `--log-level`, common to all commands that log.
struct LogOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How log lines look: text or json.", valueName: "format"))
  var logFormat = RelayLogHandler.Format.text

  @Option(
    help: ArgumentHelp("Least level that is logged: trace, debug, info, notice, warning or error.", valueName: "level"))
  var logLevel = Logger.Level.info

  func makeLogger() -> Logger {
    let format = logFormat
    let level = logLevel
    return Logger(label: "sluice") { _ in RelayLogHandler(format: format, level: level) }
  }
}

extension RelayLogHandler.Format: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
