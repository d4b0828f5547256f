import Logging

/// The threads beside the relay's that read chunks and signals; none where the configuration asks for none.
final class SignalHelpers {
  let reader: ChunkReader?
  let signals: (any SignalReading)?

  /// `wakeUp` wakes the relay's thread.
  init(_ plan: SignalPlan, wakeUp: WakeUp, logger: Logger) throws(ConnectorFailure) {
    signals = nil
    guard plan.watermarks != nil, let settings = plan.reader else {
      reader = nil
      return
    }
    guard let made = ChunkReader(settings, answered: wakeUp) else {
      throw ConnectorFailure(.delivery, "no file descriptor left")
    }
    reader = made
  }

  func stop() { reader?.stop() }
}
