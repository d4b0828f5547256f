import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayTestSupport

@testable import RelayRuntime

/// Several connectors of one shared slot in one process, from one seed: each has a Kafka, a state record and faults of its
/// own. What holds for one relay must hold for each of them, and the slot must never pass the position of any.
struct SharedSimulation {
  struct Violation: Error, CustomStringConvertible {
    let seed: UInt64
    let step: Int
    let description: String
  }

  /// A shared slot with a mistake, which the simulation must find.
  enum Mistake: CaseIterable, Sendable {
    case newestPositionIsConfirmed
    case unknownPositionIsPassedOver
    case failedConnectorIsForgotten
    case startsWhereTheNewestIs
    case handedOverIsHeld
  }

  struct Summary {
    var kills = 0
    var cuts = 0
    var failures = 0
    var ends = 0
    var detachments = 0
    var restarts = 0
    var doubts = 0
    var rows = 0
  }

  /// Whose the table is the catalogue does not tell now and then: until the log's end at that time each reads alone.
  final class Doubts {
    var random: SeededRandom
    var isOver = false
    var count = 0
    var until = LSN.invalid

    init(_ random: SeededRandom) { self.random = random }

    func arises(at end: LSN) -> Bool {
      guard !isOver, random.oneIn(8) else { return false }
      count += 1
      until = max(until, end)
      return true
    }
  }

  /// A connector's end of the stream, and the script's catalogue.
  struct MemberSource: ReplicationSource, ~Copyable {
    var frames: SharedFrames

    mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
      try frames.receive(readingSocket: readingSocket, body)
    }
    mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) { try frames.send(update) }
    mutating func execute(_ sql: String) throws(SourceError) {}
    mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
      ScriptedPostgres.description
    }
    mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer { .missing }
  }

  /// The reader's connection, which tells the server what a mistake would.
  struct ReaderSource: PublicationSource, ~Copyable {
    var server: ScriptedSource
    let flushed: () -> LSN?
    let doubts: Doubts

    mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
      try server.receive(readingSocket: readingSocket, body)
    }
    mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) {
      var update = update
      if let flushed = flushed() { update.flushed = flushed }
      // The server takes "no position" for "no news".
      if update.flushed != .invalid { try server.send(update) }
    }
    mutating func execute(_ sql: String) throws(SourceError) {}
    mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
      try server.describe(relation)
    }
    mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer { try server.lookUp(row) }
    mutating func shares(
      of relation: RelationOID, among publications: [String]
    ) throws(SourceError) -> RelationShares {
      var shares = try server.shares(of: relation, among: publications)
      shares.isGone = doubts.arises(at: shares.asOf)
      return shares
    }
  }

  typealias Loop = RelayLoop<MemberSource, ScriptedSink, ScriptedStore>
  typealias Stream = SharedStream<StreamedTransactions<ReaderSource>>

  /// A connector with what outlives it.
  final class Connector {
    enum State { case streaming, lost, down, ended }

    let kafka = ScriptedKafka()
    let medium = ScriptedMedium(StreamPosition(acknowledged: LSN(rawValue: 1_000), lastCommit: nil))
    var loop: Loop?
    var state = State.down
    /// Its broker takes nothing until then.
    var stuckUntil: Int64 = 0
    var transactionsChecked = 0
    var recordsChecked = 0
    var highestVersion: [Int: Int] = [:]

    var handedOver: LSN { loop?.handedOver ?? medium.position.acknowledged }
  }

  /// The reading thread.
  final class Reader {
    var stream: Stream?
  }

  let seed: UInt64
  private let mistake: Mistake?
  private var random: SeededRandom
  private let server = ScriptedPostgres()
  private let connectors = (0..<3).map { _ in Connector() }
  private var slot: SharedSlot
  private let reader = Reader()
  private let spill = ScriptedSpill()
  private let doubts: Doubts
  private var now: Int64 = 0
  private var step = 0
  private var summary = Summary()

  private static let queueMax = 40
  private static let waitMilliseconds: Int64 = 1_000

  init(seed: UInt64, mistake: Mistake? = nil) {
    self.seed = seed
    self.mistake = mistake
    random = SeededRandom(seed: seed)
    doubts = Doubts(SeededRandom(seed: random.next()))
    slot = SharedSimulation.makeSlot()
  }

  private static func makeSlot() -> SharedSlot {
    var limits = SharedMembership.Limits()
    limits.waitMilliseconds = waitMilliseconds
    limits.queueBytesMax = 1_500
    limits.gatherMilliseconds = 200
    limits.restartMilliseconds = 100
    return SharedSlot(name: "s", members: (0..<3).map { ("c\($0)", "p\($0)") }, limits: limits)!
  }

  mutating func run(steps: Int) throws -> Summary {
    while step < steps {
      step += 1
      now += Int64.random(in: 0...60, using: &random)
      try act()
      try turnReader()
      for index in connectors.indices where random.oneIn(2) { try turn(index) }
      try check()
    }
    try settle()
    summary.doubts = doubts.count
    summary.rows = server.transactions.reduce(0) { $0 + $1.rows.count }
    return summary
  }

  // MARK: What happens

  private mutating func act() throws {
    if random.oneIn(3) {
      let count = random.oneIn(10) ? 120 : Int.random(in: 0...6, using: &random)
      server.commit(keys: (0..<count).map { _ in Int.random(in: 0..<5, using: &random) })
    }
    if random.oneIn(20) { server.writeUnpublished(bytes: 5_000) }
    actOpen()
    reader.stream?.source.server.server.deliver(Int.random(in: 0...40, using: &random))
    if random.oneIn(4) { reader.stream?.source.server.server.keepalive(replyRequested: random.oneIn(2)) }
    for connector in connectors where connector.loop != nil {
      if random.oneIn(200) { connector.stuckUntil = now + Int64.random(in: 1_000...9_000, using: &random) }
      if now >= connector.stuckUntil {
        connector.loop?.sink.progress(
          write: Int.random(in: 0...30, using: &random), acknowledge: Int.random(in: 0...30, using: &random))
      }
      if random.oneIn(3) { connector.loop?.store.finish(failing: random.oneIn(5)) }
    }
    switch Int.random(in: 0..<100, using: &random) {
    case 0: kill()
    case 1...2:
      guard reader.stream != nil else { return }
      summary.cuts += 1
      reader.stream?.source.server.server.disconnect()
    case 3...4: fail(Int.random(in: 0..<connectors.count, using: &random), forGood: random.oneIn(6))
    default: break
    }
  }

  private mutating func actOpen() {
    if server.openTransactions < 3, random.oneIn(10) { server.begin() }
    guard server.openTransactions > 0, random.oneIn(2) else { return }
    let index = Int.random(in: 0..<server.openTransactions, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0...1: server.end(index, rollingBack: random.oneIn(3))
    case 2: server.endSubtransaction(index)
    default:
      server.write(
        index, rows: Int.random(in: 1...12, using: &random),
        isDoomed: random.oneIn(3) ? Bool.random(using: &random) : nil)
    }
  }

  /// The process dies, with all its connectors.
  private mutating func kill() {
    summary.kills += 1
    for connector in connectors {
      connector.loop?.sink.die(afterWriting: Int.random(in: 0...Self.queueMax, using: &random))
      connector.loop?.store.die(afterWriting: random.oneIn(2))
      connector.loop = nil
      connector.state = .down
    }
    reader.stream = nil
    slot = SharedSimulation.makeSlot()
    doubts.until = .invalid
  }

  /// One connector's life ends; the next begins with its state record, unless it has failed for good.
  private mutating func fail(_ index: Int, forGood: Bool) {
    let connector = connectors[index]
    guard connector.state != .ended else { return }
    summary.failures += 1
    connector.loop?.sink.die(afterWriting: Int.random(in: 0...Self.queueMax, using: &random))
    connector.loop?.store.die(afterWriting: random.oneIn(2))
    connector.loop = nil
    if forGood {
      summary.ends += 1
      connector.state = .ended
      slot.end(index)
    } else {
      connector.state = .down
      slot.leave(index)
    }
  }

  // MARK: Turns

  private var time: RelayTime {
    RelayTime(monotonicMilliseconds: now, wallNanoseconds: 1_700_000_000_000_000_000 + now * 1_000_000)
  }

  private mutating func turnReader() throws {
    guard reader.stream != nil else {
      if random.oneIn(2) { try open(slot.starters(now)) }
      return
    }
    do {
      guard let turn = try reader.stream?.turn(time) else { return }
      summary.detachments += reader.stream?.takeDetached().count ?? 0
      switch turn {
      case .busy, .idle: break
      case .startAgain:
        summary.restarts += 1
        let frontier = reader.stream?.frontier ?? .invalid
        try open(slot.restart(at: frontier, now))
      case .deserted: reader.stream = nil
      }
    } catch let error as SourceError {
      reader.stream = nil
      slot.fail(error)
    }
  }

  private mutating func open(_ starters: [SharedSlot.Starter]) throws {
    if starters.count > 1, let behind = starters.first(where: { $0.from < doubts.until }) {
      throw violation("connector \(behind.member) at \(behind.from) does not read alone up to \(doubts.until)")
    }
    guard let lowest = starters.map(\.from).min(), let highest = starters.map(\.from).max() else { return }
    let position = mistake == .startsWhereTheNewestIs ? highest : lowest
    let flushed = flushedByMistake()
    var source = StreamedTransactions(
      ReaderSource(server: ScriptedSource(server, from: position, sendsOpen: true), flushed: flushed, doubts: doubts))
    source.begin(spillingTo: spill, memoryBytesMax: 600, sendsEmptyTransactions: false)
    var limits = RelayLimits()
    limits.framesPerTurnMax = 16
    reader.stream = Stream(source, of: slot, for: starters, hasEmptyTransactions: false, limits: limits)
  }

  private func flushedByMistake() -> () -> LSN? {
    let connectors = connectors
    let slot = slot
    switch mistake {
    case .newestPositionIsConfirmed: return { connectors.map(\.medium.position.acknowledged).max() }
    case .failedConnectorIsForgotten:
      return { connectors.filter { $0.state != .ended }.map(\.medium.position.acknowledged).min() }
    case .unknownPositionIsPassedOver: return { slot.holders.compactMap(\.position).min() }
    case .handedOverIsHeld:
      return { connectors.map(\.handedOver).min() }
    case .startsWhereTheNewestIs, nil: return { nil }
    }
  }

  private mutating func turn(_ index: Int) throws {
    let connector = connectors[index]
    do throws(RelayFailure) {
      switch connector.state {
      case .ended: return
      case .down:
        if random.oneIn(6) { try begin(index) }
      case .lost:
        if random.oneIn(3) {
          connector.loop!.source = source(index, from: connector.loop!.handedOver)
          connector.state = .streaming
        } else {
          try connector.loop!.turnWithoutSource(time)
        }
      case .streaming: _ = try connector.loop!.turn(time)
      }
    } catch {
      guard case .source(let failure) = error, failure.remedy.losesStreamOnly else {
        throw violation("\(index): \(error)")
      }
      connector.loop!.sourceLost()
      slot.leave(index)
      connector.state = .lost
    }
  }

  private func source(_ index: Int, from position: LSN) -> MemberSource {
    var frames = SharedFrames(SharedSeat(slot: slot, member: index))
    frames.start(at: position)
    return MemberSource(frames: frames)
  }

  private mutating func begin(_ index: Int) throws(RelayFailure) {
    let connector = connectors[index]
    slot.arrive(index)
    let options: PipelineOptions
    do {
      options = PipelineOptions(
        topics: TopicName(prefix: "p"), database: "d", values: ValueOptions(),
        keyConverter: .json(schemasEnabled: false, JSONOptions()),
        valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
        columnFilter: try ColumnFilter(), transforms: [], runID: "run")
    } catch {
      throw .record("\(error)")
    }
    var limits = RelayLimits()
    limits.framesPerTurnMax = 16
    connector.loop = Loop(
      source: source(index, from: connector.medium.position.acknowledged),
      sink: ScriptedSink(connector.kafka, queueMax: Self.queueMax, random: SeededRandom(seed: random.next())),
      store: ScriptedStore(connector.medium),
      pipeline: EventPipeline(options, lastCommit: connector.medium.position.lastCommit),
      position: connector.medium.position, limits: limits)
    connector.state = .streaming
  }

  // MARK: What must hold

  private mutating func check() throws {
    if server.wentBack { throw violation("a confirmed position went back") }
    for (index, connector) in connectors.enumerated() {
      let stored = connector.medium.position.acknowledged
      guard server.confirmed <= stored.rawValue else {
        throw violation(
          "the slot is at \(server.confirmed), beyond the state record of connector \(index) at \(stored)")
      }
      while connector.transactionsChecked < server.transactions.count {
        let transaction = server.transactions[connector.transactionsChecked]
        guard transaction.endLSN <= stored.rawValue else { break }
        for row in transaction.rows where connector.kafka.acknowledged[row] == nil {
          throw violation("connector \(index) is at \(stored), but \(row) is not acknowledged")
        }
        connector.transactionsChecked += 1
      }
      while connector.recordsChecked < connector.kafka.log.count {
        let row = connector.kafka.log[connector.recordsChecked]
        let last = connector.highestVersion[row.key, default: 0]
        guard row.version <= last + 1 else {
          throw violation("connector \(index), key \(row.key): version \(row.version) came after \(last)")
        }
        guard server.committedRows.contains(row) else { throw violation("\(row) was never committed") }
        connector.highestVersion[row.key] = max(last, row.version)
        connector.recordsChecked += 1
      }
    }
  }

  /// The faults end, and those that had failed for good are started again: everything must arrive everywhere.
  private mutating func settle() throws {
    while server.openTransactions > 0 { server.end(0, rollingBack: false) }
    if connectors.contains(where: { $0.state == .ended }) { kill() }
    doubts.isOver = true
    for _ in 0..<6_000 {
      now += 50
      reader.stream?.source.server.server.deliver(100)
      reader.stream?.source.server.server.keepalive(replyRequested: false)
      for connector in connectors {
        connector.loop?.sink.progress(write: 100, acknowledge: 100)
        connector.loop?.store.finish(failing: false)
      }
      try turnReader()
      for index in connectors.indices { try turn(index) }
      try check()
      if server.confirmed == server.walEnd { break }
    }
    for (index, connector) in connectors.enumerated() {
      let missing = server.transactions.flatMap(\.rows).filter { connector.kafka.acknowledged[$0] == nil }
      guard missing.isEmpty else {
        throw violation("connector \(index): \(missing.count) committed rows never arrived, first \(missing[0])")
      }
    }
    guard server.confirmed == server.walEnd else {
      throw violation("idle, the slot stays at \(server.confirmed) of \(server.walEnd)")
    }
  }

  private func violation(_ text: String) -> Violation { Violation(seed: seed, step: step, description: text) }
}
