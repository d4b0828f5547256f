import Acknowledgement
import EventEncoding
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

  @Test func aClockThatGoesBackIsHarmless() {
    var pace = ReadPace()
    _ = pace.pause(afterFrames: 10, at: 1_000 * millisecond)
    _ = pace.pause(afterFrames: 20, at: 0)
    #expect(pace.pause(afterFrames: 21, at: 1_000 * millisecond) == nil)
  }
}

@Suite struct RecordTicketTests {
  @Test func unitAndTopicComeBack() {
    for unit: UInt64 in [0, 1, 0xFFFF_FFFF, (1 << 48) - 1] {
      for topic in [0, 1, 255, 0xFFFF] {
        let ticket = RecordTicket(unit: .init(rawValue: unit), topic: topic)
        #expect(ticket.unit.rawValue == unit && ticket.topic == topic)
        #expect(RecordTicket(rawValue: ticket.rawValue) == ticket)
      }
    }
  }

  @Test func topicsBeyondTheLastNumberAreCountedTogether() {
    let ticket = RecordTicket(unit: .init(rawValue: 5), topic: 1_000_000)
    #expect(ticket.unit.rawValue == 5 && ticket.topic == 0xFFFF)
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
