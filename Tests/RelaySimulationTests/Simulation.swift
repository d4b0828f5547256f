import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayRuntime
import RelayTestSupport

typealias ScriptedLoop = RelayLoop<StreamedTransactions<ScriptedSource>, ScriptedSink, ScriptedStore>

/// A whole life of the relay from one seed: commits, acknowledgements, slow and failing disks, cut connections, kills and
/// orderly stops, in any order. The invariants of PRODUCT.md §4 are checked after every step.
struct Simulation {
  struct Violation: Error, CustomStringConvertible {
    let seed: UInt64
    let step: Int
    let description: String
  }

  let seed: UInt64
  private var random: SeededRandom
  private let server = ScriptedPostgres()
  private let kafka = ScriptedKafka()
  private let medium: ScriptedMedium
  private var now: Int64 = 0
  private var step = 0
  /// What has been checked already: both only grow.
  private var transactionsChecked = 0
  private var recordsChecked = 0
  private var highestVersion: [Int: Int] = [:]
  private static let queueMax = 40
  /// Of a few rows.
  private static let spillMemoryBytes = 600
  private let spill = ScriptedSpill()
  /// Until the disk was full.
  private var takesOpen = true
  private var fullDisks = 0

  private let wrongRule: WrongRule?
  private var repeated = 0
  /// The relay before has stopped in order, so nothing behind the stored position was sent.
  private var hasEnded = true

  init(seed: UInt64, wrongRule: WrongRule? = nil) {
    self.seed = seed
    self.wrongRule = wrongRule
    random = SeededRandom(seed: seed)
    medium = ScriptedMedium(
      StreamPosition(acknowledged: LSN(rawValue: 1_000), lastCommit: nil))
  }

  /// How the run went, so that a test can see that faults really happened.
  struct Summary {
    var kills = 0
    var cuts = 0
    var stops = 0
    var rows = 0
    var duplicates = 0
    /// Records that the relays say may have come twice.
    var repeated = 0
    var rolledBackRows = 0
    var spilledBytes = 0
    var fullDisks = 0
  }

  mutating func run(steps: Int) throws -> Summary {
    var summary = Summary()
    var loop = try makeLoop()
    var isConnected = true
    while step < steps {
      step += 1
      now += Int64.random(in: 0...60, using: &random)
      act(&loop)
      switch Int.random(in: 0..<100, using: &random) {
      case 0:
        summary.kills += 1
        hasEnded = false
        loop.sink.die(afterWriting: Int.random(in: 0...Self.queueMax, using: &random))
        loop.store.die(afterWriting: Bool.random(using: &random))
        loop = try makeLoop()
        isConnected = true
      case 1...2 where isConnected:
        summary.cuts += 1
        loop.source.server.disconnect()
      case 3:
        summary.stops += 1
        try stop(&loop)
        loop = try makeLoop()
        isConnected = true
      default: break
      }
      try turn(&loop, &isConnected)
      try check(&loop)
    }
    spill.isFull = false
    while server.openTransactions > 0 { server.end(0, rollingBack: false) }
    try settle(&loop, isConnected)
    summary.rolledBackRows = server.rolledBackRows
    summary.spilledBytes = spill.bytesWritten
    summary.fullDisks = fullDisks
    summary.rows = server.transactions.reduce(0) { $0 + $1.rows.count }
    summary.duplicates = kafka.log.count - Set(kafka.log).count
    summary.repeated = repeated
    guard repeated >= summary.duplicates else {
      throw violation("\(summary.duplicates) records came twice, \(repeated) are counted")
    }
    return summary
  }

  /// What the world does by itself.
  private mutating func act(_ loop: inout ScriptedLoop) {
    if random.oneIn(3) {
      let count = random.oneIn(10) ? 120 : Int.random(in: 0...6, using: &random)
      server.commit(keys: (0..<count).map { _ in Int.random(in: 0..<5, using: &random) })
    }
    if random.oneIn(20) { server.writeUnpublished(bytes: 5_000) }
    actOpen()
    loop.source.server.deliver(Int.random(in: 0...30, using: &random))
    if random.oneIn(4) { loop.source.server.keepalive(replyRequested: Bool.random(using: &random)) }
    loop.sink.progress(
      write: Int.random(in: 0...20, using: &random), acknowledge: Int.random(in: 0...20, using: &random))
    if random.oneIn(3) { loop.store.finish(failing: random.oneIn(5)) }
  }

  /// Open transactions write, roll back to savepoints, and end.
  private mutating func actOpen() {
    if server.openTransactions < 4, random.oneIn(8) { server.begin() }
    guard server.openTransactions > 0, random.oneIn(2) else { return }
    let index = Int.random(in: 0..<server.openTransactions, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: server.end(index, rollingBack: random.oneIn(3))
    case 1...2: server.endSubtransaction(index)
    default:
      server.write(
        index, rows: Int.random(in: 1...12, using: &random),
        isDoomed: random.oneIn(3) ? Bool.random(using: &random) : nil)
    }
    // A disk that is full for a while; the relay then does without open transactions until its next start.
    if random.oneIn(40) { spill.isFull.toggle() }
  }

  private mutating func turn(_ loop: inout ScriptedLoop, _ isConnected: inout Bool) throws {
    do throws(RelayFailure) {
      if isConnected {
        _ = try loop.turn(time)
      } else if random.oneIn(3) {
        loop.source = source(from: wrongRule == .goesOnAtLogEnd ? LSN(rawValue: server.walEnd) : loop.handedOver)
        isConnected = true
      } else {
        try loop.turnWithoutSource(time)
      }
    } catch {
      guard case .source(let sourceError) = error else { throw violation("\(error)") }
      if sourceError.remedy == .reconnectWithoutStreaming {
        takesOpen = false
        fullDisks += 1
      }
      loop.sourceLost()
      isConnected = false
    }
  }

  private var time: RelayTime {
    RelayTime(monotonicMilliseconds: now, wallNanoseconds: 1_700_000_000_000_000_000 + now * 1_000_000)
  }

  /// A process that starts: from the state record, on a new connection, with an empty producer.
  private mutating func makeLoop() throws -> ScriptedLoop {
    takesOpen = true
    guard server.confirmed <= medium.position.acknowledged.rawValue else {
      throw violation("the slot is at \(server.confirmed), beyond the state record at \(medium.position.acknowledged)")
    }
    let options = PipelineOptions(
      topics: TopicName(prefix: "p"), database: "d", values: ValueOptions(),
      keyConverter: .json(schemasEnabled: false, JSONOptions()),
      valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
      columnFilter: try ColumnFilter(), transforms: [],
      runID: "run")
    var limits = RelayLimits()
    limits.framesPerTurnMax = 16
    var loop = ScriptedLoop(
      source: source(
        from: wrongRule == .startsAtLogEnd ? LSN(rawValue: server.walEnd) : medium.position.acknowledged),
      sink: ScriptedSink(
        kafka, queueMax: Self.queueMax, random: SeededRandom(seed: random.next()), wrongRule: wrongRule),
      store: ScriptedStore(medium, wrongRule: wrongRule) { [server] in LSN(rawValue: server.walEnd) },
      pipeline: EventPipeline(options, lastCommit: medium.position.lastCommit),
      position: medium.position, limits: limits)
    if !hasEnded { loop.expectRepeats(to: LSN(rawValue: server.walEnd)) }
    return loop
  }

  private func source(from position: LSN) -> StreamedTransactions<ScriptedSource> {
    var source = StreamedTransactions(
      ScriptedSource(server, from: position, sendsOpen: takesOpen, wrongRule: wrongRule) { [server, kafka] in
        let acknowledged = server.transactions.prefix { $0.rows.allSatisfy { kafka.acknowledged[$0] != nil } }
        return LSN(rawValue: acknowledged.last?.endLSN ?? 0)
      })
    if takesOpen {
      source.begin(spillingTo: spill, memoryBytesMax: Self.spillMemoryBytes, sendsEmptyTransactions: false)
    }
    return source
  }

  /// An orderly stop drains and confirms; a stop while the connection is broken is a kill.
  private mutating func stop(_ loop: inout ScriptedLoop) throws {
    hasEnded = false
    loop.stopReading()
    for _ in 0..<1_000 {
      now += 20
      loop.sink.progress(write: 10, acknowledge: 10)
      loop.store.finish(failing: false)
      do throws(RelayFailure) {
        _ = try loop.turn(time)
      } catch {
        guard case .source = error else { throw violation("\(error)") }
        repeated += Int(loop.takeRepeatedRecords())
        return
      }
      try check(&loop)
      if loop.isDrained, loop.observations.confirmed >= loop.flushable {
        hasEnded = !loop.expectsRepeats
        return
      }
    }
    throw violation("an orderly stop does not end: \(loop.recordsInFlight) records in flight")
  }

  /// The faults end: everything must arrive, and the slot must reach the log's end.
  private mutating func settle(_ loop: inout ScriptedLoop, _ wasConnected: Bool) throws {
    var isConnected = wasConnected
    for _ in 0..<5_000 {
      now += 200
      loop.source.server.deliver(100)
      loop.source.server.keepalive(replyRequested: false)
      loop.sink.progress(write: 100, acknowledge: 100)
      loop.store.finish(failing: false)
      try turn(&loop, &isConnected)
      try check(&loop)
      if server.confirmed == server.walEnd { break }
    }
    let missing = server.transactions.flatMap(\.rows).filter { kafka.acknowledged[$0] == nil }
    guard missing.isEmpty else { throw violation("\(missing.count) committed rows never arrived, first \(missing[0])") }
    guard server.confirmed == server.walEnd else {
      throw violation("idle, the slot stays at \(server.confirmed) of \(server.walEnd)")
    }
  }

  private mutating func check(_ loop: inout ScriptedLoop) throws {
    repeated += Int(loop.takeRepeatedRecords())
    if server.wentBack { throw violation("a confirmed position went back") }
    guard server.confirmed <= medium.position.acknowledged.rawValue else {
      throw violation("the slot is at \(server.confirmed), beyond the state record at \(medium.position.acknowledged)")
    }
    while transactionsChecked < server.transactions.count {
      let transaction = server.transactions[transactionsChecked]
      guard transaction.endLSN <= medium.position.acknowledged.rawValue else { break }
      for row in transaction.rows where kafka.acknowledged[row] == nil {
        throw violation(
          "the state record is at \(medium.position.acknowledged), but \(row) of the transaction ending at \(transaction.endLSN) is not acknowledged"
        )
      }
      transactionsChecked += 1
    }
    guard loop.sink.peak <= Self.queueMax else { throw violation("the producer's queue passed its bound") }
    try checkOrder()
  }

  /// First occurrences of one key's rows come in commit order, and nothing but committed rows is there.
  private mutating func checkOrder() throws {
    while recordsChecked < kafka.log.count {
      let row = kafka.log[recordsChecked]
      let last = highestVersion[row.key, default: 0]
      guard row.version <= last + 1 else {
        throw violation("key \(row.key): version \(row.version) came after \(last)")
      }
      guard server.committedRows.contains(row) else { throw violation("\(row) was never committed") }
      highestVersion[row.key] = max(last, row.version)
      recordsChecked += 1
    }
  }

  private func violation(_ text: String) -> Violation { Violation(seed: seed, step: step, description: text) }
}
