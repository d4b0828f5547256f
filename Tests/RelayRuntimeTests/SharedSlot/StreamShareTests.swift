import PgOutput
import Primitives
import RelayTestSupport
import Testing

@testable import RelayRuntime

/// What one connector gets of a stream that several read.
@Suite struct StreamShareTests {
  private static let mine: UInt32 = 1
  private static let other: UInt32 = 2

  /// One connector's share of frames that are dealt out as the reader does it. Names of frames, as they come.
  private struct Share {
    var share: StreamShare
    var opening = FrameBatch()
    var out = FrameBatch()

    init(from: UInt64 = 0, hasEmptyTransactions: Bool = false, operations: PublishedOperations = .all) {
      share = StreamShare(from: LSN(rawValue: from), hasEmptyTransactions: hasEmptyTransactions)
      share.describe(RelationOID(rawValue: StreamShareTests.mine), operations)
      share.describe(RelationOID(rawValue: StreamShareTests.other), [])
    }

    mutating func take(_ message: [UInt8], at lsn: UInt64 = 0) { take(frame: WireBuilder.xLogData(at: lsn, message)) }

    mutating func take(frame bytes: [UInt8]) {
      let frame = SharedFrame(bytes.span.bytes)
      if case .begin = frame {
        opening.removeAll(keepingAtMost: 0)
        opening.append(bytes.span.bytes)
      }
      share.take(frame, bytes.span.bytes, opening: opening, into: &out)
    }

    mutating func transaction(_ commit: UInt64, _ messages: [[UInt8]]) {
      take(WireBuilder.begin(commitLSN: commit))
      for message in messages { take(message) }
      take(WireBuilder.commit(commitLSN: commit, endLSN: commit + 10))
    }

    /// Tags of the messages, `k` with its position for a keepalive.
    var given: [String] {
      var tags: [String] = []
      var offset = 0
      while out.lendNext(
        at: &offset,
        { frame in
          if case .keepalive(let keepalive) = try? StreamFrame.decode(frame) {
            tags.append("k\(keepalive.walEnd.rawValue)")
          } else {
            tags.append(String(UnicodeScalar(frame.byte(at: XLogDataHeader.byteCount))))
          }
        })
      {}
      return tags
    }
  }

  private static func insert(_ relation: UInt32) -> [UInt8] { WireBuilder.insert(relation, [.text("1")]) }
  private static func relation(_ oid: UInt32) -> [UInt8] {
    WireBuilder.relation(oid, name: "t\(oid)", columns: [("id", 23, -1, true)])
  }

  @Test func rowsOfOthersAreLeftOut() {
    var share = Share()
    share.transaction(100, [Self.insert(Self.other), Self.insert(Self.mine), Self.insert(Self.other)])
    #expect(share.given == ["B", "I", "C"])
  }

  /// `transaction.id` has the place of BEGIN in it, which the server sends with the first change that it publishes.
  @Test(arguments: [(false, [UInt64(40), 40, 50]), (true, [10, 40, 50])])
  func beginStandsAtTheConnectorsFirstChange(isBeforePostgreSQL15: Bool, expected: [UInt64]) {
    var share = Share(hasEmptyTransactions: isBeforePostgreSQL15)
    share.take(WireBuilder.begin(commitLSN: 100), at: 10)
    share.take(Self.insert(Self.other), at: 30)
    share.take(Self.insert(Self.mine), at: 40)
    share.take(Self.insert(Self.mine), at: 50)
    #expect(share.given == ["B", "I", "I"])
    var places: [XLogDataHeader] = []
    var offset = 0
    while share.out.lendNext(
      at: &offset,
      { frame in
        if case .xLogData(let header) = try? StreamFrame.decode(frame) { places.append(header) }
      })
    {}
    #expect(places.map(\.walStart.rawValue) == expected)
    #expect(places.map(\.walEnd.rawValue) == expected)
  }

  /// As the server leaves it out, which has published nothing in it.
  @Test func transactionOfOthersIsNotTold() {
    var share = Share()
    share.transaction(100, [Self.insert(Self.other)])
    #expect(share.given.isEmpty)
    share.share.tellPassedEnd(into: &share.out)
    #expect(share.given == ["k110"])
    share.share.tellPassedEnd(into: &share.out)
    #expect(share.given == ["k110"])
  }

  @Test func beforePostgreSQL15EmptyTransactionsAreTold() {
    var share = Share(hasEmptyTransactions: true)
    share.transaction(100, [Self.insert(Self.other)])
    #expect(share.given == ["B", "C"])
  }

  @Test func transactionsThatCommitBeforeThePositionAreLeftOut() {
    var share = Share(from: 100)
    share.transaction(99, [Self.insert(Self.mine)])
    #expect(share.given.isEmpty)
    share.transaction(100, [Self.insert(Self.mine)])
    #expect(share.given == ["B", "I", "C"])
  }

  /// The server describes a table once a stream.
  @Test func descriptionInAPassedTransactionIsKept() {
    var share = Share(from: 100)
    share.transaction(50, [Self.relation(Self.mine), Self.relation(Self.other), Self.insert(Self.mine)])
    #expect(share.given == ["R"])
  }

  @Test func operationsThatThePublicationLacksAreLeftOut() {
    var share = Share(operations: .insert)
    share.transaction(
      100,
      [
        WireBuilder.delete(Self.mine, [.text("1")]), WireBuilder.update(Self.mine, [.text("1")]),
        Self.insert(Self.mine),
      ])
    #expect(share.given == ["B", "I", "C"])
  }

  @Test func truncationNamesOnlyTheConnectorsTables() throws {
    var share = Share()
    share.transaction(100, [WireBuilder.truncate([Self.other, Self.mine], options: 3)])
    #expect(share.given == ["B", "T", "C"])
    var offset = 0
    var relations: [RelationOID] = []
    var cascades = false
    while share.out.lendNext(
      at: &offset,
      { frame in
        var decoder = PgOutputDecoder()
        let message = frame.extracting(XLogDataHeader.byteCount..<frame.byteCount)
        guard case .truncate(let truncate) = try? decoder.decode(message) else { return }
        relations = truncate.relations
        cascades = truncate.cascades
      })
    {}
    #expect(relations == [RelationOID(rawValue: Self.mine)])
    #expect(cascades)
    var nothing = Share()
    nothing.transaction(100, [WireBuilder.truncate([Self.other])])
    #expect(nothing.given.isEmpty)
  }

  @Test func messagesAreForAllFromTheirPositionOn() {
    var share = Share(from: 100)
    let message = { (isTransactional: Bool, lsn: UInt64) in
      WireBuilder.message(isTransactional: isTransactional, lsn: lsn, prefix: "p", content: [1])
    }
    // A message's position is the end of its record: what ends where a connector begins is behind it, as for the server.
    for lsn: UInt64 in [99, 100] {
      share.take(message(false, lsn), at: lsn)
      #expect(share.given.isEmpty)
    }
    share.take(message(false, 101), at: 101)
    #expect(share.given == ["M"])
    share.transaction(90, [message(true, 120)])
    #expect(share.given == ["M"])
    share.transaction(130, [message(true, 120)])
    #expect(share.given == ["M", "B", "M", "C"])
  }

  /// A commit's record may begin where a message's ends.
  @Test func whatBeginsBehindAMessageIsNotPassedWithIt() {
    func passed(_ message: [UInt8], isInTransaction: Bool = false) -> LSN? {
      unsafe SharedFrame(WireBuilder.xLogData(at: 100, message).span.bytes).passed(isInTransaction: isInTransaction)
    }
    let outside = WireBuilder.message(isTransactional: false, lsn: 100, prefix: "p", content: [1])
    #expect(passed(outside) == LSN(rawValue: 100))
    #expect(passed(outside, isInTransaction: true) == nil)
    #expect(passed(WireBuilder.message(isTransactional: true, lsn: 100, prefix: "p", content: [1])) == nil)
    #expect(passed(WireBuilder.commit(commitLSN: 90, endLSN: 100), isInTransaction: true) == LSN(rawValue: 100))
    var share = Share(from: 100)
    share.transaction(100, [Self.insert(Self.mine)])
    #expect(share.given == ["B", "I", "C"])
  }

  @Test func rowOfATableThatWasNeverDescribedIsForAllToRefuse() {
    var share = Share()
    share.transaction(100, [Self.insert(77)])
    #expect(share.given == ["B", "I", "C"])
  }

  @Test func keepalivesAndWhatIsNotUnderstoodAreForAll() {
    var share = Share()
    share.take(frame: WireBuilder.keepalive(walEnd: 7, replyRequested: true))
    share.take([UInt8(ascii: "?")])
    #expect(share.given == ["k7", "?"])
  }

  /// Cut anywhere, and with any tag: it is read or passed on, never a trap.
  @Test func anyBytesAreTakenOrPassedOn() {
    let messages = [
      WireBuilder.begin(commitLSN: 1), Self.insert(1), WireBuilder.truncate([1, 2]), Self.relation(1),
      WireBuilder.commit(commitLSN: 1, endLSN: 2),
      WireBuilder.message(isTransactional: false, lsn: 1, prefix: "p", content: []),
    ]
    for message in messages {
      let frame = WireBuilder.xLogData(at: 1, message)
      for length in 0...frame.count {
        var share = Share()
        share.take(frame: Array(frame[..<length]))
      }
    }
  }
}
