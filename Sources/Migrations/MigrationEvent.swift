/// What the runner does, as it does it. Its description is one line for people.
public enum MigrationEvent: Sendable, Equatable {
  /// Another runner holds the lock; `holder` says who, as far as the server lets this role see it.
  case waiting(holder: String)
  /// One file is done.
  case applied(file: String, milliseconds: Int)
  /// All is done: so many files by this run, and the version that the database is at.
  case finished(applied: Int, version: String)
}

extension MigrationEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .waiting(let holder): "waiting for another migration of this database: \(holder)"
    case .applied(let file, let milliseconds): "\(file) applied in \(milliseconds) ms"
    case .finished(0, let version): "nothing to do: version \(version) is the newest"
    case .finished(let count, let version): "\(count) file\(count == 1 ? "" : "s") applied; now at version \(version)"
    }
  }
}
