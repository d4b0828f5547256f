import Synchronization

/// What the thread that leads a run and its workers tell one another.
final class RunState: Sendable {
  /// Set once; workers finish what is in flight and end.
  private let stop = Atomic(false)
  /// Monotonic nanoseconds at which simulated time began to run; 0 before.
  private let origin = Atomic<Int64>(0)
  private let ready = Atomic(0)
  private let running = Atomic(0)
  private let reconnected = Atomic(0)
  private let failure = Mutex<GeneratorError?>(nil)

  func requestStop() { stop.store(true, ordering: .relaxed) }
  var shouldStop: Bool { stop.load(ordering: .relaxed) }

  func begin(atNanoseconds nanoseconds: Int64) { origin.store(nanoseconds, ordering: .releasing) }
  var originNanoseconds: Int64 { origin.load(ordering: .acquiring) }

  func workerIsReady() { ready.add(1, ordering: .relaxed) }
  var readyWorkers: Int { ready.load(ordering: .relaxed) }

  func workerBegan() { running.add(1, ordering: .relaxed) }
  func workerEnded() { running.subtract(1, ordering: .releasing) }
  var runningWorkers: Int { running.load(ordering: .acquiring) }

  func workerReconnected() { reconnected.add(1, ordering: .relaxed) }
  var reconnections: Int { reconnected.load(ordering: .relaxed) }

  /// The first failure counts; it stops all workers.
  func fail(_ error: GeneratorError) {
    failure.withLock { if $0 == nil { $0 = error } }
    requestStop()
  }

  var firstFailure: GeneratorError? { failure.withLock { $0 } }
}
