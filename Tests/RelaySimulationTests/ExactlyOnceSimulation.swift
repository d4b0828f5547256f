import Acknowledgement
import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayRuntime
import RelayTestSupport

typealias TransactionalLoop = RelayLoop<StreamedTransactions<ScriptedSource>, TransactionalSink, TransactionalStore>

/// A life of the relay in exactly-once mode, from one seed. After every step a reader of committed records has seen each
/// committed change once, in commit order, up to the position that was committed with them, and nothing else.
struct ExactlyOnceSimulation {
  struct Violation: Error, CustomStringConvertible {
    let seed: UInt64
    let step: Int
    let description: String
  }

  struct Summary {
    var kills = 0
    var cuts = 0
    var stops = 0
    var aborts = 0
    var fencings = 0
    var rows = 0
    var commits = 0
    var divisions = 0
    var zombieErrors = 0
  }

  let seed: UInt64
  private var random: SeededRandom
  private let server = ScriptedPostgres()
  private let kafka = TransactionalKafka(StreamPosition(acknowledged: LSN(rawValue: 1_000), lastCommit: nil))
  private let spill = ScriptedSpill()
  private var now: Int64 = 0
  private var step = 0
  private var checked = 0
  /// Of the row checked last: its transaction, the end of that one's rows, its part, and the commit it came with.
  private var last = (transaction: -1, end: 0, part: 1, commit: -1)
  private var expected: [ScriptedPostgres.Row] = []
  private var transactionsSeen = 0
  /// Transactions that the position has passed, and their rows; it never goes back.
  private var transactionsPassed = 0
  private var rowsPassed = 0
  private var summary = Summary()
  private let bounds: TransactionBatch.Bounds
  private static let queueMax = 40

  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed)
    var bounds = TransactionBatch.Bounds()
    bounds.recordsMax = Int.random(in: 1...60, using: &random)
    // Some lives divide what others keep whole.
    bounds.dividedRecordsMin = random.oneIn(2) ? 50 : 100_000
    bounds.intervalMilliseconds = random.oneIn(3) ? 300 : nil
    bounds.commitsEachUnit = random.oneIn(5)
    bounds.timeoutMilliseconds = 600_000
    self.bounds = bounds
  }

  mutating func run(steps: Int) throws -> Summary {
    var loop = try makeLoop()
    // A relay that goes on after another has taken its place.
    var zombie: TransactionalLoop?
    var isConnected = true
    while step < steps {
      step += 1
      now += Int64.random(in: 0...60, using: &random)
      act(&loop)
      switch Int.random(in: 0..<100, using: &random) {
      case 0...1:
        summary.kills += 1
        loop.sink.die(
          afterWriting: Int.random(in: 0...Self.queueMax, using: &random), sendsCommit: random.oneIn(2))
        loop = try makeLoop()
        isConnected = true
      case 2...3 where isConnected:
        summary.cuts += 1
        loop.source.server.disconnect()
      case 4:
        summary.stops += 1
        try stop(&loop, isConnected)
        loop = try makeLoop()
        isConnected = true
      case 5:
        summary.fencings += 1
        let successor = try makeLoop()
        zombie = consume loop
        loop = successor
        isConnected = true
      case 6:
        // The coordinator's time-out looks to the producer like another one that took its place.
        kafka.expire()
        summary.aborts += 1
        loop = try makeLoop()
        isConnected = true
      case 7: loop.sink.failsNext = true
      default: break
      }
      try turn(&loop, &isConnected)
      if zombie != nil, try !haunt(&zombie!) { zombie = nil }
      try check()
    }
    spill.isFull = false
    while server.openTransactions > 0 { server.end(0, rollingBack: false) }
    try settle(&loop, isConnected)
    summary.rows = expected.count
    summary.commits = kafka.commits
    return summary
  }

  private mutating func act(_ loop: inout TransactionalLoop) {
    if random.oneIn(3) {
      let count = random.oneIn(10) ? 120 : Int.random(in: 0...6, using: &random)
      server.commit(keys: (0..<count).map { _ in Int.random(in: 0..<5, using: &random) })
    }
    if random.oneIn(20) { server.writeUnpublished(bytes: 5_000) }
    if server.openTransactions < 4, random.oneIn(8) { server.begin() }
    if server.openTransactions > 0, random.oneIn(2) {
      let index = Int.random(in: 0..<server.openTransactions, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0: server.end(index, rollingBack: random.oneIn(3))
      case 1...2: server.endSubtransaction(index)
      default:
        server.write(
          index, rows: Int.random(in: 1...12, using: &random),
          isDoomed: random.oneIn(3) ? Bool.random(using: &random) : nil)
      }
    }
    loop.source.server.deliver(Int.random(in: 0...30, using: &random))
    if random.oneIn(4) { loop.source.server.keepalive(replyRequested: Bool.random(using: &random)) }
    loop.sink.progress(
      write: Int.random(in: 0...20, using: &random), acknowledge: Int.random(in: 0...20, using: &random))
    switch Int.random(in: 0..<40, using: &random) {
    case 0: loop.sink.commitOutcome = .fails
    case 1: loop.sink.commitOutcome = .isUnknown
    case 2...25: loop.sink.commitOutcome = .succeeds
    default: break
    }
  }

  private mutating func turn(_ loop: inout TransactionalLoop, _ isConnected: inout Bool) throws {
    do throws(RelayFailure) {
      if isConnected {
        _ = try loop.turn(time)
      } else if random.oneIn(3) {
        loop.source = source(from: loop.handedOver)
        isConnected = true
      } else {
        try loop.turnWithoutSource(time)
      }
    } catch {
      switch error {
      case .source:
        loop.sourceLost()
        isConnected = false
        guard loop.mustStartOver else { return }
        summary.aborts += 1
      case .sink(let sinkError) where sinkError.remedy == .startOver: summary.aborts += 1
      default: throw violation("\(error)")
      }
      loop = try makeLoop()
      isConnected = true
    }
  }

  /// Returns `false` once it has learnt that it is fenced.
  private mutating func haunt(_ zombie: inout TransactionalLoop) throws -> Bool {
    zombie.sink.progress(write: 20, acknowledge: 20)
    zombie.sink.commitOutcome = .succeeds
    do throws(RelayFailure) {
      try zombie.turnWithoutSource(time)
      return random.oneIn(20) == false
    } catch {
      guard case .sink(let failure) = error else { throw violation("a zombie: \(error)") }
      // An abort that reached it before the fence did: it starts over, and finds its slot taken.
      if failure.remedy == .stop { summary.zombieErrors += 1 }
      return false
    }
  }

  private var time: RelayTime {
    RelayTime(monotonicMilliseconds: now, wallNanoseconds: 1_700_000_000_000_000_000 + now * 1_000_000)
  }

  /// Fences first, then reads the position.
  private mutating func makeLoop() throws -> TransactionalLoop {
    let sink = TransactionalSink(kafka, queueMax: Self.queueMax)
    let position = kafka.position
    if position.divided != nil { summary.divisions += 1 }
    guard server.confirmed <= position.acknowledged.rawValue else {
      throw violation("the slot is at \(server.confirmed), beyond the committed position \(position.acknowledged)")
    }
    let options = PipelineOptions(
      topics: TopicName(prefix: "p"), database: "d", values: ValueOptions(),
      keyConverter: .json(schemasEnabled: false, JSONOptions()),
      valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
      columnFilter: try ColumnFilter(), transforms: [], runID: "run")
    var limits = RelayLimits()
    limits.framesPerTurnMax = 16
    return TransactionalLoop(
      source: source(from: position.acknowledged), sink: sink, store: TransactionalStore(kafka),
      pipeline: EventPipeline(options, lastCommit: position.lastCommit), position: position, limits: limits,
      transactions: bounds)
  }

  private mutating func source(from position: LSN) -> StreamedTransactions<ScriptedSource> {
    // A transaction that comes open once can come whole the next time: its changes count the same.
    let takesOpen = random.oneIn(2)
    var source = StreamedTransactions(ScriptedSource(server, from: position, sendsOpen: takesOpen))
    if takesOpen { source.begin(spillingTo: spill, memoryBytesMax: 600, sendsEmptyTransactions: false) }
    return source
  }

  private mutating func stop(_ loop: inout TransactionalLoop, _ isConnected: Bool) throws {
    loop.stopReading()
    for _ in 0..<1_000 where isConnected && !loop.mustStartOver {
      now += 20
      loop.sink.progress(write: 10, acknowledge: 10)
      loop.sink.commitOutcome = .succeeds
      do throws(RelayFailure) {
        _ = try loop.turn(time)
      } catch {
        switch error {
        case .source: return
        case .sink(let failure) where failure.remedy == .startOver: return
        default: throw violation("\(error)")
        }
      }
      try check()
      if loop.isDrained, loop.observations.confirmed >= loop.flushable { return }
    }
    if isConnected, !loop.mustStartOver { throw violation("an orderly stop does not end") }
  }

  private mutating func settle(_ loop: inout TransactionalLoop, _ wasConnected: Bool) throws {
    var isConnected = wasConnected
    for _ in 0..<5_000 {
      now += 200
      loop.source.server.deliver(100)
      loop.source.server.keepalive(replyRequested: false)
      loop.sink.progress(write: 100, acknowledge: 100)
      loop.sink.commitOutcome = .succeeds
      try turn(&loop, &isConnected)
      try check()
      if server.confirmed == server.walEnd { break }
    }
    guard kafka.committed.count == expected.count else {
      throw violation("\(expected.count - kafka.committed.count) committed rows never arrived")
    }
    guard server.confirmed == server.walEnd else {
      throw violation("idle, the slot stays at \(server.confirmed) of \(server.walEnd)")
    }
  }

  private mutating func check() throws {
    if server.wentBack { throw violation("a confirmed position went back") }
    while transactionsSeen < server.transactions.count {
      expected += server.transactions[transactionsSeen].rows
      transactionsSeen += 1
    }
    while checked < kafka.committed.count {
      guard checked < expected.count, kafka.committed[checked] == expected[checked] else {
        throw violation(
          "record \(checked) is \(kafka.committed[checked]), expected \(checked < expected.count ? "\(expected[checked])" : "none")"
        )
      }
      try checkPart()
      checked += 1
    }
    let position = kafka.position
    guard server.confirmed <= position.acknowledged.rawValue else {
      throw violation("the slot is at \(server.confirmed), beyond the committed position \(position.acknowledged)")
    }
    while transactionsPassed < server.transactions.count,
      server.transactions[transactionsPassed].endLSN <= position.acknowledged.rawValue
    {
      rowsPassed += server.transactions[transactionsPassed].rows.count
      transactionsPassed += 1
    }
    let due = rowsPassed + Int(position.divided?.changes ?? 0)
    guard kafka.committed.count == due else {
      throw violation("\(kafka.committed.count) records are committed, the position stands for \(due)")
    }
  }

  /// The parts of a divided transaction are counted from its first commit to its last, whoever sent them.
  private mutating func checkPart() throws {
    let (part, commit) = kafka.parts[checked]
    if checked == last.end {
      repeat {
        last.transaction += 1
        last.end += server.transactions[last.transaction].rows.count
      } while checked == last.end
      last.part = 1
    } else if commit != last.commit {
      last.part += 1
    }
    last.commit = commit
    guard part == last.part else { throw violation("record \(checked) says part \(part), and is of part \(last.part)") }
  }

  private func violation(_ text: String) -> Violation { Violation(seed: seed, step: step, description: text) }
}
