import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayRuntime
import RelayTestSupport
import Testing

/// Incremental snapshots between random changes, slow readers, lost connections and kills. When all is quiet, every key has
/// its newest value last, and no key that was there at the start is missing.
@Suite struct ChunkSimulationTests {
  private typealias Loop = RelayLoop<ChunkSource, ChunkSink, ScriptedStore>

  private final class IDs {
    var count = 0
  }

  private func loop(
    _ world: ChunkWorld, _ log: ChunkSink.Log, _ medium: ScriptedMedium, _ ids: IDs, queueMax: Int
  ) throws -> Loop {
    var options = PipelineOptions(
      topics: TopicName(prefix: "p"), database: "d", values: ValueOptions(),
      keyConverter: .json(schemasEnabled: false, JSONOptions()),
      valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
      columnFilter: try ColumnFilter(), transforms: [], runID: "run")
    options.sendsTombstones = false
    options.signals = SignalTables(tables: [ChunkWorld.signalDescription.id], closesOnDelete: false)
    var loop = Loop(
      source: ChunkSource(world, from: medium.position.acknowledged), sink: ChunkSink(log, queueMax: queueMax),
      store: ScriptedStore(medium), pipeline: EventPipeline(options, lastCommit: nil), position: medium.position,
      limits: RelayLimits(), watermarks: world.watermarks,
      makeID: {
        ids.count += 1
        return "chunk-\(ids.count)-"
      })
    loop.chunks = world
    return loop
  }

  @Test(arguments: [IncrementalSnapshot.Watermarks.signalTable, .position])
  func everyKeyHasItsNewestValueLastAndNoneIsMissing(watermarks: IncrementalSnapshot.Watermarks) throws {
    var seeds = SimulationSeeds()
    while let seed = seeds.next() { try live(watermarks, seed) }
  }

  private func live(_ watermarks: IncrementalSnapshot.Watermarks, _ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let world = ChunkWorld(watermarks)
    let log = ChunkSink.Log()
    let ids = IDs()
    // Rows that only the snapshot can give: the slot begins behind them.
    world.change(Array(0..<20), deleting: false)
    var now: Int64 = 0
    let first = LSN(rawValue: world.walEnd)
    let medium = ScriptedMedium(StreamPosition(acknowledged: first, lastCommit: nil))
    let queueMax = Int.random(in: 1...8, using: &random)
    var relay = try loop(world, log, medium, ids, queueMax: queueMax)
    try relay.streamStarted(time(now))
    world.signal("s1", "execute-snapshot", #"{"data-collections": ["public.t"]}"#)
    var faults = 0
    for step in 0..<1_500 {
      now += Int64.random(in: 0...80, using: &random)
      let isQuiet = step > 900
      if !isQuiet, random.oneIn(6) {
        let keys = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0..<25, using: &random) }
        world.change(keys, deleting: random.oneIn(4))
      }
      if random.oneIn(2) { world.readOn() }
      relay.source.deliver(Int.random(in: 0...4, using: &random))
      relay.sink.acknowledgements = Int.random(in: 0...5, using: &random)
      relay.store.finish(failing: !isQuiet && random.oneIn(5))
      if !isQuiet, random.oneIn(120) {
        // A kill: what is stored is all that is left.
        faults += 1
        relay.store.die(afterWriting: Bool.random(using: &random))
        relay = try loop(world, log, medium, ids, queueMax: queueMax)
        try relay.streamStarted(time(now))
      } else if !isQuiet, random.oneIn(120) {
        faults += 1
        relay.source.disconnect()
      }
      do throws(RelayFailure) {
        _ = try relay.turn(time(now))
      } catch {
        relay.sourceLost()
        relay.source = ChunkSource(world, from: relay.handedOver)
        try relay.streamStarted(time(now))
      }
    }
    let context = relay.incremental.context
    #expect(context.isEmpty, "seed \(seed): the snapshot has not ended: \(context)")
    #expect(medium.position.incremental == nil, "seed \(seed)")
    var last: [Int: Int?] = [:]
    for record in log.records { last[record.key] = .some(record.version) }
    for (key, version) in world.rows {
      #expect(last[key] == .some(version), "seed \(seed), key \(key)")
    }
    for (key, version) in last where version != nil {
      #expect(world.rows[key] != nil, "seed \(seed): key \(key) is deleted")
    }
    if faults == 0 {
      // Without a restart no key ever goes back.
      var highest: [Int: Int] = [:]
      for record in log.records {
        guard let version = record.version else { continue }
        #expect(version >= highest[record.key] ?? 0, "seed \(seed), key \(record.key) went back")
        highest[record.key] = version
      }
    }
  }

  private func time(_ milliseconds: Int64) -> RelayTime {
    RelayTime(
      monotonicMilliseconds: milliseconds, wallNanoseconds: 1_700_000_000_000_000_000 + milliseconds * 1_000_000)
  }
}
