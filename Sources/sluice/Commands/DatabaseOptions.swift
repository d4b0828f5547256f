import ArgumentParser
import PostgresSource

/// How a command reaches the database: a URI, or libpq's own environment and service files.
struct DatabaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The database as a URI, such as postgresql://bank@db.example/bank?sslmode=verify-full.",
      discussion: "Without it, the usual PG* variables (PGHOST, PGDATABASE, PGSERVICE, PGPASSFILE, ...) apply.",
      valueName: "uri"))
  var databaseURL: String?

  var settings: ConnectionSettings { databaseURL.map(ConnectionSettings.init(uri:)) ?? ConnectionSettings() }

  func validate() throws {
    if let problem = settings.uriProblem { throw ValidationError("--database-url cannot be read: \(problem)") }
  }
}
