import Glibc
import Synchronization

/// Carries some of the logical streams over one connection, on a thread of its own.
///
/// `@unchecked Sendable`: everything but `report` is touched by the worker's thread alone until it has ended.
final class GeneratorWorker: @unchecked Sendable {
  struct Report: Sendable {
    var written: WrittenRows
    var simulatedTime: SimulatedTime
  }

  private let options: GeneratorOptions
  private let rules: StreamRules
  private let streams: [LogicalStream]
  /// Writes the merchants, which belong to no stream.
  private let isFirst: Bool
  private let state: RunState
  private var writer: TransactionWriter
  private var encoder: UnitEncoder
  /// Each stream's next event; `nil` for a stream that is done.
  private var nextTimes: [SimulatedTime?] = []
  private var reportedAtNanoseconds: Int64 = 0
  /// As of a moment ago.
  let report: Mutex<Report>
  /// Exact once the thread has ended.
  var written: WrittenRows { encoder.written }
  private(set) var simulatedTime: SimulatedTime

  /// Customers that are written in one database transaction at start-up.
  static let customersPerUnit = 20

  init(
    options: GeneratorOptions, rules: StreamRules, streams: [LogicalStream], isFirst: Bool, state: RunState,
    writer: consuming TransactionWriter
  ) {
    self.options = options
    self.rules = rules
    self.streams = streams
    self.isFirst = isFirst
    self.state = state
    self.writer = writer
    encoder = UnitEncoder(rules: rules)
    simulatedTime = rules.start
    report = Mutex(Report(written: WrittenRows(), simulatedTime: rules.start))
  }

  /// The thread's body.
  func run() {
    do throws(GeneratorError) {
      try startUp()
      state.workerIsReady()
      while state.originNanoseconds == 0, !state.shouldStop { usleep(1000) }
      if !state.shouldStop { try generate() }
      try writer.drain()
      tellProgress(now: .max)
    } catch {
      state.fail(error)
    }
    state.workerEnded()
  }

  // MARK: Start-up

  private func startUp() throws(GeneratorError) {
    if isFirst {
      let unit = writer.emptyUnit()
      encoder.encodeMerchants(into: unit)
      try writer.submit(unit)
      try writer.synchronise()
    }
    for stream in streams {
      while !state.shouldStop {
        let unit = writer.emptyUnit()
        let more = encoder.encodeCustomers(of: stream, upTo: GeneratorWorker.customersPerUnit, into: unit)
        try writer.submit(unit)
        if !more { break }
        try writer.synchronise()
        while writer.unitsInFlight >= 8 { try writer.collect(waitMicroseconds: 100_000) }
        tellProgress(now: MachineClock.monotonicNanoseconds())
      }
    }
    try writer.drain()
  }

  // MARK: Running

  private func generate() throws(GeneratorError) {
    nextTimes = streams.map { $0.nextTime() }
    let origin = state.originNanoseconds
    let duration = options.durationSeconds.map { Int64(min($0, 1e9) * 1e9) } ?? .max
    let window = options.transactionsInFlight
    // Two batches fill the window: the server works on one while the next is made.
    let batch = max(window / 2, 1)
    while !state.shouldStop {
      let now = MachineClock.monotonicNanoseconds() - origin
      if now >= duration { return }
      var sent = 0
      var nextDue: Int64 = .max
      while sent < batch, writer.unitsInFlight < window {
        guard let place = earliest() else { break }
        let due = dueNanoseconds(place)
        if due > now {
          nextDue = due
          break
        }
        if let event = streams[place].next() {
          let unit = writer.emptyUnit()
          encoder.encode(event, of: streams[place], into: unit)
          try writer.submit(unit)
          sent += 1
          if let time = nextTimes[place] { simulatedTime = max(simulatedTime, time) }
        }
        nextTimes[place] = streams[place].nextTime()
      }
      if sent > 0 { try writer.synchronise() }
      tellProgress(now: now + origin)
      if sent == 0, nextDue == .max, writer.unitsInFlight == 0 { return }
      let isFull = writer.unitsInFlight + batch > window
      let wait: Int64
      if sent == batch, !isFull {
        wait = -1
      } else {
        // The stop flag is looked at twenty times a second.
        let untilDue = nextDue == .max ? Int64.max : (nextDue - (MachineClock.monotonicNanoseconds() - origin)) / 1000
        wait = min(max(untilDue, 0), 50_000)
      }
      try writer.collect(waitMicroseconds: wait)
    }
  }

  /// Place of the stream whose next event comes first in simulated time.
  private func earliest() -> Int? {
    var best: (place: Int, time: SimulatedTime)?
    for (place, time) in nextTimes.enumerated() {
      guard let time else { continue }
      let running = time.adding(microseconds: -streams[place].skippedMicroseconds)
      if best == nil || running < best!.time { best = (place, running) }
    }
    return best?.place
  }

  /// When the next event of a stream is due, after the beginning of the run; at once where the rate is not limited.
  private func dueNanoseconds(_ place: Int) -> Int64 {
    guard options.ratePerSecond > 0, let time = nextTimes[place] else { return 0 }
    let running = time.unixMicroseconds - rules.start.unixMicroseconds - streams[place].skippedMicroseconds
    return running.multipliedReportingOverflow(by: 1000).partialValue
  }

  private func tellProgress(now: Int64) {
    guard now - reportedAtNanoseconds > 50_000_000 || now == .max else { return }
    reportedAtNanoseconds = now
    report.withLock { $0 = Report(written: encoder.written, simulatedTime: simulatedTime) }
  }
}
