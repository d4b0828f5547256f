import PgOutput
import Primitives
import RelayRuntime
import RelayTestSupport
import Testing

/// Open transactions come out as protocol version 1 would have sent them.
@Suite struct StreamedTransactionsTests {
  private let space = ScriptedSpill()

  private func frame(_ lsn: UInt64, _ message: [UInt8]) -> [UInt8] { WireBuilder.xLogData(at: lsn, message) }

  private static let relation = WireBuilder.relation(1, name: "t", columns: [("key", 23, -1, true)])

  private func start(_ xid: UInt32, isFirst: Bool = true) -> [UInt8] {
    frame(10, WireBuilder.streamStart(xid: xid, isFirst: isFirst))
  }

  private var stop: [UInt8] { frame(0, WireBuilder.streamStop) }

  private func row(_ lsn: UInt64, _ key: String, xid: UInt32) -> [UInt8] {
    frame(lsn, WireBuilder.streamed(xid: xid, WireBuilder.insert(1, [.text(key)])))
  }

  private func described(xid: UInt32) -> [UInt8] { frame(0, WireBuilder.streamed(xid: xid, Self.relation)) }

  private func commit(_ xid: UInt32) -> [UInt8] {
    frame(108, WireBuilder.streamCommit(xid: xid, commitLSN: 100, endLSN: 108, microseconds: 5))
  }

  private func rollBack(_ xid: UInt32, _ subtransaction: UInt32) -> [UInt8] {
    frame(0, WireBuilder.streamAbort(xid: xid, subtransaction: subtransaction, record: (lsn: 50, microseconds: 4)))
  }

  private func plain(_ lsn: UInt64, _ key: String) -> [UInt8] { frame(lsn, WireBuilder.insert(1, [.text(key)])) }

  private func begun(at lsn: UInt64, xid: UInt32) -> [UInt8] {
    frame(lsn, WireBuilder.begin(commitLSN: 100, microseconds: 5, xid: xid))
  }

  private var committed: [UInt8] { frame(108, WireBuilder.commit(commitLSN: 100, endLSN: 108, microseconds: 5)) }

  // MARK: The whole

  @Test(arguments: [300, 5_000, 1 << 20])
  func aRandomLogIsTheSameWhetherTransactionsAreSentOpenOrWhole(memoryBytesMax: Int) throws {
    var frames = 0
    for seed in 1...100 {
      var server = ModelServer(seed: UInt64(seed))
      server.run(steps: 150)
      let out = try assemble(server.streamed, space, memoryBytesMax: memoryBytesMax)
      let (told, fault) = Self.check(out)
      #expect(fault == nil, "seed \(seed)")
      #expect(Self.check(server.whole).fault == nil, "seed \(seed): the model itself")
      #expect(told == Self.check(server.whole).frames, "seed \(seed)")
      frames += told.count
      if Self.check(out).fault != nil || told != Self.check(server.whole).frames { return }
    }
    #expect(frames > 3_000)
    #expect(space.files == 0, "spill files are left")
    if memoryBytesMax == 300 { #expect(space.bytesWritten > 100_000) }
  }

  /// Everything but descriptions, of rows position and table; and the first row that does not fit the last description of
  /// its table.
  private static func check(_ frames: [[UInt8]]) -> (frames: [[UInt8]], fault: String?) {
    var told: [[UInt8]] = []
    var names: [RelationOID: String] = [:]
    var decoder = PgOutputDecoder()
    for frame in frames {
      let message = Array(frame[XLogDataHeader.byteCount...])
      guard let decoded = try? decoder.decode(message.span.bytes) else { return (told, "undecodable: \(message)") }
      switch decoded {
      case .relation(let relation):
        names[relation.oid] = relation.name
        continue
      case .insert(let relation):
        guard case .text(let range) = decoder.newTuple.columns[0] else { return (told, "no text") }
        let version = String(decoding: message[range], as: UTF8.self)
        if names[relation] != version {
          return (told, "a row of version \(version) under description \(names[relation] ?? "none")")
        }
        told.append(Array(frame[..<(XLogDataHeader.byteCount + 5)]))
        continue
      default: break
      }
      told.append(frame)
    }
    return (told, nil)
  }

  // MARK: Single facts

  @Test func anOpenTransactionComesOutAtItsCommitWithTheFrameOfTheServer() throws {
    let out = try assemble(
      [start(7), described(xid: 7), row(20, "a", xid: 7), stop, plain(30, "other"), commit(7)], space)
    #expect(out == [plain(30, "other"), begun(at: 20, xid: 7), frame(0, Self.relation), plain(20, "a"), committed])
  }

  @Test func whatIsRolledBackLeavesNoTraceButItsDescriptions() throws {
    let out = try assemble(
      [
        start(7), row(20, "a", xid: 7), described(xid: 8), row(21, "b", xid: 8), row(22, "c", xid: 9), stop,
        rollBack(7, 9), rollBack(7, 8), start(7, isFirst: false), row(40, "d", xid: 7), stop, commit(7),
      ], space)
    #expect(
      out == [begun(at: 20, xid: 7), plain(20, "a"), frame(0, Self.relation), plain(40, "d"), committed])
  }

  @Test func aTransactionOfWhichAllIsRolledBackOnlyTellsOfItsTables() throws {
    let frames = [start(7), described(xid: 8), row(21, "b", xid: 8), stop, rollBack(7, 8), commit(7)]
    #expect(try assemble(frames, space) == [frame(0, Self.relation)])
    // Before PostgreSQL 15 an empty transaction is sent as well.
    #expect(
      try assemble(frames, space, sendsEmptyTransactions: true)
        == [begun(at: 10, xid: 7), frame(0, Self.relation), committed])
  }

  private func told(_ lsn: UInt64) -> [UInt8] {
    WireBuilder.message(isTransactional: true, lsn: lsn, prefix: "p", content: [1])
  }

  /// In a block every message has the id of the transaction, also one that was written in a subtransaction.
  @Test func messagesBetweenRolledBackChangesGoWithThem() throws {
    let out = try assemble(
      [
        start(7), frame(19, WireBuilder.streamed(xid: 7, told(19))), row(20, "a", xid: 7), row(21, "b", xid: 8),
        frame(22, WireBuilder.streamed(xid: 7, told(22))), row(23, "c", xid: 8),
        frame(24, WireBuilder.streamed(xid: 7, told(24))), stop, rollBack(7, 8), commit(7),
      ], space)
    #expect(out == [begun(at: 19, xid: 7), frame(19, told(19)), plain(20, "a"), committed])
  }

  @Test(arguments: [1 << 20, 10])
  func messagesThatMayBeRolledBackOrNotAskForTheOtherProtocol(memoryBytesMax: Int) {
    let message = frame(21, WireBuilder.streamed(xid: 7, told(21)))
    let logs: [[[UInt8]]] = [
      [start(7), row(20, "a", xid: 7), message, row(22, "b", xid: 8), stop, rollBack(7, 8)],
      [start(7), row(20, "a", xid: 7), message, stop, rollBack(7, 8)],
      [start(7), message, stop, rollBack(7, 8)],
    ]
    for frames in logs {
      #expect { try assemble(frames, space, memoryBytesMax: memoryBytesMax) } throws: { error in
        (error as? SourceError)?.remedy == .reconnectWithoutStreaming
      }
    }
  }

  /// The server does not tell of it where it had brought more than 4,096 changes to disk before it streamed them.
  @Test func aLargeSavepointThatTheServerDidNotSayWasRolledBackAsksForTheOtherProtocol() throws {
    let rows = (0..<4_097).map { row(UInt64(20 + $0), "a", xid: 8) }
    let frames = [start(7), described(xid: 8)] + rows + [row(9_000, "b", xid: 7), stop, commit(7)]
    #expect(try assemble(frames, space).count == 4_097 + 4)
    #expect {
      try assemble(frames, space, rolledBack: [TransactionID(rawValue: 8)])
    } throws: { error in
      (error as? SourceError)?.remedy == .reconnectWithoutStreaming
    }
  }

  @Test func aTransactionThatIsRolledBackComesToNothing() throws {
    let frames = [start(7), described(xid: 7), row(21, "b", xid: 7), stop, rollBack(7, 7)]
    #expect(try assemble(frames, space, memoryBytesMax: 10).isEmpty)
    #expect(space.files == 0)
  }

  @Test func keepalivesPassInsideABlock() throws {
    let keepalive = WireBuilder.keepalive(walEnd: 99)
    #expect(try assemble([start(7), keepalive, row(20, "a", xid: 7), stop], space) == [keepalive])
  }

  @Test func aTransactionFromElsewhereAsksForTheOtherProtocol() {
    let frames = [start(7), frame(0, WireBuilder.origin(commitLSN: 0, name: "elsewhere"))]
    #expect { try assemble(frames, space) } throws: { error in
      (error as? SourceError)?.remedy == .reconnectWithoutStreaming
    }
  }

  @Test func aFullDiskAsksForTheOtherProtocol() {
    space.isFull = true
    let frames = [start(7), row(20, "a", xid: 7), stop]
    #expect { try assemble(frames, space, memoryBytesMax: 10) } throws: { error in
      guard let error = error as? SourceError else { return false }
      return error.remedy == .reconnectWithoutStreaming && error.description.contains("disk is full")
    }
    #expect(space.files == 0)
  }

  @Test func whatTheProtocolForbidsStopsTheConnectorAtItsPosition() {
    let faults: [[[UInt8]]] = [
      [start(7), start(8)], [stop], [start(7, isFirst: false)], [start(7), stop, start(7)], [commit(7)],
      [start(7), commit(7)], [start(7), rollBack(7, 7)], [start(7), begun(at: 5, xid: 7)],
      [frame(5, [UInt8(ascii: "S"), 0])], [start(7), frame(5, [UInt8(ascii: "I"), 0, 0])],
    ]
    for frames in faults {
      #expect { try assemble(frames, space) } throws: { error in (error as? SourceError)?.remedy == .stop }
    }
  }

  @Test func damagedFramesNeverTrap() {
    var random = SeededRandom(seed: 11)
    var server = ModelServer(seed: 3)
    server.run(steps: 60)
    for _ in 0..<500 {
      var frames = server.streamed
      let index = Int.random(in: 0..<frames.count, using: &random)
      if random.oneIn(2) {
        frames[index].removeLast(Int.random(in: 0...frames[index].count, using: &random))
      } else {
        let offset = Int.random(in: 0..<frames[index].count, using: &random)
        frames[index][offset] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? assemble(frames, space, memoryBytesMax: 500)
    }
    #expect(space.files == 0)
  }

  @Test func memoryDoesNotGrowWithTheNumberOfSubtransactions() throws {
    // Each is released, so that none can be forgotten before the commit; then the outermost is rolled back.
    var source = StreamedTransactions(FrameSource([]))
    source.begin(spillingTo: space, memoryBytesMax: 1 << 20, sendsEmptyTransactions: false)
    var rows = 0
    func take(_ source: inout StreamedTransactions<FrameSource>, _ frames: [[UInt8]]) throws {
      source.server = FrameSource(frames)
      while try source.receive(readingSocket: true, { _ in rows += 1 }) != .nothing {}
    }
    try take(&source, [start(7), described(xid: 7), row(20, "a", xid: 7)])
    for batch in 0..<100 {
      try take(&source, (0..<1_000).map { row(30, "a row of some length", xid: UInt32(9 + batch * 1_000 + $0)) })
      #expect(source.heldBytes.memory <= (1 << 20) + OpenTransactionSizes.slack)
    }
    #expect(source.heldBytes.disk > 4 << 20)
    #expect(space.files == 1)
    try take(&source, [stop, rollBack(7, 8)])
    #expect(source.heldBytes.memory + source.heldBytes.disk < OpenTransactionSizes.slack)
    try take(&source, [commit(7)])
    #expect(rows == 4, "begin, description, row, commit")
    #expect(space.files == 0)
  }
}

private enum OpenTransactionSizes {
  /// A block that is being filled.
  static let slack = 512 << 10
}
