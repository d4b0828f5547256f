/// Files and history of one database side by side, in the order of versions.
public struct MigrationStatus: Sendable {
  public struct Entry: Sendable {
    public enum State: String, Sendable {
      case applied, pending, edited, renamed, missing
      case outOfOrder = "out of order"
      case halfDone = "half done"
    }

    public let version: MigrationVersion
    public let name: String
    public let file: String
    public let state: State
    /// `nil` where it was not applied.
    public let applied: AppliedMigration?
    /// What is wrong, where something is.
    public let problem: MigrationProblem?
  }

  public let entries: [Entry]
  /// Who is migrating this database at this moment, if anyone: what is half done may then be under way.
  public let runner: String?

  public var problems: [MigrationProblem] { entries.compactMap(\.problem) }
  public var pending: [Entry] { entries.filter { $0.state == .pending } }

  /// Compares. A file that is new is in order when its version is above every one applied.
  init(files: [Migration], history: [AppliedMigration], runner: String? = nil) {
    self.runner = runner
    var fileByVersion: [MigrationVersion: Migration] = [:]
    for file in files { fileByVersion[file.version] = file }
    var entries: [Entry] = []
    for applied in history {
      let file = fileByVersion.removeValue(forKey: applied.version)
      let (state, problem) = MigrationStatus.judge(applied, file: file)
      entries.append(
        Entry(
          version: applied.version, name: applied.name, file: applied.file, state: state, applied: applied,
          problem: problem))
    }
    let newest = history.max { $0.version < $1.version }
    for file in fileByVersion.values {
      var problem: MigrationProblem?
      if let newest, file.version < newest.version {
        problem = .outOfOrder(file: file.file, newestApplied: newest.file)
      }
      entries.append(
        Entry(
          version: file.version, name: file.name, file: file.file, state: problem == nil ? .pending : .outOfOrder,
          applied: nil, problem: problem))
    }
    self.entries = entries.sorted { $0.version < $1.version }
  }

  private static func judge(_ applied: AppliedMigration, file: Migration?) -> (Entry.State, MigrationProblem?) {
    guard applied.isSuccessful else {
      let next = file.flatMap { $0.statements.dropFirst(applied.statementsDone).first?.line }
      return (
        .halfDone,
        .halfDone(
          file: applied.file, version: applied.version.description, statementsDone: applied.statementsDone, line: next)
      )
    }
    guard let file else { return (.missing, .missing(file: applied.file)) }
    if file.checksum != applied.checksum {
      return (
        .edited, .edited(file: file.file, appliedChecksum: applied.checksum, fileChecksum: file.checksum)
      )
    }
    if file.file != applied.file { return (.renamed, .renamed(file: file.file, appliedAs: applied.file)) }
    return (.applied, nil)
  }
}

extension MigrationStatus: CustomStringConvertible {
  /// A table for people: one line a migration, columns as wide as they must be.
  public var description: String {
    var rows = [["VERSION", "NAME", "STATE", "APPLIED AT", "BY", "DURATION"]]
    for entry in entries {
      let duration = entry.applied?.durationMilliseconds.map { "\($0) ms" }
      rows.append([
        entry.version.description, entry.name, entry.state.rawValue, entry.applied?.appliedAt ?? "-",
        entry.applied?.appliedBy ?? "-", duration ?? "-",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        // Numbers stand to the right.
        line += column == row.count - 1 ? padding + cell : cell + padding + "  "
      }
      return line
    }.joined(separator: "\n")
  }
}
