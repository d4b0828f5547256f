import EventEncoding
import PgOutput
import Primitives
import Testing

@testable import RelayRuntime

/// A delete and its tombstone are letters of one key and one position.
@Suite struct LetterPairsTests {
  private func letter(_ tag: Character, _ lsn: UInt64, part: Int = 0) -> LetteredChange {
    LetteredChange(
      origin: .outsideTransaction, part: part, lsn: LSN(rawValue: lsn), lastCommit: nil, relation: nil,
      message: [tag.asciiValue!])
  }

  /// What is sent, by tag, LSN and part; `|` where a commit may come.
  private func send(_ letters: [LetteredChange], supplies: Bool = true, waits: Bool = true) -> String {
    var pairs = LetterPairs(supplies: supplies)
    var sent: [String] = []
    func text(_ letter: LetteredChange) -> String {
      String(decoding: letter.message, as: UTF8.self) + "\(letter.lsn.rawValue).\(letter.part)"
    }
    for letter in letters {
      let next = pairs.pass(letter, waits: waits)
      if let tombstone = next.tombstoneBefore { sent.append(text(tombstone)) }
      if !next.belongsToLast { sent.append("|") }
      sent.append(text(letter))
    }
    if let tombstone = pairs.end() { sent.append(text(tombstone)) }
    return sent.joined(separator: " ")
  }

  @Test func noCommitComesBetweenTheLettersOfOneChange() {
    #expect(
      send([letter("I", 1), letter("D", 2), letter("D", 2, part: 1), letter("I", 3)])
        == "| I1.0 | D2.0 D2.1 | I3.0")
    // A key change: delete, tombstone, create.
    #expect(
      send([letter("U", 1), letter("U", 1, part: 1), letter("U", 1, part: 2), letter("U", 2)])
        == "| U1.0 U1.1 U1.2 | U2.0")
    // Rows of a chunk have one LSN, and are as many as they please.
    #expect(send([letter("I", 1), letter("I", 1), letter("I", 1)]) == "| I1.0 | I1.0 | I1.0")
  }

  /// A stop is such a commit.
  @Test func aStopComesBehindTheWholeChange() {
    var pairs = LetterPairs(supplies: false)
    var open: [Bool] = [pairs.isOpen]
    var update = letter("U", 3)
    update.message += [0, 0, 0, 1, UInt8(ascii: "K")]
    var create = update
    create.part = 2
    for letter in [letter("I", 1), letter("D", 2), letter("D", 2, part: 1), letter("U", 2), update, create] {
      _ = pairs.pass(letter, waits: true)
      open.append(pairs.isOpen)
    }
    #expect(open == [false, false, true, false, false, true, false])
  }

  /// A replay put the delete at the end again and was killed.
  @Test func aDeleteWithoutItsTombstoneGetsIt() {
    #expect(
      send([letter("D", 2), letter("D", 2, part: 1), letter("I", 3), letter("D", 2)])
        == "| D2.0 D2.1 | I3.0 | D2.0 D2.1")
    #expect(send([letter("D", 2), letter("D", 2), letter("D", 2, part: 1)]) == "| D2.0 D2.1 | D2.0 D2.1")
    #expect(send([letter("D", 2), letter("D", 4)]) == "| D2.0 D2.1 | D4.0 D4.1")
  }

  /// Exactly once nothing is left half; and a tombstone whose key was not held has been sent.
  @Test func noneIsMadeUpWhereItIsElsewhere() {
    #expect(send([letter("D", 2), letter("I", 3)], supplies: false) == "| D2.0 | I3.0")
    #expect(send([letter("D", 2), letter("I", 3)], waits: false) == "| D2.0 | I3.0")
    #expect(send([letter("D", 2, part: 1), letter("I", 3)]) == "| D2.1 | I3.0")
  }
}
