/// The partitions of a reading that goes up to given offsets, as long as their ends are not reached.
struct ReadingEnds {
  private(set) var open: [TopicPartition: Int64]

  var areReached: Bool { open.isEmpty }

  /// Whether a record at this offset stands before its partition's end.
  ///
  /// Compaction and transaction markers may leave no record just before the end. Then a later record reaches it: where another
  /// producer goes on writing, the partition's own end comes late or never.
  mutating func takes(_ offset: Int64, of place: TopicPartition) -> Bool {
    guard let end = open[place] else { return false }
    if offset + 1 >= end { open[place] = nil }
    return offset < end
  }

  /// The partition has been read up to `offset`, where it ends for now.
  mutating func partitionEnded(_ place: TopicPartition, at offset: Int64) {
    if let end = open[place], offset >= end { open[place] = nil }
  }
}
