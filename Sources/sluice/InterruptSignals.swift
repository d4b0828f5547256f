import Glibc
import RelayRuntime
import Synchronization

/// SIGINT and SIGTERM, counted: the first asks for an orderly stop, the second for one at once.
enum InterruptSignals {
  private static let count = Atomic<Int>(0)
  private static let last = Atomic<Int32>(0)
  /// Written by the handler, which may only use what is async-signal-safe.
  nonisolated(unsafe) private static var descriptor: Int32 = -1

  /// `wakeUp` is signalled at each signal, and must live as long as the process.
  static func watch(_ wakeUp: WakeUp) {
    descriptor = wakeUp.descriptor
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      InterruptSignals.count.add(1, ordering: .relaxed)
      InterruptSignals.last.store(signal, ordering: .relaxed)
      var one: UInt64 = 1
      _ = write(InterruptSignals.descriptor, &one, MemoryLayout<UInt64>.size)
    }
    action.sa_flags = SA_RESTART
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // A reader of our output that goes away must not end the relay.
    signal(SIGPIPE, SIG_IGN)
  }

  static var received: Int { count.load(ordering: .relaxed) }
  static var lastWasInterrupt: Bool { last.load(ordering: .relaxed) == SIGINT }
}
