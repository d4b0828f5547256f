import EventRouting

/// Signals that come by another way than the stream: a file, a topic. Read elsewhere, so that nothing waits for them here.
public protocol SignalReading: AnyObject {
  /// The next one that has come, if any.
  func poll() -> SignalMessage?
}
