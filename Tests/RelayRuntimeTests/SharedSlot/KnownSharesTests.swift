import PgOutput
import Primitives
import Testing

@testable import PostgresSource
@testable import RelayRuntime

/// When it is certain whose the rows of a shared stream are.
@Suite struct KnownSharesTests {
  private static func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }
  private static let table = RelationOID(rawValue: 1)

  private static func shares(
    _ a: PublishedOperations, _ b: PublishedOperations, asOf: UInt64, isGone: Bool = false, mayBeDetached: Bool = false
  ) -> RelationShares {
    RelationShares(
      table: "t", operations: [a, b], isGone: isGone, mayBeDetached: mayBeDetached, asOf: lsn(asOf))
  }

  /// `#expect` does not take calls that change a value.
  private final class Known {
    private var shares = KnownShares()
    func doubt(_ answer: RelationShares, place: UInt64) -> LSN? {
      shares.doubt(about: KnownSharesTests.table, answer, of: ["a", "b"], place: KnownSharesTests.lsn(place))
    }
  }

  @Test func sameAnswerIsCertain() {
    let known = Known()
    #expect(known.doubt(Self.shares(.all, [], asOf: 100), place: 10) == nil)
    #expect(known.doubt(Self.shares(.all, [], asOf: 200), place: 150) == nil)
  }

  /// As it was when the process began, while the stream was still behind.
  @Test func otherAnswerThanTheFirstOfAllTablesHoldsFromThereOn() {
    var known = KnownShares()
    known.learn(AllShares(tables: [Self.table: ["b": .all]], asOf: Self.lsn(100)), of: ["a", "b"])
    let same = known.doubt(about: Self.table, Self.shares([], .all, asOf: 150), of: ["a", "b"], place: Self.lsn(10))
    #expect(same == nil)
    let other = known.doubt(
      about: Self.table, Self.shares(.all, .all, asOf: 200), of: ["a", "b"], place: Self.lsn(20))
    #expect(other == Self.lsn(200))
    // That it may have been a partition is asked when the stream first tells of it.
    var partition = KnownShares()
    partition.learn(AllShares(tables: [Self.table: ["b": .all]], asOf: Self.lsn(100)), of: ["a", "b"])
    let detached = Self.shares([], .all, asOf: 150, mayBeDetached: true)
    let first = partition.doubt(about: Self.table, detached, of: ["a", "b"], place: Self.lsn(10))
    #expect(first == Self.lsn(150))
    #expect(known.know(["a", "b"]))
    #expect(!known.know(["a", "c"]))
  }

  @Test func otherAnswerHoldsFromThereOn() {
    let known = Known()
    #expect(known.doubt(Self.shares(.all, .insert, asOf: 100), place: 10) == nil)
    #expect(known.doubt(Self.shares(.all, .all, asOf: 200), place: 150) == Self.lsn(200))
    // A connector that is further behind, or a transaction that was open meanwhile: it has committed by now.
    #expect(known.doubt(Self.shares(.all, .all, asOf: 300), place: 199) == Self.lsn(300))
    #expect(known.doubt(Self.shares(.all, .all, asOf: 300), place: 200) == nil)
  }

  @Test func tableThatIsGoneOrNobodysIsInDoubtEachTime() {
    let known = Known()
    #expect(known.doubt(Self.shares(.all, .all, asOf: 100), place: 10) == nil)
    #expect(known.doubt(Self.shares(.all, [], asOf: 200, isGone: true), place: 150) == Self.lsn(200))
    #expect(known.doubt(Self.shares(.all, [], asOf: 300, isGone: true), place: 250) == Self.lsn(300))
    #expect(known.doubt(Self.shares([], [], asOf: 400), place: 350) == Self.lsn(400))
  }

  @Test func tableThatMayHaveBeenAPartitionIsInDoubtOnce() {
    let known = Known()
    #expect(known.doubt(Self.shares(.all, [], asOf: 100, mayBeDetached: true), place: 10) == Self.lsn(100))
    #expect(known.doubt(Self.shares(.all, [], asOf: 200, mayBeDetached: true), place: 100) == nil)
  }

  /// The log's end never gets there while nothing is written.
  @Test func nextRecordsPlaceBehindAPagesHeaderIsThePagesBeginning() {
    let page: UInt64 = 8_192
    let segment: UInt64 = 16 << 20
    for (insert, end) in [
      (segment * 2 + 40, segment * 2), (segment + page + 24, segment + page),
      (segment + page + 40, segment + page + 40),
      (segment + 100, segment + 100), (segment, segment),
    ] {
      let found = Publication.recordEnd(Self.lsn(insert), blockBytes: page, segmentBytes: segment)
      #expect(found == Self.lsn(end))
    }
  }
}
