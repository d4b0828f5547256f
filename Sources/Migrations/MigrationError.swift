import PostgresSource

/// Why migrations were not applied, or cannot be judged.
public enum MigrationError: Error, Sendable {
  /// The folder of migrations cannot be used.
  case directory(String, String)
  /// One file cannot be used; nothing of it was run.
  case file(String, line: Int?, String)
  /// Files and history disagree; nothing was run.
  case drift([MigrationProblem])
  /// `verify` found files that are not applied, and nothing worse.
  case pending([String])
  /// The history in the database was written by something else.
  case history(String)
  /// A statement of a file failed; `line` is nil where it was the runner's own, such as the commit.
  case statement(file: String, line: Int?, PostgresError, Outcome)
  /// The server cannot be reached, or refused what the runner itself needs.
  case server(PostgresError, doing: String)

  /// What is left of a file that failed.
  public enum Outcome: Sendable {
    /// Nothing: its transaction was rolled back.
    case undone
    /// The statements before the failed one.
    case partlyDone
    /// All or nothing: the connection was lost at its commit.
    case unknown
  }

  /// Whether the cause is a connection that could not be made or was lost, so that a later try may succeed.
  public var isUnreachable: Bool {
    switch self {
    case .statement(_, _, let error, _), .server(let error, _): error.kind == .connection
    default: false
    }
  }
}

extension MigrationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .directory(let path, let reason):
      return "migrations directory \(path) \(reason)"
    case .file(let file, let line, let reason):
      return "\(file)\(line.map { ":\($0)" } ?? "") \(reason)"
    case .drift(let problems):
      return problems.map(\.description).joined(separator: "\n")
    case .pending(let files):
      return files.map { "\($0) is not applied: run sluice migrate up" }.joined(separator: "\n")
    case .history(let reason):
      return "\(MigrationHistory.table) \(reason)"
    case .statement(let file, let line, let error, let outcome):
      return "\(file)\(line.map { ":\($0)" } ?? ""): \(error.message)\(MigrationError.addition(error)); "
        + MigrationError.consequence(outcome)
    case .server(let error, let doing):
      return "\(doing): \(error.message)\(MigrationError.addition(error))"
    }
  }

  private static func consequence(_ outcome: Outcome) -> String {
    switch outcome {
    case .undone: "nothing of this file was kept; files before it stay applied"
    case .partlyDone: "statements before it in this file are done; sluice migrate up says how to go on"
    case .unknown: "the file is applied wholly or not at all; sluice migrate status tells which"
    }
  }

  /// SQLSTATE and hint. Not the server's detail: it quotes row values, which do not belong into a pipeline's log.
  private static func addition(_ error: PostgresError) -> String {
    (error.sqlState.isEmpty ? "" : " (SQLSTATE \(error.sqlState))") + (error.hint.map { ". Hint: \($0)" } ?? "")
  }
}
