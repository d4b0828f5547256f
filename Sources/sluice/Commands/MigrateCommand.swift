import ArgumentParser
import Migrations

/// `sluice migrate up|status|verify`.
struct MigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Apply versioned SQL files to a database, each once and in order.",
    discussion: """
      Files are named V<version>__<name>.sql. Each is one transaction, unless its first line is
        \(Migration.noTransactionMarker)
      for statements such as CREATE INDEX CONCURRENTLY. Two migrations of one database at once are safe: the second \
      waits. A file that was edited, renamed or removed after it was applied, or comes out of order, is refused.

      Example:
        sluice migrate up --database-url postgresql://bank_owner@localhost/bank
        PGHOST=/run/postgresql PGDATABASE=bank sluice migrate status
        sluice migrate verify --directory migrations && echo as it should be

      Exit codes: 0 done; 64 usage; 69 no connection; 78 a file, the history or a statement is at fault.
      """,
    subcommands: [Up.self, Status.self, Verify.self])

  struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply every file that is not applied yet.",
      discussion: "Example: sluice migrate up --database-url postgresql://bank_owner@localhost/bank")

    @OptionGroup var options: MigrateOptions

    func run() throws {
      try options.withRunner(progress: { LineOutput.data.write("\($0)") }) { runner throws(MigrationError) in
        try runner.up()
      }
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show files and history side by side. Writes nothing.",
      discussion: "Example: sluice migrate status --database-url postgresql://bank_owner@localhost/bank")

    @OptionGroup var options: MigrateOptions

    func run() throws {
      try options.withRunner { runner throws(MigrationError) in
        let status = try runner.status()
        LineOutput.data.write("\(status)")
        if let other = status.runner { LineOutput.diagnostics.write("A migration is running: \(other).") }
        for problem in status.problems { LineOutput.diagnostics.write("\(problem)") }
      }
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fail unless the database is exactly where the files would bring it. Writes nothing.",
      discussion: "Example: sluice migrate verify --database-url postgresql://bank_owner@localhost/bank")

    @OptionGroup var options: MigrateOptions

    func run() throws {
      try options.withRunner { runner throws(MigrationError) in
        try runner.verify()
        LineOutput.data.write("every file is applied and unchanged")
      }
    }
  }
}

/// Options that the three have in common.
struct MigrateOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Folder of the SQL files.", valueName: "path"))
  var directory = "migrations"

  @OptionGroup var database: DatabaseOptions

  /// Runs `body`; prints what it throws and gives it its exit code.
  func withRunner(
    progress: @escaping (MigrationEvent) -> Void = { _ in },
    _ body: (MigrationRunner) throws(MigrationError) -> Void
  ) throws {
    do throws(MigrationError) {
      let directory = try MigrationDirectory(path: directory)
      try body(MigrationRunner(directory: directory, settings: database.settings, progress: progress))
    } catch {
      LineOutput.diagnostics.write("sluice migrate: \(error)")
      throw error.isUnreachable ? ExitCode.unreachable : ExitCode.configuration
    }
  }
}
