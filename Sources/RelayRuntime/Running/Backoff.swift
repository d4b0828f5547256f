/// Waiting times between attempts: doubling from 100 ms to a bound, each shortened by a random part, so that many relays
/// do not come back in step.
struct Backoff {
  let maximumMilliseconds: Int64
  /// Attempts since the last success.
  private(set) var attempt = 0

  init(maximumMilliseconds: Int64 = 10_000) { self.maximumMilliseconds = maximumMilliseconds }

  mutating func next() -> Int64 {
    let full = min(maximumMilliseconds, 100 << Int64(min(attempt, 20)))
    attempt += 1
    return full / 2 + Int64.random(in: 0...(full / 2))
  }

  mutating func reset() { attempt = 0 }
}
