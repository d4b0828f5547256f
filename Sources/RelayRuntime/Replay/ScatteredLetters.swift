import EventEncoding

/// Keys whose letters stand in several partitions of the letter topic, so that nothing tells their order: a letter goes by the
/// key of its row, and rows of one event's key are many. Pure.
struct ScatteredLetters {
  private var partitions: [[UInt8]: Int32] = [:]
  /// Letters in another partition than one of their key before.
  private(set) var count = 0

  mutating func pass(_ hold: LetterHold, in partition: Int32) {
    var isScattered = false
    for name in hold.names {
      if let known = partitions[name], known != partition { isScattered = true }
      partitions[name] = partition
    }
    if isScattered { count += 1 }
  }
}
