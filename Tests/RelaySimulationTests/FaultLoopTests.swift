import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayRuntime
import RelayTestSupport
import Testing

/// Single turns of the loop under conditions that the simulation does not set up.
@Suite struct FaultLoopTests {
  private let server = ScriptedPostgres()
  private let medium = ScriptedMedium(StreamPosition(acknowledged: LSN(rawValue: 1_000), lastCommit: nil))

  private func loop(queueMax: Int = 40, _ limits: RelayLimits = RelayLimits()) throws -> ScriptedLoop {
    let options = PipelineOptions(
      topics: TopicName(prefix: "p"), database: "d", values: ValueOptions(),
      keyConverter: .json(schemasEnabled: false, JSONOptions()),
      valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
      columnFilter: try ColumnFilter(), transforms: [],
      runID: "run")
    return ScriptedLoop(
      source: StreamedTransactions(ScriptedSource(server, from: LSN(rawValue: 1_000))),
      sink: ScriptedSink(ScriptedKafka(), queueMax: queueMax, random: SeededRandom(seed: 1)),
      store: ScriptedStore(medium), pipeline: EventPipeline(options, lastCommit: nil),
      position: StreamPosition(acknowledged: LSN(rawValue: 1_000), lastCommit: nil), limits: limits)
  }

  private func time(_ milliseconds: Int64) -> RelayTime {
    RelayTime(monotonicMilliseconds: milliseconds, wallNanoseconds: 1_700_000_000_000_000_000)
  }

  @Test func withoutFlushingTheServerAMovedPositionDoesNotMakeTheLoopSpin() throws {
    var limits = RelayLimits()
    limits.confirmsToServer = false
    var loop = try loop(limits)
    server.commit(keys: [1])
    loop.source.server.deliver(100)
    for now in stride(from: Int64(0), to: 2_000, by: 50) {
      loop.sink.progress(write: 10, acknowledge: 10)
      loop.store.finish(failing: false)
      _ = try loop.turn(time(now))
    }
    let isDrained = loop.isDrained
    let stored = loop.storedPosition
    #expect(isDrained)
    #expect(stored > LSN(rawValue: 1_000))
    #expect(server.confirmed == 1_000)
    guard case .idle(let milliseconds, _) = try loop.turn(time(2_000)) else {
      Issue.record("busy with nothing to do")
      return
    }
    #expect(milliseconds >= 1_000)
  }

  /// A keepalive that asks for an answer lies unread in the socket then; the default interval may exceed the server's time.
  @Test func whileTheProducerIsFullTheServerHearsOfUsEverySecond() throws {
    var loop = try loop(queueMax: 1)
    server.commit(keys: [1, 2, 3])
    loop.source.server.deliver(100)
    for now in stride(from: Int64(0), through: 5_000, by: 100) { _ = try loop.turn(time(now)) }
    #expect(server.statusUpdates >= 5)
    #expect(server.confirmed == 1_000)
  }

  /// The others' records leave the producer's queue, so that it never fills: memory would grow for as long as that lasts, and
  /// after 16,777,216 transactions an acknowledgement would count for the one that has none.
  @Test func whileOnePartitionStandsStillTheOthersDoNotGoOnWithoutEnd() throws {
    var limits = RelayLimits()
    limits.unitsInFlightMax = 64
    var loop = try loop(limits)
    loop.sink.stuckKey = 1
    server.commit(keys: [1])
    for _ in 0..<1_000 { server.commit(keys: [2]) }
    loop.source.server.deliver(10_000)
    var units = 0
    func turns(_ now: Range<Int64>) throws {
      for now in now {
        loop.sink.progress(write: 100, acknowledge: 100)
        loop.store.finish(failing: false)
        _ = try loop.turn(time(now * 100))
        units = max(units, loop.unitsInFlight)
      }
    }
    try turns(0..<200)
    #expect(server.confirmed == 1_000)
    #expect(units == 64)
    #expect(server.statusUpdates >= 15)
    loop.sink.stuckKey = nil
    try turns(200..<400)
    let isDrained = loop.isDrained
    #expect(isDrained && server.confirmed > 1_000)
  }

  /// A relay that is frozen inside a turn may have lost its slot when it goes on: it must not send the rest of the turn.
  @Test func relayThatWasFrozenInsideATurnHandsOverAFewChangesMoreAtMost() throws {
    var loop = try loop(queueMax: 1_000)
    for _ in 0..<300 { server.commit(keys: [1]) }
    loop.source.server.deliver(2_000)
    loop.source.server.freezesAfterFrames = 100
    #expect(throws: RelayFailure.self) { try loop.turn(time(0)) }
    let frames = loop.observations.frames
    #expect(frames >= 100 && frames < 100 + 16)
  }

  /// Another relay has begun: nothing more may be stored, and the stream ends (docs/model, rule 10).
  @Test func refusedStateRecordEndsTheStream() throws {
    var loop = try loop()
    server.commit(keys: [1, 2])
    loop.source.server.deliver(100)
    loop.store.isOvertaken = true
    var failure: RelayFailure?
    for now in stride(from: Int64(0), to: 2_000, by: 50) where failure == nil {
      loop.sink.progress(write: 10, acknowledge: 10)
      loop.store.finish(failing: false)
      do throws(RelayFailure) { _ = try loop.turn(time(now)) } catch { failure = error }
    }
    guard case .source(let error) = failure else {
      Issue.record("the stream goes on: \(String(describing: failure))")
      return
    }
    #expect(error.remedy == .startOver)
    #expect(server.confirmed == 1_000)
  }

  @Test func transactionsWithoutRecordsDoNotWriteTheStateRecordAtItsFullPace() throws {
    var limits = RelayLimits()
    limits.storeIntervalMilliseconds = 200
    limits.idleAdvanceIntervalMilliseconds = 10_000
    var loop = try loop(limits)
    var writes = 0
    var last = medium.position
    for now in stride(from: Int64(0), to: 9_000, by: 100) {
      // Each stands for a state record in a table that is published.
      server.commit(keys: [])
      loop.source.server.deliver(100)
      _ = try loop.turn(time(now))
      loop.store.finish(failing: false)
      if medium.position != last { writes += 1 }
      last = medium.position
    }
    #expect(writes <= 2)
  }

  /// Where a late record of an earlier relay may stand behind this one's.
  @Test(arguments: [nil, 1_000] as [Int64?])
  func stateIsWrittenAgainWhileTheStreamRunsAndNothingMoves(interval: Int64?) throws {
    var limits = RelayLimits()
    limits.restateIntervalMilliseconds = interval
    var loop = try loop(limits)
    let before = try writes(of: &loop, stride(from: 0, to: 5_000, by: 100))
    try loop.streamStarted(time(5_000))
    let streaming = try writes(of: &loop, stride(from: 5_000, to: 8_000, by: 100))
    // Without its source it may have been overtaken.
    loop.sourceLost()
    let lost = try writes(of: &loop, stride(from: 8_100, to: 12_000, by: 100))
    try loop.streamStarted(time(12_000))
    let again = try writes(of: &loop, stride(from: 12_000, to: 13_500, by: 100))
    loop.stopReading()
    let stopping = try writes(of: &loop, stride(from: 13_500, to: 16_000, by: 100))
    #expect([before, streaming, lost, again, stopping] == (interval == nil ? [0, 0, 0, 0, 0] : [0, 2, 0, 1, 0]))
    #expect(medium.position.acknowledged == LSN(rawValue: 1_000))
  }

  private func writes(of loop: inout ScriptedLoop, _ times: StrideTo<Int64>) throws -> Int {
    let before = medium.writes
    for now in times {
      _ = try loop.turn(time(now))
      loop.store.finish(failing: false)
    }
    return medium.writes - before
  }

  /// A signal leaves its channel only when a restart would not need it.
  @Test func aSignalIsSettledOnceTheStateThatHoldsItsEffectIsStored() throws {
    var limits = RelayLimits()
    limits.storeIntervalMilliseconds = 10
    var loop = try loop(limits)
    let signals = ScriptedSignals()
    loop.signals = signals
    let data = #"{"type": "blocking", "data-collections": ["public.t"]}"#
    signals.waiting = [
      ChannelSignal(SignalMessage(id: "1", type: "execute-snapshot", data: data), at: .topic(next: 8))
    ]
    for now in stride(from: Int64(0), to: 100, by: 10) { _ = try loop.turn(time(now)) }
    #expect(signals.waiting.isEmpty)
    #expect(signals.settled == 0)
    loop.store.finish(failing: true)
    for now in stride(from: Int64(100), to: 200, by: 10) { _ = try loop.turn(time(now)) }
    #expect(signals.settled == 0)
    loop.store.finish(failing: false)
    _ = try loop.turn(time(200))
    #expect(signals.settled == 1)
    #expect(medium.position.incremental?.blocking.count == 1)
    #expect(medium.position.incremental?.marks == SignalMarks(topicNext: 8))
    signals.isReleased = true
    for now in stride(from: Int64(210), to: 400, by: 10) {
      _ = try loop.turn(time(now))
      loop.store.finish(failing: false)
    }
    #expect(medium.position.incremental?.marks == SignalMarks())
  }

  private final class ScriptedSignals: SignalReading {
    var waiting: [ChannelSignal] = []
    var settled = 0
    var isReleased = false
    func poll() -> ChannelSignal? { waiting.isEmpty ? nil : waiting.removeFirst() }
    func settle(_ count: Int) { settled = count }
  }
}
