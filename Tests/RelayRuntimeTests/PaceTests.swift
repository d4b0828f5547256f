import Acknowledgement
import EventEncoding
import Primitives
import Testing

@testable import RelayRuntime

@Suite struct BackoffTests {
  @Test func waitsDoubleUpToTheBound() {
    for _ in 0..<200 {
      var backoff = Backoff(maximumMilliseconds: 1_000)
      for full: Int64 in [100, 200, 400, 800, 1_000, 1_000, 1_000] {
        let wait = backoff.next()
        #expect(wait >= full / 2 && wait <= full)
      }
    }
  }

  @Test func manyAttemptsNeverOverflow() {
    var backoff = Backoff(maximumMilliseconds: .max)
    for _ in 0..<1_000 { #expect(backoff.next() > 0) }
    #expect(backoff.attempt == 1_000)
  }

  @Test func aSuccessStartsAgainFromTheShortestWait() {
    var backoff = Backoff()
    for _ in 0..<10 { _ = backoff.next() }
    backoff.reset()
    #expect(backoff.next() <= 100)
  }

  @Test func aBoundBelowTheFirstWaitHolds() {
    var backoff = Backoff(maximumMilliseconds: 10)
    for _ in 0..<100 { #expect((5...10).contains(backoff.next())) }
  }
}

@Suite struct ReadPaceTests {
  private let millisecond: Int64 = 1_000_000

  @Test func aQuietStreamIsNeverKeptWaiting() {
    var pace = ReadPace()
    for turn in 1...1_000 {
      #expect(pace.pause(afterFrames: UInt64(turn), at: Int64(turn) * millisecond) == nil)
    }
  }

  @Test func aBurstAfterALongWaitIsReadAtOnce() {
    var pace = ReadPace()
    #expect(pace.pause(afterFrames: 1, at: 1_000 * millisecond) == nil)
    #expect(pace.pause(afterFrames: 500, at: 2_000 * millisecond) == nil)
  }

  @Test func aFastStreamIsLeftToGather() {
    var pace = ReadPace()
    _ = pace.pause(afterFrames: 0, at: 1_000 * millisecond)
    var pauses = 0
    for turn in 1...100 {
      if pace.pause(afterFrames: UInt64(turn * 100), at: (1_000 + Int64(turn)) * millisecond) != nil { pauses += 1 }
    }
    #expect(pauses >= 99)
  }

  @Test func aStreamThatGoesQuietIsReadAtOnceAgain() {
    var pace = ReadPace()
    _ = pace.pause(afterFrames: 0, at: 1_000 * millisecond)
    for turn in 1...100 { _ = pace.pause(afterFrames: UInt64(turn * 100), at: (1_000 + Int64(turn)) * millisecond) }
    #expect(pace.pause(afterFrames: 10_001, at: 1_110 * millisecond) == nil)
  }

  @Test(arguments: [(10, false), (200, true)])
  func recordsAreGatheredWhereManyCome(framesPerMillisecond: Int, gathers: Bool) {
    var pace = ReadPace()
    _ = pace.pause(afterFrames: 0, at: 1_000 * millisecond)
    for turn in 1...100 {
      _ = pace.pause(afterFrames: UInt64(turn * framesPerMillisecond), at: (1_000 + Int64(turn)) * millisecond)
    }
    #expect(pace.gathers == gathers)
    _ = pace.pause(afterFrames: UInt64(100 * framesPerMillisecond), at: 1_101 * millisecond)
    #expect(!pace.gathers)
    _ = pace.pause(afterFrames: UInt64(100 * framesPerMillisecond + 1), at: 1_110 * millisecond)
    #expect(!pace.gathers)
  }

  @Test func aClockThatGoesBackIsHarmless() {
    var pace = ReadPace()
    _ = pace.pause(afterFrames: 10, at: 1_000 * millisecond)
    _ = pace.pause(afterFrames: 20, at: 0)
    #expect(pace.pause(afterFrames: 21, at: 1_000 * millisecond) == nil)
  }
}

@Suite struct RecordTicketTests {
  /// Units that are acknowledged, so that the ledger's numbers begin there.
  private func ledger(startingAt unit: Int) -> InFlightLedger {
    var ledger = InFlightLedger(startingAt: LSN(rawValue: 1))
    for _ in 0..<unit {
      ledger.begin(at: LSN(rawValue: 1))
      ledger.endWithoutPosition()
    }
    return ledger
  }

  @Test func unitPlaceAndTopicComeBackThoughATicketHoldsTheirLastBitsOnly() {
    var ledger = ledger(startingAt: 3)
    // Beyond what a ticket holds of an ordinal.
    let ordinals: [UInt64] = [0, 7, 1 << 24, (1 << 24) + 9]
    for topic in [0, 1, 255, 0xFFFE] {
      ledger.begin(at: LSN(rawValue: 2))
      let unit = ledger.openTicket
      var tickets: [RecordTicket] = []
      for ordinal in ordinals.suffix(2) {
        tickets.append(RecordTicket(unit: unit, ordinal: ordinal, topic: topic))
        ledger.recordAccepted(ordinal: ordinal)
      }
      ledger.endWithoutPosition()
      #expect(tickets.map { $0.unit(in: ledger) } == [unit, unit])
      #expect(tickets.map { $0.ordinal(in: ledger) } == ordinals.suffix(2))
      #expect(tickets.map(\.topic) == [topic, topic])
      #expect(tickets.allSatisfy { RecordTicket(rawValue: $0.rawValue) == $0 && $0.rawValue != .max })
    }
  }

  @Test func topicsBeyondTheLastNumberAreCountedTogether() {
    let ticket = RecordTicket(unit: .init(rawValue: 5), ordinal: 0, topic: 1_000_000)
    #expect(ticket.topic == 0xFFFE)
  }
}

@Suite struct RunIDTests {
  @Test func itIsAUUIDOfVersionSevenThatBeginsWithTheTime() {
    let id = RunID.make(unixMilliseconds: 0x0123_4567_89AB)
    #expect(id.wholeMatch(of: /01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil, "\(id)")
  }

  @Test func twoStartsInOneMillisecondDiffer() {
    #expect(Set((0..<100).map { _ in RunID.make(unixMilliseconds: 1) }).count == 100)
  }

  @Test func timesBefore1970KeepTheShape() {
    #expect(RunID.make(unixMilliseconds: -1).hasPrefix("ffffffff-ffff-7"))
  }
}
