import Logging

/// The threads beside the relay's that read chunks and signals; none where the configuration asks for none.
final class SignalHelpers {
  let reader: ChunkReader?
  private(set) var poller: SignalPoller?
  private let plan: SignalPlan
  private let wakeUp: WakeUp
  private let logger: Logger

  /// `wakeUp` wakes the relay's thread.
  init(_ plan: SignalPlan, wakeUp: WakeUp, logger: Logger) throws(ConnectorFailure) {
    self.plan = plan
    self.wakeUp = wakeUp
    self.logger = logger
    reader =
      if plan.watermarks != nil, let settings = plan.reader {
        try SignalHelpers.made(ChunkReader(settings, answered: wakeUp))
      } else {
        nil
      }
  }

  private static func made<Helper>(_ helper: Helper?) throws(ConnectorFailure) -> Helper {
    guard let helper else { throw ConnectorFailure(.delivery, "no file descriptor left") }
    return helper
  }

  /// Reads signals from here on: before, nobody would follow them.
  /// - Parameter followed: from the state record.
  func startPolling(after followed: SignalMarks?) throws(ConnectorFailure) -> (any SignalReading)? {
    guard let settings = plan.poller else { return nil }
    let poller = try SignalHelpers.made(
      SignalPoller(settings, followed: followed ?? SignalMarks(), arrived: wakeUp, logger: logger))
    self.poller = poller
    return poller
  }

  func stop() {
    reader?.stop()
    poller?.stop()
  }
}
