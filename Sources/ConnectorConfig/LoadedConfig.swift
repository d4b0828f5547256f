/// A worker and its connectors, ready to run.
public struct LoadedConfig: Sendable {
  public let worker: WorkerConfig
  public let connectors: [ConnectorOptions]
  /// Warnings, and what was accepted without effect: for the log.
  public let notices: [ConfigProblem]
}
