import Glibc

/// Starts the workers, watches them, and reports for them.
struct RunLead {
  private let workers: [GeneratorWorker]
  private let state: RunState
  private let options: GeneratorOptions
  private let start: SimulatedTime
  private var originAt: Int64 = 0
  private var toldAt: Int64 = 0
  private var toldTransactions = 0
  private var threads: [WorkerThread] = []

  init(workers: [GeneratorWorker], state: RunState, options: GeneratorOptions, start: SimulatedTime) {
    self.workers = workers
    self.state = state
    self.options = options
    self.start = start
  }

  /// Returns when all workers have ended: monotonic nanoseconds of the beginning and the end, and whether `shouldStop`
  /// ended it.
  mutating func run(
    progress: (GeneratorProgress) -> Void, mayBegin: () -> Bool, shouldStop: () -> Bool
  ) throws(GeneratorError) -> (originAt: Int64, endedAt: Int64, wasInterrupted: Bool) {
    toldAt = MachineClock.monotonicNanoseconds()
    originAt = toldAt
    for worker in workers {
      state.workerBegan()
      guard let thread = WorkerThread({ worker.run() }) else {
        state.workerEnded()
        state.fail(GeneratorError(.configuration, "the system allows no more threads"))
        break
      }
      threads.append(thread)
    }
    var wasInterrupted = false
    var hasBegun = false
    while state.runningWorkers > 0 {
      usleep(hasBegun ? 20_000 : 1_000)
      if !wasInterrupted, !state.shouldStop, shouldStop() {
        wasInterrupted = true
        state.requestStop()
      }
      let now = MachineClock.monotonicNanoseconds()
      if !hasBegun, state.readyWorkers == workers.count, mayBegin() {
        hasBegun = true
        originAt = now
        state.begin(atNanoseconds: now)
      }
      if Double(now - toldAt) / 1e9 >= options.progressIntervalSeconds {
        tell(hasBegun ? .running : .startingUp, progress)
      }
    }
    let endedAt = MachineClock.monotonicNanoseconds()
    for thread in threads { thread.join() }
    if !hasBegun { originAt = endedAt }
    if let failure = state.firstFailure { throw failure }
    return (originAt, endedAt, wasInterrupted)
  }

  mutating func tell(_ phase: GeneratorProgress.Phase, _ progress: (GeneratorProgress) -> Void) {
    let now = MachineClock.monotonicNanoseconds()
    let reports = workers.map { worker in worker.report.withLock { $0 } }
    let written = reports.reduce(WrittenRows()) { $0 + $1.written }
    let seconds = max(Double(now - toldAt) / 1e9, 1e-6)
    progress(
      GeneratorProgress(
        phase: phase, written: written, elapsedSeconds: Double(now - originAt) / 1e9,
        businessTransactionsPerSecond: Double(written.businessTransactions - toldTransactions) / seconds,
        simulatedTime: reports.map(\.simulatedTime).max() ?? start, reconnections: state.reconnections))
    toldAt = now
    toldTransactions = written.businessTransactions
  }
}
