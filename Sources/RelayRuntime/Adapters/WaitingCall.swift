import Glibc
import KafkaSink
import Synchronization

/// Makes calls that wait for the brokers, one at a time, on a thread of their own, so that the caller's thread serves
/// PostgreSQL meanwhile.
final class WaitingCall: Sendable {
  typealias Body = @Sendable () throws(KafkaError) -> Void

  private enum Work {
    case none
    case call(Body)
    case running
    case ended(KafkaError?)
  }

  private struct Shared {
    var work = Work.none
    var isStopped = false
  }

  private let shared = Mutex(Shared())
  private let wakeUp: WakeUp
  /// Readable when a call has ended.
  let ended: WakeUp

  /// `nil` when the process has no descriptor left.
  init?() {
    guard let wakeUp = WakeUp(), let ended = WakeUp() else { return nil }
    self.wakeUp = wakeUp
    self.ended = ended
    RelayThread.start(name: "sluice-transact") { [self] in run() }
  }

  private func run() {
    while true {
      wakeUp.wait(timeoutMilliseconds: -1)
      wakeUp.clear()
      let body: Body? = shared.withLock { shared in
        guard case .call(let body) = shared.work else { return nil }
        shared.work = .running
        return body
      }
      if let body { run(body) }
      if shared.withLock({ $0.isStopped }) { return }
    }
  }

  private func run(_ body: Body) {
    var failure: KafkaError?
    do throws(KafkaError) {
      try body()
    } catch {
      failure = error
    }
    // Together, so that `take` cannot come in between and leave the signal to the next call, whose waits it would all end.
    shared.withLock { shared in
      shared.work = .ended(failure)
      ended.signal()
    }
  }

  var isUnderWay: Bool {
    shared.withLock { shared in
      switch shared.work {
      case .call, .running: true
      case .none, .ended: false
      }
    }
  }

  /// The call before must have been taken. What `body` holds is let go when the call has ended.
  func begin(_ body: @escaping Body) {
    shared.withLock { shared in
      guard case .none = shared.work else { preconditionFailure("a call is under way") }
      shared.work = .call(body)
    }
    wakeUp.signal()
  }

  /// `false` while the call is under way. Its outcome is given once.
  func take() throws(KafkaError) -> Bool {
    let outcome: KafkaError?? = shared.withLock { shared in
      guard case .ended(let failure) = shared.work else { return nil }
      shared.work = .none
      return .some(failure)
    }
    guard let outcome else { return false }
    ended.clear()
    if let outcome { throw outcome }
    return true
  }

  /// Ends the thread behind the call that is under way.
  func stop() {
    shared.withLock { $0.isStopped = true }
    wakeUp.signal()
  }
}
