import Primitives
import Testing

@testable import RelayRuntime

/// When a start may go by the catalogue, by what the state records say of the publications.
@Suite struct KnownPublicationsTests {
  private static func standing(_ fingerprint: String, _ asOf: UInt64) -> PublicationsStanding {
    PublicationsStanding(fingerprint: fingerprint, asOf: LSN(rawValue: asOf))
  }

  /// `#expect` does not take calls that change a value.
  private final class Known {
    private var known = KnownPublications(members: 2)

    init(_ stored: PublicationsStanding?...) {
      for (member, stored) in stored.enumerated() { known.know(member, stored) }
    }

    var certainFrom: UInt64 { known.certainFrom.rawValue }
    func doubt(_ fingerprint: String, _ asOf: UInt64, from positions: [UInt64]) -> UInt64? {
      known.doubt(
        KnownPublicationsTests.standing(fingerprint, asOf),
        for: positions.enumerated().map { ($0, LSN(rawValue: $1)) })?.rawValue
    }
    func note(_ fingerprint: String, _ asOf: UInt64) { known.note(KnownPublicationsTests.standing(fingerprint, asOf)) }
    func stored(_ member: Int, at position: UInt64) -> String? {
      known.standing(of: member, at: LSN(rawValue: position))?.description
    }
  }

  @Test func sameAsStoredIsCertain() {
    let known = Known(Self.standing("x", 50), Self.standing("x", 60))
    #expect(known.doubt("x", 900, from: [100, 100]) == nil)
    #expect(known.stored(0, at: 1_000) == "x@0/32")
  }

  @Test func unknownIsReadAloneUpToTheLogsEnd() {
    let known = Known(Self.standing("x", 50), nil)
    #expect(known.doubt("x", 900, from: [100, 100]) == 900)
  }

  @Test func withoutABacklogNothingIsInDoubt() {
    let known = Known(nil, nil)
    #expect(known.doubt("x", 900, from: [900, 950]) == nil)
  }

  @Test func alteredIsReadAloneUpToTheSamePlaceAtEveryStart() {
    let known = Known(Self.standing("x", 50), Self.standing("x", 50))
    #expect(known.doubt("y", 900, from: [100, 200]) == 900)
    #expect(known.doubt("y", 2_000, from: [910, 200]) == 900)
    #expect(known.doubt("y", 3_000, from: [910, 920]) == nil)
  }

  /// A table that is emptied every second must not keep the connectors apart for ever.
  @Test func oneReadingAloneIsEnoughHoweverOftenTheyAreAltered() {
    let known = Known(Self.standing("x", 50), Self.standing("x", 50))
    #expect(known.doubt("y", 900, from: [100, 200]) == 900)
    #expect(known.stored(0, at: 910) == "y@0/384")
    #expect(known.stored(1, at: 920) == "y@0/384")
    #expect(known.doubt("z", 2_000, from: [910, 920]) == nil)
    #expect(known.stored(0, at: 1_999) == "y@0/384")
    #expect(known.stored(0, at: 2_000) == "z@0/7D0")
  }

  @Test func whatWasAlteredBeforeTheTablesWereKnownIsInDoubt() {
    let known = Known(nil, nil)
    known.note("x", 10)
    #expect(known.stored(0, at: 20) == "x@0/A" && known.stored(1, at: 20) == "x@0/A")
    #expect(known.doubt("y", 100, from: [20, 20]) == 100)
  }

  /// Killed in between, the next start finds what was not read alone unknown.
  @Test func recordTellsOfTheNewOnesOnlyFromWhereTheyWereSeen() {
    let known = Known(Self.standing("x", 50), Self.standing("x", 50))
    _ = known.doubt("y", 900, from: [100, 200])
    #expect(known.stored(0, at: 899) == nil)
    #expect(known.stored(0, at: 900) == "y@0/384")
    #expect(known.stored(1, at: 300) == nil)
  }

  @Test func alteredBackWhileReadAloneIsInDoubtAgain() {
    let known = Known(Self.standing("x", 50), Self.standing("x", 50))
    _ = known.doubt("y", 900, from: [100, 200])
    #expect(known.doubt("x", 1_000, from: [300, 200]) == 1_000)
  }

  @Test func whatIsSeenWhileTheStreamRunsIsStoredBehindIt() {
    let known = Known(Self.standing("x", 50), Self.standing("x", 50))
    #expect(known.doubt("x", 900, from: [100, 100]) == nil)
    known.note("y", 2_000)
    known.note("y", 2_500)
    #expect(known.stored(0, at: 1_999) == "x@0/32")
    #expect(known.stored(0, at: 2_000) == "y@0/7D0")
  }

  /// Its rows stand before the place, and it commits long behind it.
  @Test func rowsOfATransactionThatWasOpenMeanwhileAreNotCertain() {
    let same = Known(Self.standing("x", 50), Self.standing("x", 60))
    _ = same.doubt("x", 900, from: [100, 100])
    #expect(same.certainFrom == 60)
    let altered = Known(Self.standing("x", 50), Self.standing("y", 60))
    _ = altered.doubt("y", 900, from: [100, 100])
    #expect(altered.certainFrom == 900)
  }

  @Test func stateRecordKeepsThem() throws {
    var record = StateRecord(
      connector: "c", systemIdentifier: "1", timeline: 1, database: "d", slot: "s", ownsSlot: false,
      snapshot: .complete,
      position: StreamPosition(acknowledged: LSN(rawValue: 100), lastCommit: nil))
    #expect(try StateRecord(json: record.json) == record)
    record.publications = Self.standing("7d69fa11", 0x1_0000_0010)
    #expect(try StateRecord(json: record.json) == record)
    let damaged = String(decoding: record.json, as: UTF8.self).replacing("@1/10", with: "@")
    #expect(throws: StateStoreError.self) { try StateRecord(json: Array(damaged.utf8)) }
  }
}
