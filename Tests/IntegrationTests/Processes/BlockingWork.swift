import Foundation

/// Runs what blocks on a thread of its own, so that the tests' cooperative pool stays free.
func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    let thread = Thread { continuation.resume(with: Result(catching: work)) }
    thread.stackSize = 8 << 20
    thread.start()
  }
}

/// Asks every 10 ms until the answer is true. Throws when the time is over.
func waitUntil(_ what: @autoclosure () -> String, within time: Duration, _ isTrue: () throws -> Bool) throws {
  let end = ContinuousClock.now + time
  while try !isTrue() {
    guard ContinuousClock.now < end else { throw ProcessFailure("timed out waiting until \(what())") }
    usleep(10_000)
  }
}
