import Testing

@testable import KafkaSink

@Suite struct ReadingEndsTests {
  private let place = TopicPartition(topic: "t", partition: 0)

  /// Which records are taken of a reading up to `end`, and whether that is reached then.
  private func read(_ offsets: [Int64], to end: Int64) -> (taken: [Int64], isReached: Bool) {
    var ends = ReadingEnds(open: [place: end])
    let taken = offsets.filter { ends.takes($0, of: place) }
    return (taken, ends.areReached)
  }

  @Test func theRecordBeforeTheEndIsTakenAndReachesIt() {
    #expect(read([0, 1], to: 3) == ([0, 1], false))
    #expect(read([0, 1, 2], to: 3) == ([0, 1, 2], true))
  }

  /// Found on an Apache Kafka: a marker stood just before the end, and behind it another producer went on. A relay that took
  /// over waited until that one paused.
  @Test func aRecordBehindTheEndIsNotTakenButReachesIt() {
    #expect(read([1, 4], to: 3) == ([1], true))
    #expect(read([1, 3, 4], to: 3) == ([1], true))
  }

  @Test func thePartitionsOwnEndCountsFromTheEndOn() {
    var ends = ReadingEnds(open: [place: 3])
    ends.partitionEnded(place, at: 2)
    #expect(!ends.areReached)
    ends.partitionEnded(place, at: 3)
    #expect(ends.areReached)
  }

  @Test func eachPartitionHasItsOwnEnd() {
    let other = TopicPartition(topic: "t", partition: 1)
    let unread = TopicPartition(topic: "unread", partition: 0)
    var ends = ReadingEnds(open: [place: 1, other: 2])
    let taken = [(Int64(0), place), (0, other), (0, unread)].filter { ends.takes($0.0, of: $0.1) }.map(\.1)
    #expect(taken == [place, other])
    #expect(ends.open == [other: 2])
    ends.partitionEnded(other, at: 2)
    #expect(ends.areReached)
  }
}
