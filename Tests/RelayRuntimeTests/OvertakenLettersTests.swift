import EventEncoding
import Primitives
import Testing

@testable import RelayRuntime

/// A replay that is killed after it has put failed letters at the end of the topic.
@Suite struct OvertakenLettersTests {
  private func letter(_ position: UInt64, _ key: String = "k") -> LetterHold {
    let lsn = LSN(rawValue: position)
    return LetterHold(position: ChangePosition(commit: lsn, lsn: lsn), names: [Array("tpublic.t\0\(key)".utf8)])
  }

  private func table(_ position: UInt64) -> LetterHold {
    LetterHold(position: letter(position).position, names: [Array("tpublic.t\0".utf8)])
  }

  /// Positions in the order in which a replay sends them, and what is outstanding afterwards. `fails` fail at every turn.
  private func replay(_ outstanding: [LetterHold], fails: Set<UInt64> = []) -> (sent: [UInt64], left: [LetterHold]) {
    var overtaken = OvertakenLetters()
    for hold in outstanding { _ = overtaken.pass(hold) }
    var held = overtaken.keys
    var sent: [UInt64] = []
    var left: [LetterHold] = []
    for hold in outstanding {
      overtaken.release(hold, from: &held)
      let names = hold.names + hold.names.compactMap { HeldKeys.tableName(of: $0) }
      let waits = names.contains { held.since($0).map { $0 <= hold.position } ?? false }
      if waits || fails.contains(hold.position.lsn.rawValue) {
        _ = held.hold(hold.names, since: hold.position)
        left.append(hold)
      } else {
        sent.append(hold.position.lsn.rawValue)
      }
    }
    return (sent, left)
  }

  @Test func lettersInOrderGo() {
    #expect(replay([letter(1), letter(2), letter(2, "other"), letter(3)]).sent == [1, 2, 2, 3])
    #expect(replay([letter(5), letter(4, "other"), letter(6)]).sent == [5, 4, 6])
  }

  /// Letters 1 and 2 were put at the end and committed, and then the replay was killed: 3 and 4 must not overtake them.
  @Test func aLetterWaitsForOlderOnesThatAKilledReplayHasPutAtTheEnd() {
    let first = replay([letter(3), letter(4), letter(1), letter(2)])
    #expect(first.sent == [1, 2])
    let second = replay(first.left)
    #expect(second.sent == [3, 4] && second.left.isEmpty)
  }

  @Test func nothingIsOvertakenWhileTheOldestGoesOnFailing() {
    var left = [letter(3), letter(4), letter(1), letter(2)]
    for _ in 0..<5 {
      let round = replay(left, fails: [1])
      #expect(round.sent.isEmpty)
      left = round.left
    }
    var sent: [UInt64] = []
    while !left.isEmpty {
      let round = replay(left)
      sent += round.sent
      left = round.left
    }
    #expect(sent == [1, 2, 3, 4])
  }

  /// Events of one aggregate: their rows, and so their letters, have each a key of its own.
  @Test func lettersOfAKeyInSeveralPartitionsAreCounted() {
    var scattered = ScatteredLetters()
    for (position, key, partition) in [(1, "a", 0), (2, "b", 1), (3, "a", 0), (4, "a", 1)] as [(UInt64, String, Int32)]
    {
      scattered.pass(letter(position, key), in: partition)
    }
    #expect(scattered.count == 1)
  }

  @Test func aTableThatWaitsIsNotOvertakenByItsKeys() {
    let first = replay([letter(3), table(1), letter(2)])
    #expect(first.sent == [1, 2])
    #expect(replay(first.left).sent == [3])
  }
}
