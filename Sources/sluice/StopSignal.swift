import Glibc
import Synchronization

/// SIGINT and SIGTERM as a flag. The second signal of a kind ends the process at once.
enum StopSignal {
  private static let received = Atomic<Bool>(false)

  static func watch() {
    var action = sigaction()
    // Storing to an atomic is all that a signal handler may safely do here.
    action.__sigaction_handler.sa_handler = { _ in StopSignal.received.store(true, ordering: .relaxed) }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }

  static var isReceived: Bool { received.load(ordering: .relaxed) }
}
