import FintechGenerator
import PostgresSource
import RelayRuntime
import Synchronization

/// The generator on a thread of its own: opens the bank, waits to be let go, does business until it is stopped.
final class DemoBank: Sendable {
  enum Outcome: Sendable {
    case finished(GeneratorSummary)
    case failed(GeneratorError)
  }

  private struct State {
    var progress: GeneratorProgress?
    var outcome: Outcome?
  }

  private let state = Mutex(State())
  private let isOpened = Atomic<Bool>(false)
  private let mayTrade = Atomic<Bool>(false)
  private let stops = Atomic<Bool>(false)

  init(_ settings: ConnectionSettings, _ options: GeneratorOptions) {
    RelayThread.start(name: "demo-bank") { [self] in
      let outcome: Outcome
      do throws(GeneratorError) {
        outcome = .finished(
          try Generator.run(
            settings: settings, options: options,
            progress: { progress in self.state.withLock { $0.progress = progress } },
            mayBegin: {
              self.isOpened.store(true, ordering: .relaxed)
              return self.mayTrade.load(ordering: .relaxed)
            }, shouldStop: { self.stops.load(ordering: .relaxed) }))
      } catch {
        outcome = .failed(error)
      }
      state.withLock { $0.outcome = outcome }
    }
  }

  /// Customers, accounts and merchants are committed.
  var isOpen: Bool { isOpened.load(ordering: .relaxed) }
  var progress: GeneratorProgress? { state.withLock { $0.progress } }
  /// `nil` while it runs.
  var outcome: Outcome? { state.withLock { $0.outcome } }

  func beginTrade() { mayTrade.store(true, ordering: .relaxed) }
  func stop() { stops.store(true, ordering: .relaxed) }
}
