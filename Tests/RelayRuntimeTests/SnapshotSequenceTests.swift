import EventEncoding
import Testing

@testable import RelayRuntime

/// Markers of a snapshot's rows, and which rows wait for which.
@Suite struct SnapshotSequenceTests {
  private func chunk(_ table: Int, _ index: Int = 0, of count: Int = 1) -> SnapshotChunk {
    SnapshotChunk(table: table, index: index, count: count, source: "")
  }

  /// Markers of whole tables with so many rows each, read one after the other.
  private func markers(_ rows: [Int]) -> [SnapshotMarker?] {
    var sequence = SnapshotSequence(chunksOfTables: rows.map { _ in 1 })
    var all: [SnapshotMarker?] = []
    for (table, count) in rows.enumerated() {
      for row in 0..<count {
        all.append(sequence.send(chunk(table), isFirst: row == 0, isLast: row == count - 1))
      }
      sequence.end(chunk(table))
    }
    return all
  }

  @Test func theFirstRowOfAllIsFirstAndTheLastIsLast() {
    #expect(markers([3]) == [.first, .true, .last])
    #expect(markers([1]) == [.last])
  }

  @Test func laterTablesHaveTheirOwnFirstAndLast() {
    #expect(
      markers([2, 3, 1]) == [
        .first, .lastInDataCollection, .firstInDataCollection, .true, .lastInDataCollection, .last,
      ])
  }

  @Test func theOnlyRowOfATableIsItsLastButFirstWins() {
    #expect(markers([1, 1, 1]) == [.first, .lastInDataCollection, .last])
  }

  @Test func withAnEmptyFirstTableNoRowIsFirst() {
    #expect(markers([0, 2]) == [.firstInDataCollection, .last])
  }

  /// The one who holds the last row back marks it when nothing more comes.
  @Test func withAnEmptyLastTableNoRowIsLastByItself() {
    #expect(markers([2, 0]) == [.first, .lastInDataCollection])
  }

  @Test func everyOtherRowWaitsForTheFirst() {
    var sequence = SnapshotSequence(chunksOfTables: [2, 1])
    #expect(sequence.send(chunk(0, 1, of: 2), isFirst: true, isLast: false) == nil)
    #expect(sequence.send(chunk(1), isFirst: true, isLast: false) == nil)
    #expect(sequence.send(chunk(0, 0, of: 2), isFirst: true, isLast: false) == .first)
    #expect(sequence.send(chunk(0, 1, of: 2), isFirst: true, isLast: false) == .true)
    #expect(sequence.send(chunk(1), isFirst: true, isLast: false) == .firstInDataCollection)
  }

  @Test func theLastRowOfATableWaitsForItsOtherChunks() {
    var sequence = SnapshotSequence(chunksOfTables: [2, 1])
    #expect(sequence.send(chunk(0, 0, of: 2), isFirst: true, isLast: false) == .first)
    #expect(sequence.send(chunk(0, 1, of: 2), isFirst: true, isLast: true) == nil)
    sequence.end(chunk(0, 0, of: 2))
    #expect(sequence.send(chunk(0, 1, of: 2), isFirst: true, isLast: true) == .lastInDataCollection)
  }

  @Test func theLastRowOfAllWaitsForAllOtherTables() {
    var sequence = SnapshotSequence(chunksOfTables: [1, 1])
    #expect(sequence.send(chunk(0), isFirst: true, isLast: false) == .first)
    #expect(sequence.send(chunk(1), isFirst: true, isLast: true) == nil)
    #expect(sequence.send(chunk(0), isFirst: false, isLast: true) == .lastInDataCollection)
    sequence.end(chunk(0))
    #expect(sequence.send(chunk(1), isFirst: true, isLast: true) == .last)
  }

  @Test func anEmptyFirstChunkLetsTheOthersGo() {
    var sequence = SnapshotSequence(chunksOfTables: [1, 2])
    sequence.end(chunk(0))
    #expect(sequence.send(chunk(1, 1, of: 2), isFirst: true, isLast: false) == nil)
    sequence.end(chunk(1, 0, of: 2))
    #expect(sequence.send(chunk(1, 1, of: 2), isFirst: true, isLast: false) == .true)
  }

  @Test func wholeTablesInParallelHaveNoFirstAndDoNotWait() {
    var sequence = SnapshotSequence(chunksOfTables: [1, 1], marksEnds: false)
    #expect(sequence.send(chunk(1), isFirst: true, isLast: true) == .lastInDataCollection)
    #expect(sequence.send(chunk(0), isFirst: true, isLast: false) == .firstInDataCollection)
  }
}
