/// What a run did, and whether the database agrees.
public struct GeneratorSummary: Sendable {
  public let seed: UInt64
  public let start: SimulatedTime
  public let simulatedEnd: SimulatedTime
  public let written: WrittenRows
  /// From the end of the start-up to the last commit.
  public let elapsedSeconds: Double
  public let startUpSeconds: Double
  public let reconnections: Int
  /// `shouldStop` ended the run before its duration or count was reached.
  public let wasInterrupted: Bool
  public let reconciliation: Reconciliation

  public var businessTransactionsPerSecond: Double {
    elapsedSeconds > 0 ? Double(written.businessTransactions) / elapsedSeconds : 0
  }
}
