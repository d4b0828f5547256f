import Primitives
import RelayRuntime

/// The state record's medium: what is on it survives a kill.
public final class ScriptedMedium {
  public private(set) var position: StreamPosition
  public private(set) var writes = 0

  public init(_ position: StreamPosition) { self.position = position }

  func write(_ position: StreamPosition) {
    self.position = position
    writes += 1
  }
}

/// Writes when the script says so, fails when it says so, and forgets what was under way when it dies.
public struct ScriptedStore: PositionStore, ~Copyable {
  private let medium: ScriptedMedium
  private var pending: StreamPosition?
  private var outcome = PositionStoreOutcome.pending
  private var previous: StreamPosition?
  /// Another relay has begun: what is written from now on is refused.
  public var isOvertaken = false

  private let wrongRule: WrongRule?
  /// Where the server's log ends, for a record that runs ahead.
  private let logEnd: () -> LSN

  public init(_ medium: ScriptedMedium, wrongRule: WrongRule? = nil, logEnd: @escaping () -> LSN = { .invalid }) {
    self.medium = medium
    self.wrongRule = wrongRule
    self.logEnd = logEnd
  }

  public mutating func begin(_ position: StreamPosition) {
    precondition(pending == nil || wrongRule == .storedBeforeWritten, "a write is under way")
    pending = position
    if wrongRule == .storedBeforeWritten { outcome = .stored }
  }

  /// The write that is under way ends.
  public mutating func finish(failing: Bool) {
    guard let position = pending else { return }
    pending = nil
    if isOvertaken {
      outcome = .overtaken("another relay has begun")
      return
    }
    switch (wrongRule, failing) {
    case (.failedIsStored, true): outcome = .stored
    case (_, true): outcome = .failed("the script's disk is full")
    case (.storedRunsAhead, _):
      medium.write(StreamPosition(acknowledged: logEnd(), lastCommit: position.lastCommit))
      outcome = .stored
    case (.storedGoesBack, _):
      medium.write(previous ?? position)
      previous = position
      outcome = .stored
    case (.storedBeforeWritten, _): medium.write(position)
    default:
      medium.write(position)
      outcome = .stored
    }
  }

  /// A kill in the middle of a write: the old record or the new one, never half of it.
  public mutating func die(afterWriting: Bool) {
    if afterWriting, let position = pending { medium.write(position) }
    pending = nil
  }

  public mutating func poll() -> PositionStoreOutcome {
    defer { outcome = .pending }
    return outcome
  }
}
