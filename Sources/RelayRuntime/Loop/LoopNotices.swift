/// What the loop has to tell the log, which it does not know. Bounded: what is not taken in time makes room for newer.
struct LoopNotices {
  private static let countMax = 256
  private var list: [(level: IncrementalSnapshot.LogLevel, text: String)] = []

  mutating func add(_ level: IncrementalSnapshot.LogLevel, _ text: String) {
    if list.count == LoopNotices.countMax { list.removeFirst() }
    list.append((level, text))
  }

  mutating func take() -> [(level: IncrementalSnapshot.LogLevel, text: String)] {
    guard !list.isEmpty else { return [] }
    defer { list.removeAll() }
    return list
  }
}
