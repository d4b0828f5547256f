/// How far a run has come.
public struct GeneratorProgress: Sendable {
  public enum Phase: Sendable { case startingUp, running, checking }

  public let phase: Phase
  public let written: WrittenRows
  /// Since the end of the start-up.
  public let elapsedSeconds: Double
  /// Business transactions a second since the report before.
  public let businessTransactionsPerSecond: Double
  /// Where the furthest stream stands.
  public let simulatedTime: SimulatedTime
  /// Times a lost connection was made again.
  public let reconnections: Int
}
