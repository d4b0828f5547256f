import Testing

@testable import Acknowledgement

/// When a Kafka transaction is due, with `transaction.boundary=poll`.
struct TransactionBatchTests {
  private func batch(records: Int, at now: Int64 = 10, _ bounds: TransactionBatch.Bounds = .init()) -> TransactionBatch
  {
    var batch = TransactionBatch(bounds)
    batch.opened(at: 10)
    for _ in 0..<records { batch.recordAccepted(at: now) }
    batch.unitEnded()
    return batch
  }

  @Test func aFewRecordsAreCommittedAsSoonAsNothingIsLeftToRead() {
    #expect(batch(records: 64).isDue(at: 10, isQuiet: true))
    #expect(!batch(records: 64).isDue(at: 10, isQuiet: false))
  }

  @Test func aBurstIsCommittedOnceNothingCameForAMoment() {
    let burst = batch(records: 65, at: 30)
    #expect(!burst.isDue(at: 31, isQuiet: true))
    #expect(burst.millisecondsUntilDue(at: 31) == 1)
    #expect(burst.isDue(at: 32, isQuiet: true))
    #expect(!burst.isDue(at: 32, isQuiet: false))
  }

  @Test func aStreamThatGoesOnIsCommittedByTimeAndSize() {
    #expect(batch(records: 65, at: 110).isDue(at: 110, isQuiet: false))
    #expect(batch(records: 20_000).isDue(at: 10, isQuiet: false))
  }

  @Test func anIntervalDoesNotEndEarlierWhereNothingIsLeftToRead() {
    var bounds = TransactionBatch.Bounds()
    bounds.intervalMilliseconds = 500
    let batch = batch(records: 1, bounds)
    #expect(!batch.isDue(at: 500, isQuiet: true))
    #expect(batch.millisecondsUntilDue(at: 500) == 10)
    #expect(batch.isDue(at: 510, isQuiet: false))
  }

  @Test func aFifthOfItsTimeWithoutAnAcknowledgementIsAStandstill() {
    func batch(_ acknowledgements: [Int64]) -> TransactionBatch {
      var batch = TransactionBatch(.init())
      batch.opened(at: 0)
      batch.recordAccepted(at: 0)
      for now in acknowledgements { batch.recordsAcknowledged(at: now, isDrained: false) }
      return batch
    }
    // A pause in between, one at the end, and several that come to it together.
    #expect(batch([2_000, 8_001] + Array(stride(from: 8_100, through: 30_000, by: 100))).hasStoodStill(at: 30_000))
    #expect(batch(Array(stride(from: 0, through: 24_000, by: 100))).hasStoodStill(at: 30_000))
    #expect(batch(Array(stride(from: 0, through: 30_000, by: 1_000))).hasStoodStill(at: 30_000))
    #expect(!batch(Array(stride(from: 0, through: 25_000, by: 999))).hasStoodStill(at: 30_000))
  }

  @Test func whereNothingIsInFlightTheBrokersDoNotStandStill() {
    var batch = TransactionBatch(.init())
    batch.opened(at: 0)
    batch.recordAccepted(at: 0)
    batch.recordsAcknowledged(at: 10, isDrained: true)
    #expect(!batch.hasStoodStill(at: 30_000))
    batch.recordAccepted(at: 20_000)
    #expect(!batch.hasStoodStill(at: 20_999))
    #expect(batch.hasStoodStill(at: 30_000))
  }
}
