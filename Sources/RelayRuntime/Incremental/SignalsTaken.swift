/// Signals of file and topic between being followed and being stored. Given to `SignalReading.settle` in the order in which
/// they were taken, so that what lies unread or unstored is always the end of a channel.
struct SignalsTaken {
  private struct Taken {
    let signal: ChannelSignal
    /// Of the context that holds what it asked for.
    let version: UInt64
  }

  private var unstored: [Taken] = []
  /// Followed, and then forgotten with a connection that broke.
  private var again: [ChannelSignal] = []
  private(set) var settledCount = 0

  /// Everything taken is stored.
  var isEmpty: Bool { unstored.isEmpty && again.isEmpty }

  mutating func next(from signals: any SignalReading) -> ChannelSignal? {
    again.isEmpty ? signals.poll() : again.removeFirst()
  }

  mutating func followed(_ signal: ChannelSignal, version: UInt64) {
    unstored.append(Taken(signal: signal, version: version))
  }

  /// Returns how many have been stored in all, where that is news.
  mutating func stored(_ version: UInt64) -> Int? {
    let count = unstored.prefix { $0.version <= version }.count
    if count == 0 { return nil }
    unstored.removeFirst(count)
    settledCount += count
    return settledCount
  }

  /// What is younger than this context is followed again.
  mutating func interrupted(handedOver version: UInt64) {
    guard let first = unstored.firstIndex(where: { $0.version > version }) else { return }
    again = unstored[first...].map(\.signal) + again
    unstored.removeSubrange(first...)
  }
}
