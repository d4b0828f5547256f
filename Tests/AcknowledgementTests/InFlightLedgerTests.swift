import Acknowledgement
import Primitives
import Testing

@Suite struct InFlightLedgerTests {
  private func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }
  private let time = PostgresTimestamp(microsecondsSince2000: 0)

  /// Sends `records` of a transaction that ends at `end`, and gives their tickets.
  private func send(_ ledger: inout InFlightLedger, records: Int, end: UInt64) -> [InFlightLedger.Ticket] {
    ledger.begin(at: lsn(end - 1))
    var tickets: [InFlightLedger.Ticket] = []
    for _ in 0..<records {
      tickets.append(ledger.openTicket)
      ledger.recordAccepted()
    }
    ledger.commit(endLSN: lsn(end), committedAt: time)
    return tickets
  }

  private func acknowledge(_ ledger: inout InFlightLedger, _ tickets: [InFlightLedger.Ticket]) {
    for ticket in tickets { _ = ledger.recordAcknowledged(ticket) }
    ledger.settle()
  }

  @Test func positionWaitsForEveryRecordOfTheTransaction() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    let tickets = send(&ledger, records: 2, end: 10)
    acknowledge(&ledger, [tickets[0]])
    #expect(ledger.acknowledged == lsn(1))
    acknowledge(&ledger, [tickets[1]])
    #expect(ledger.acknowledged == lsn(10))
    #expect(ledger.isIdle)
  }

  @Test func positionWaitsForEarlierTransactions() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    let first = send(&ledger, records: 1, end: 10)
    let second = send(&ledger, records: 1, end: 20)
    acknowledge(&ledger, second)
    #expect(ledger.acknowledged == lsn(1))
    acknowledge(&ledger, first)
    #expect(ledger.acknowledged == lsn(20))
  }

  @Test func openTransactionMovesNothingEvenWhenAllItsRecordsAreBack() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    ledger.begin(at: lsn(5))
    let ticket = ledger.openTicket
    ledger.recordAccepted()
    acknowledge(&ledger, [ticket])
    #expect(ledger.acknowledged == lsn(1))
    #expect(!ledger.isIdle)
    ledger.commit(endLSN: lsn(10), committedAt: time)
    #expect(ledger.acknowledged == lsn(10))
  }

  @Test func abandonedTransactionMovesNothing() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    ledger.begin(at: lsn(5))
    let ticket = ledger.openTicket
    ledger.recordAccepted()
    ledger.abandonOpenUnit()
    acknowledge(&ledger, [ticket])
    #expect(ledger.acknowledged == lsn(1))
    #expect(ledger.isIdle)
  }

  @Test func transactionBehindAnAbandonedOneWaitsForItsRecords() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    ledger.begin(at: lsn(5))
    let abandoned = ledger.openTicket
    ledger.recordAccepted()
    ledger.abandonOpenUnit()
    let again = send(&ledger, records: 1, end: 10)
    acknowledge(&ledger, again)
    #expect(ledger.acknowledged == lsn(1))
    acknowledge(&ledger, [abandoned])
    #expect(ledger.acknowledged == lsn(10))
  }

  @Test func transactionsWithoutRecordsMoveThePositionAtOnceWhenNothingIsInFlight() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    _ = send(&ledger, records: 0, end: 10)
    #expect(ledger.acknowledged == lsn(10))
    #expect(ledger.isIdle)
  }

  @Test func transactionsWithoutRecordsWaitBehindOthersAndTakeNoMemory() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    let tickets = send(&ledger, records: 1, end: 10)
    for end: UInt64 in 11...1_000 { _ = send(&ledger, records: 0, end: end) }
    #expect(ledger.acknowledged == lsn(1))
    acknowledge(&ledger, tickets)
    #expect(ledger.acknowledged == lsn(1_000))
    #expect(ledger.isIdle)
  }

  @Test func unitWithoutAPositionHoldsLaterOnesBack() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    ledger.begin(at: lsn(3))
    let message = ledger.openTicket
    ledger.recordAccepted()
    ledger.endWithoutPosition()
    let tickets = send(&ledger, records: 1, end: 10)
    acknowledge(&ledger, tickets)
    #expect(ledger.acknowledged == lsn(1))
    acknowledge(&ledger, [message])
    #expect(ledger.acknowledged == lsn(10))
  }

  @Test func walEndIsTakenOnlyWhileIdle() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    let result1 = ledger.advanceWhileIdle(to: lsn(5))
    #expect(result1)
    let tickets = send(&ledger, records: 1, end: 10)
    let result2 = ledger.advanceWhileIdle(to: lsn(50))
    #expect(!result2)
    acknowledge(&ledger, tickets)
    let result3 = ledger.advanceWhileIdle(to: lsn(7))
    #expect(!result3)
    #expect(ledger.acknowledged == lsn(10))
    ledger.begin(at: lsn(11))
    let result4 = ledger.advanceWhileIdle(to: lsn(50))
    #expect(!result4)
  }

  @Test func idleAdvanceIsNoCommit() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    _ = send(&ledger, records: 0, end: 10)
    _ = ledger.advanceWhileIdle(to: lsn(90))
    #expect(ledger.acknowledgedCommit == lsn(10))
  }

  @Test func unknownAndRepeatedTicketsAreRefused() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    let tickets = send(&ledger, records: 1, end: 10)
    let result5 = ledger.recordAcknowledged(.init(rawValue: 999))
    #expect(!result5)
    let result6 = ledger.recordAcknowledged(tickets[0])
    #expect(result6)
    let result7 = ledger.recordAcknowledged(tickets[0])
    #expect(!result7)
    ledger.settle()
    let result8 = ledger.recordAcknowledged(tickets[0])
    #expect(!result8)
  }

  @Test func finishedTransactionsAreReportedOnceInCommitOrder() {
    var ledger = InFlightLedger(startingAt: lsn(1))
    var tickets: [InFlightLedger.Ticket] = []
    for number: Int64 in 1...3 {
      ledger.begin(at: lsn(UInt64(number) * 10))
      tickets.append(ledger.openTicket)
      ledger.recordAccepted()
      ledger.commit(
        endLSN: lsn(UInt64(number) * 10 + 5), committedAt: PostgresTimestamp(microsecondsSince2000: number))
    }
    var seen: [Int64] = []
    for ticket in tickets.reversed() { _ = ledger.recordAcknowledged(ticket) }
    ledger.settle { seen.append($0.microsecondsSince2000) }
    ledger.settle { seen.append($0.microsecondsSince2000) }
    #expect(seen == [1, 2, 3])
  }
}

@Suite struct ConfirmedPositionTests {
  private func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }

  @Test func nothingIsFlushableBeforeItIsStored() {
    var position = ConfirmedPosition(stored: lsn(1))
    position.acknowledge(lsn(10))
    #expect(position.flushable == lsn(1))
    let result9 = position.nextToStore() == lsn(10)
    #expect(result9)
    #expect(position.flushable == lsn(1))
    position.storeSucceeded()
    #expect(position.flushable == lsn(10))
  }

  @Test func oneWriteIsUnderWayAtATime() {
    var position = ConfirmedPosition(stored: lsn(1))
    position.acknowledge(lsn(10))
    _ = position.nextToStore()
    position.acknowledge(lsn(20))
    let result10 = position.nextToStore()
    #expect(result10 == nil)
    position.storeSucceeded()
    #expect(position.flushable == lsn(10))
    let result11 = position.nextToStore() == lsn(20)
    #expect(result11)
  }

  @Test func failedWriteIsTriedAgain() {
    var position = ConfirmedPosition(stored: lsn(1))
    position.acknowledge(lsn(10))
    _ = position.nextToStore()
    position.storeFailed()
    #expect(position.flushable == lsn(1))
    let result12 = position.nextToStore() == lsn(10)
    #expect(result12)
  }

  @Test func positionsNeverGoBack() {
    var position = ConfirmedPosition(stored: lsn(10))
    position.acknowledge(lsn(5))
    #expect(position.acknowledged == lsn(10))
    let result13 = position.nextToStore()
    #expect(result13 == nil)
  }
}

@Suite struct StatusUpdatePolicyTests {
  private func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }

  @Test func firstUpdateIsDueAtOnce() {
    #expect(StatusUpdatePolicy(intervalMilliseconds: 10_000).isDue(now: 0, flushable: lsn(1)))
  }

  @Test func requestIsAnsweredAtOnce() {
    var policy = StatusUpdatePolicy(intervalMilliseconds: 10_000)
    policy.sent(now: 0, flushed: lsn(1))
    #expect(!policy.isDue(now: 1, flushable: lsn(1)))
    policy.serverRequestedReply()
    #expect(policy.isDue(now: 1, flushable: lsn(1)))
    #expect(policy.millisecondsUntilDue(now: 1, flushable: lsn(1)) == 0)
  }

  @Test func movedPositionIsToldSoonButNotAtOnce() {
    var policy = StatusUpdatePolicy(intervalMilliseconds: 10_000, progressIntervalMilliseconds: 100)
    policy.sent(now: 0, flushed: lsn(1))
    #expect(!policy.isDue(now: 50, flushable: lsn(2)))
    #expect(policy.isDue(now: 100, flushable: lsn(2)))
    #expect(policy.millisecondsUntilDue(now: 40, flushable: lsn(2)) == 60)
  }

  @Test func silenceEndsAtTheInterval() {
    var policy = StatusUpdatePolicy(intervalMilliseconds: 10_000)
    policy.sent(now: 0, flushed: lsn(1))
    #expect(!policy.isDue(now: 9_999, flushable: lsn(1)))
    #expect(policy.isDue(now: 10_000, flushable: lsn(1)))
  }
}
