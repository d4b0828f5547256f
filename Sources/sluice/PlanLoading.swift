import ArgumentParser
import ConnectorConfig
import FoundationEssentials
import Logging
import RelayRuntime

/// From files to plans, with every problem on standard error.
enum PlanLoading {
  static func load(
    worker: String, connectors: [String], overrides: PlanBuilder.Overrides, logger: Logger
  ) throws -> [ConnectorPlan] {
    let loaded: LoadedConfig
    do throws(ConfigError) {
      loaded = try ConfigLoader.load(
        worker: worker, connectors: connectors, environment: ProcessInfo.processInfo.environment)
    } catch {
      for problem in error.problems {
        switch problem.severity {
        case .error: logger.error("\(problem)")
        case .warning: logger.warning("\(problem)")
        case .notice: logger.info("\(problem)")
        }
      }
      throw ExitCode.configuration
    }
    for notice in loaded.notices {
      if notice.severity == .warning { logger.warning("\(notice)") } else { logger.info("\(notice)") }
    }
    let builder = PlanBuilder(worker: loaded.worker, overrides: overrides)
    do {
      return try builder.plans(loaded.connectors)
    } catch {
      logger.error("\(error)")
      throw ExitCode.configuration
    }
  }
}
