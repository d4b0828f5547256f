/// Which context of the snapshots belongs to which station of the position: handed over, acknowledged, stored. Each follows
/// the position's own (`ConfirmedPosition`), so what is stored with a position is the context that held there.
struct ContextStations {
  /// As of everything handed over, by its version.
  private(set) var handedOver: (version: UInt64, context: IncrementalContext)
  /// Handed over and not acknowledged, oldest first. One a signal and one a chunk, so as many as units are in flight.
  private var inFlight: [(version: UInt64, context: IncrementalContext)] = []
  private var acknowledged: (version: UInt64, context: IncrementalContext)
  private var beingStored: UInt64?
  /// Version of what a restart would begin with.
  private(set) var stored: UInt64 = 0

  init(_ context: IncrementalContext) {
    handedOver = (0, context)
    acknowledged = (0, context)
  }

  /// A newer context holds from here on. Returns whether it is newer.
  mutating func handOver(_ version: UInt64, _ context: @autoclosure () -> IncrementalContext) -> Bool {
    guard version != handedOver.version else { return false }
    handedOver = (version, context())
    inFlight.append(handedOver)
    return true
  }

  /// Everything before the mark of this version is acknowledged.
  mutating func acknowledge(_ version: UInt64) {
    while let first = inFlight.first, first.version <= version { acknowledged = inFlight.removeFirst() }
  }

  var hasUnstored: Bool { acknowledged.version != stored }

  /// What is stored with the acknowledged position.
  mutating func beginStore() -> IncrementalContext? {
    beingStored = acknowledged.version
    return acknowledged.context.isEmpty ? nil : acknowledged.context
  }

  mutating func storeEnded(hasSucceeded: Bool) {
    if hasSucceeded, let beingStored { stored = beingStored }
    beingStored = nil
  }
}
