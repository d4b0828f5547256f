import Primitives
import RelayRuntime

/// The state record's medium: what is on it survives a kill.
public final class ScriptedMedium {
  public private(set) var position: StreamPosition

  public init(_ position: StreamPosition) { self.position = position }

  func write(_ position: StreamPosition) { self.position = position }
}

/// Writes when the script says so, fails when it says so, and forgets what was under way when it dies.
public struct ScriptedStore: PositionStore, ~Copyable {
  private let medium: ScriptedMedium
  private var pending: StreamPosition?
  private var outcome = PositionStoreOutcome.pending

  public init(_ medium: ScriptedMedium) { self.medium = medium }

  public mutating func begin(_ position: StreamPosition) {
    precondition(pending == nil, "a write is under way")
    pending = position
  }

  /// The write that is under way ends.
  public mutating func finish(failing: Bool) {
    guard let position = pending else { return }
    pending = nil
    if failing {
      outcome = .failed("the script's disk is full")
    } else {
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
