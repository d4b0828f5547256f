import Logging
import Synchronization

/// All connectors of one process, each on its own thread with its own stream, producer and slot. One that fails ends
/// alone.
public final class RelayService: Sendable {
  public struct Outcome: Sendable {
    public let name: String
    /// `nil`: it stopped because it was asked to.
    public let failure: ConnectorFailure?
  }

  public let connectors: [(name: String, status: ConnectorStatus)]
  private let plans: [ConnectorPlan]
  private let stops: [StopSignal]
  private let logger: Logger
  private let outcomes: Mutex<[Outcome]> = Mutex([])
  /// The place of each connector that shares a slot, and the readers of those slots.
  private let seats: [SharedSeat?]
  private let readers: [SharedSlotReader]
  private let runningReaders: Mutex<Int>
  private let finished: WakeUp

  /// `nil` when the process has too few file descriptors for its connectors.
  public init?(plans: [ConnectorPlan], logger: Logger) {
    var stops: [StopSignal] = []
    for _ in plans {
      guard let stop = StopSignal() else { return nil }
      stops.append(stop)
    }
    guard let finished = WakeUp(), let shared = SharedSlotReader.make(plans, stops, logger: logger) else { return nil }
    seats = shared.seats
    readers = shared.readers
    runningReaders = Mutex(shared.readers.count)
    self.plans = plans
    self.stops = stops
    self.finished = finished
    self.logger = logger
    connectors = plans.map { ($0.name, ConnectorStatus(name: $0.name)) }
  }

  /// Starts every connector's thread.
  public func start() {
    for reader in readers {
      RelayThread.start(name: "shared-slot") { [self] in
        reader.run()
        runningReaders.withLock { $0 -= 1 }
        finished.signal()
      }
    }
    for (index, plan) in plans.enumerated() {
      let status = connectors[index].status
      let stop = stops[index]
      let seat = seats[index]
      var logger = logger
      logger[metadataKey: "connector"] = "\(plan.name)"
      let connectorLogger = logger
      RelayThread.start(name: "relay-\(index)") { [self] in
        var failure: ConnectorFailure?
        do throws(ConnectorFailure) {
          try ConnectorRunner(plan: plan, status: status, stop: stop, logger: connectorLogger, seat: seat).run()
        } catch {
          failure = error
          connectorLogger.error("FAILED: \(error)")
        }
        let description = failure?.description
        status.update {
          $0.state = description == nil ? .stopped : .failed
          if let description { $0.lastError = description }
        }
        seat?.end()
        outcomes.withLock { $0.append(Outcome(name: plan.name, failure: failure)) }
        finished.signal()
      }
    }
  }

  /// Stops every connector: in order, or at once when already stopping. May be called from a signal's handler thread.
  public func stop(atOnce: Bool = false) {
    for stop in stops { stop.raise(to: atOnce ? .now : .drain) }
  }

  public var isStopping: Bool { stops.contains { $0.level > .run } }

  /// Waits until every connector has ended, for at most the given time. Returns what became of those that have.
  public func wait(milliseconds: Int32) -> [Outcome]? {
    if let outcomes = allOutcomes { return outcomes }
    finished.wait(timeoutMilliseconds: milliseconds)
    finished.clear()
    return allOutcomes
  }

  /// The last position of a shared slot is told after its last connector has ended.
  private var allOutcomes: [Outcome]? {
    let outcomes = outcomes.withLock { $0 }
    return outcomes.count == plans.count && runningReaders.withLock({ $0 }) == 0 ? outcomes : nil
  }

  /// What became of those connectors that have ended.
  public var outcomesSoFar: [Outcome] { outcomes.withLock { $0 } }

  /// Waits for all.
  public func waitForAll() -> [Outcome] {
    while true {
      if let outcomes = wait(milliseconds: 1_000) { return outcomes }
    }
  }
}
