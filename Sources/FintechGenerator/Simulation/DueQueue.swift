/// Things that are due at a later simulated time, earliest first; equal times in the order in which they were added.
struct DueQueue<Element: Sendable>: Sendable {
  private struct Entry: Sendable {
    let due: SimulatedTime
    let order: UInt64
    let element: Element

    func comesBefore(_ other: Entry) -> Bool { due == other.due ? order < other.order : due < other.due }
  }

  /// A binary heap.
  private var entries: [Entry] = []
  private var added: UInt64 = 0

  var nextDue: SimulatedTime? { entries.first?.due }

  mutating func add(_ element: Element, due: SimulatedTime) {
    added += 1
    entries.append(Entry(due: due, order: added, element: element))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].comesBefore(entries[parent]) else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeNext() -> (due: SimulatedTime, element: Element)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      var parent = 0
      while true {
        var smallest = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
          if entries[child].comesBefore(entries[smallest]) { smallest = child }
        }
        if smallest == parent { break }
        entries.swapAt(parent, smallest)
        parent = smallest
      }
    }
    return (first.due, first.element)
  }
}
