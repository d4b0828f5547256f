import Glibc
import PostgresSource

/// Writes units of work over one connection, in order and each exactly once, whatever happens to the connection.
struct TransactionWriter: ~Copyable {
  private let settings: ConnectionSettings
  private let applicationName: String
  private let reconnectSeconds: Double
  private let state: RunState
  private var pipeline: PipelinedStatements
  /// Sent, and not known to be committed; oldest first.
  private var inFlight: [UnitOfWork] = []
  private var spare: [UnitOfWork] = []
  /// Proof of the last unit that the server said it committed.
  private var lastCommitted: UnitOfWork.Proof?
  /// Errors since the last commit that were not the connection's end; they must not go on for ever.
  private var refusalsInARow = 0

  static let refusalsInARowMax = 20

  init(
    _ settings: ConnectionSettings, applicationName: String, reconnectSeconds: Double, state: RunState
  ) throws(GeneratorError) {
    self.settings = settings.merging(["application_name": applicationName])
    self.applicationName = applicationName
    self.reconnectSeconds = reconnectSeconds
    self.state = state
    do throws(PostgresError) {
      pipeline = try PipelinedStatements(self.settings, statements: BankStatement.all)
    } catch { throw error.asGeneratorError }
  }

  var unitsInFlight: Int { inFlight.count }

  /// An empty unit; given back by being submitted.
  mutating func emptyUnit() -> UnitOfWork { spare.popLast() ?? UnitOfWork() }

  mutating func submit(_ unit: UnitOfWork) throws(GeneratorError) {
    if unit.calls.isEmpty {
      spare.append(unit)
      return
    }
    inFlight.append(unit)
    do throws(PostgresError) {
      try pipeline.send(unit.calls)
    } catch { try recover(from: error) }
  }

  /// Ends a batch; its answers come without more being sent.
  mutating func synchronise() throws(GeneratorError) {
    do throws(PostgresError) {
      try pipeline.synchronise()
    } catch { try recover(from: error) }
  }

  /// Takes answers; waits up to `waitMicroseconds` where there are none, not at all below zero.
  mutating func collect(waitMicroseconds: Int64) throws(GeneratorError) {
    do throws(PostgresError) {
      let committed = try pipeline.collect(waitMicroseconds: waitMicroseconds)
      if committed > 0 { release(committed) }
    } catch { try recover(from: error) }
  }

  mutating func drain() throws(GeneratorError) {
    while !inFlight.isEmpty { try collect(waitMicroseconds: 100_000) }
  }

  private mutating func release(_ committed: Int) {
    refusalsInARow = 0
    for unit in inFlight.prefix(committed) {
      if let proof = unit.proof { lastCommitted = proof }
      unit.removeAll()
      spare.append(unit)
    }
    inFlight.removeFirst(committed)
  }

  // MARK: A lost connection

  /// Connects again, finds out by their rows which of the units in flight were committed, and sends the others again.
  /// Units are committed in the order in which they were sent, so the last one found settles all before it.
  private mutating func recover(from first: PostgresError) throws(GeneratorError) {
    guard first.isWorthRetrying else { throw refusal(first) }
    if first.kind != .connection {
      refusalsInARow += 1
      guard refusalsInARow <= TransactionWriter.refusalsInARowMax else { throw refusal(first) }
    }
    let deadline = MachineClock.monotonicNanoseconds() + Int64(reconnectSeconds * 1e9)
    var pauseMicroseconds: UInt32 = 50_000
    var last = first
    let lostBackend = pipeline.backendProcessID
    while MachineClock.monotonicNanoseconds() < deadline {
      if state.shouldStop, last.kind == .connection, pauseMicroseconds > 50_000 {
        throw GeneratorError(
          .interrupted,
          "stopped while the server could not be reached; the outcome of \(inFlight.count) transactions is not known: "
            + last.description)
      }
      do throws(PostgresError) {
        let check = try DatabaseCheck(settings.merging(["application_name": applicationName + " check"]))
        try check.endBackend(lostBackend, applicationName: applicationName)
        let proofs = inFlight.compactMap(\.proof) + (lastCommitted.map { [$0] } ?? [])
        let found = try check.found(proofs)
        if let lastCommitted, lastCommitted.table != .outbox, lastCommitted.table != .marketData,
          !found.contains(lastCommitted.id.description)
        {
          throw PostgresError(
            kind: .unexpectedAnswer,
            message: "the server lost transactions that it had said were committed: row \(lastCommitted.id) of "
              + "\(lastCommitted.table.name) is gone (a crash with synchronous_commit off does this); "
              + "start a new run")
        }
        if let newest = inFlight.lastIndex(where: { $0.proof.map { found.contains($0.id.description) } ?? false }) {
          release(newest + 1)
        }
        var fresh = try PipelinedStatements(settings, statements: BankStatement.all)
        for unit in inFlight { try fresh.send(unit.calls) }
        try fresh.synchronise()
        pipeline = fresh
        state.workerReconnected()
        return
      } catch {
        guard error.isWorthRetrying else { throw refusal(error) }
        last = error
        usleep(pauseMicroseconds)
        pauseMicroseconds = min(pauseMicroseconds * 2, 2_000_000)
      }
    }
    throw GeneratorError(
      .unreachable, "no connection to the server for \(Int(reconnectSeconds)) seconds: \(last.description)")
  }

  /// Puts the server's refusal into the words of the run.
  private func refusal(_ error: PostgresError) -> GeneratorError {
    var statement: BankStatement?
    if let refused = pipeline.refused, let call = refused.call {
      statement = BankStatement(rawValue: refused.transaction.statement(ofCall: call))
    }
    switch (error.sqlState, statement) {
    case ("23502", .moveBalance):
      return GeneratorError(
        .refused,
        "an account's balance is not what this run made it: somebody else writes to its accounts. The transaction was "
          + "rolled back as a whole")
    case ("23502", .changeStatus):
      return GeneratorError(
        .refused, "a transaction of this run was changed or deleted by somebody else before it was settled")
    case ("23502", .changeTier):
      return GeneratorError(.refused, "a customer of this run was changed or deleted by somebody else")
    case ("23505", _):
      return GeneratorError(
        .configuration,
        "the database already holds rows of a run with this --seed and --start: choose another one of them")
    default:
      return GeneratorError(.refused, error.description)
    }
  }
}
