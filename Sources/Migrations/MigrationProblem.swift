/// One way in which the files and the history of a database do not agree. Its description names the file and what to do.
public enum MigrationProblem: Sendable, Equatable {
  /// The file changed after it was applied.
  case edited(file: String, appliedChecksum: String, fileChecksum: String)
  /// The same content has another name than when it was applied.
  case renamed(file: String, appliedAs: String)
  /// It was applied, and there is no such file now.
  case missing(file: String)
  /// A file not yet applied whose version is below one that is.
  case outOfOrder(file: String, newestApplied: String)
  /// A file without a transaction that stopped midway. `statementsDone` of its statements are known to be done; of the
  /// next one, on `line` of the file as it now is, that is not known.
  case halfDone(file: String, version: String, statementsDone: Int, line: Int?)
}

extension MigrationProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .edited(let file, let applied, let current):
      "\(file) was edited after it was applied (SHA-256 \(applied.prefix(12))… then, \(current.prefix(12))… now): "
        + "bring back the applied text, and put the change into a new file with a higher version"
    case .renamed(let file, let appliedAs):
      "\(file) was applied as \(appliedAs): give it that name again"
    case .missing(let file):
      "\(file) was applied, but the file is gone: bring it back, from version control or from where it was applied"
    case .outOfOrder(let file, let newest):
      "\(file) is new, but has a lower version than the newest one applied, \(newest): give it a higher version"
    case .halfDone(let file, let version, let done, let line):
      "\(file) stopped midway: \(done == 0 ? "none" : "the first \(done)") of its statements done"
        + (line.map { ", the one on line \($0) failed or was interrupted" } ?? "")
        + ". Either undo what it did (an interrupted CREATE INDEX CONCURRENTLY leaves an invalid index: drop it), run "
        + "DELETE FROM \(MigrationHistory.table) WHERE version = '\(version)'; and migrate again; or finish it by hand "
        + "and run UPDATE \(MigrationHistory.table) SET success = true WHERE version = '\(version)';"
    }
  }
}
