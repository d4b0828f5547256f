/// Rates over the last two seconds, from counts looked at several times a second.
struct DemoRates {
  private struct Sample {
    var atSeconds: Double
    var counts: [String: Int]
  }

  private var samples: [Sample] = []
  private static let windowSeconds = 2.0

  mutating func add(_ counts: [String: Int], atSeconds now: Double) {
    samples.append(Sample(atSeconds: now, counts: counts))
    // One sample of at least the window's age stays.
    while samples.count > 2, samples[1].atSeconds <= now - DemoRates.windowSeconds { samples.removeFirst() }
  }

  func perSecond(_ name: String) -> Double {
    guard let first = samples.first, let last = samples.last, last.atSeconds > first.atSeconds else { return 0 }
    let count = (last.counts[name] ?? 0) - (first.counts[name] ?? 0)
    return Double(max(count, 0)) / (last.atSeconds - first.atSeconds)
  }
}
