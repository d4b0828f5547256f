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
    watch(SIGINT)
    watch(SIGTERM)
    // A reader of our output that goes away must not end the relay.
    signal(SIGPIPE, SIG_IGN)
  }

  /// The terminal's closing counts as a signal to stop, too, unless the process was started to outlive it (nohup).
  static func watchHangUp() {
    var present = sigaction()
    sigaction(SIGHUP, nil, &present)
    // SIG_IGN is 1 as a function pointer, which Swift cannot compare.
    if unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) != 1 { watch(SIGHUP) }
  }

  private static func watch(_ number: Int32) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      InterruptSignals.count.add(1, ordering: .relaxed)
      InterruptSignals.last.store(signal, ordering: .relaxed)
      var one: UInt64 = 1
      _ = write(InterruptSignals.descriptor, &one, MemoryLayout<UInt64>.size)
    }
    action.sa_flags = SA_RESTART
    sigaction(number, &action, nil)
  }

  static var received: Int { count.load(ordering: .relaxed) }
  static var lastWasInterrupt: Bool { last.load(ordering: .relaxed) == SIGINT }
}
