/// One row of the history: a file that was applied, or begun.
public struct AppliedMigration: Sendable, Equatable {
  public let installedRank: Int
  public let version: MigrationVersion
  public let name: String
  public let file: String
  /// SHA-256 of the file as it was applied, lower-case hexadecimal.
  public let checksum: String
  /// Server's time, ISO 8601 in UTC to the second.
  public let appliedAt: String
  public let appliedBy: String
  /// `nil` while it is not finished.
  public let durationMilliseconds: Int?
  /// False for a file without a transaction that is under way or stopped midway.
  public let isSuccessful: Bool
  public let statementsDone: Int
}
