import Synchronization

/// Tells a connector's thread to stop: first in order, then at once.
public final class StopSignal: Sendable {
  public enum Level: Int, Sendable, Comparable {
    case run, drain, now
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private let raw = Atomic<Int>(0)
  public let wakeUp: WakeUp

  public init?() {
    guard let wakeUp = WakeUp() else { return nil }
    self.wakeUp = wakeUp
  }

  public var level: Level { Level(rawValue: raw.load(ordering: .acquiring)) ?? .now }

  /// Raises the level; it never falls.
  public func raise(to level: Level) {
    _ = raw.max(level.rawValue, ordering: .acquiringAndReleasing)
    wakeUp.signal()
  }
}
