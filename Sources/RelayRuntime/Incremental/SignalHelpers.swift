import Logging

/// The threads beside the relay's that read chunks and signals; none where the configuration asks for none.
final class SignalHelpers {
  let reader: ChunkReader?
  private let poller: SignalPoller?

  var signals: (any SignalReading)? { poller }

  /// `wakeUp` wakes the relay's thread.
  init(_ plan: SignalPlan, wakeUp: WakeUp, logger: Logger) throws(ConnectorFailure) {
    let noDescriptor = ConnectorFailure(.delivery, "no file descriptor left")
    if plan.watermarks != nil, let settings = plan.reader {
      guard let reader = ChunkReader(settings, answered: wakeUp) else { throw noDescriptor }
      self.reader = reader
    } else {
      reader = nil
    }
    if let settings = plan.poller {
      guard let poller = SignalPoller(settings, arrived: wakeUp, logger: logger) else { throw noDescriptor }
      self.poller = poller
    } else {
      poller = nil
    }
  }

  func stop() {
    reader?.stop()
    poller?.stop()
  }
}
