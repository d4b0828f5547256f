import PostgresSource

/// The one table from a failure of PostgreSQL to what is done about it: connect again, wait for the slot, or stop for the
/// operator with a hint. Source: PostgreSQL manual, "PostgreSQL Error Codes".
enum ErrorPolicy {
  static func sourceError(_ failure: PostgresError) -> SourceError {
    let error = failure.withoutValues
    if error.sqlState.isEmpty {
      if let hint = refusalHint(error.message) { return SourceError(.stop, "\(error.message). \(hint)") }
      return SourceError(.reconnect, error.description)
    }
    switch error.sqlState {
    case "55006":
      return SourceError(.waitForSlot, error.description)
    case "55000" where error.message.contains("replication slot"):
      return SourceError(
        .stop,
        "\(error). The WAL that the slot needs is gone: drop the slot and the connector's state for a new snapshot")
    case "42704" where error.message.contains("publication"):
      return SourceError(
        .stop,
        "\(error). Create it, or set publication.autocreate.mode; \(missingPublication)"
      )
    default: break
    }
    switch error.sqlState.prefix(2) {
    // Connection exceptions, insufficient resources, operator intervention, system and internal errors, rollbacks.
    case "08", "53", "57", "58", "XX", "40": return SourceError(.reconnect, error.description)
    case "28":
      return SourceError(
        .stop, "\(error). Check database.user, database.password and pg_hba.conf")
    case "42" where error.sqlState == "42501":
      return SourceError(
        .stop,
        "\(error). The relay's role needs REPLICATION, CONNECT, SELECT on the captured tables, and (where its state is kept there) rights on sluice.offsets: see sluice migrate up"
      )
    default: return SourceError(.stop, error.description)
    }
  }

  private static let missingPublication = "a publication must exist before the changes it shall publish"

  static func isMissingPublication(_ error: SourceError) -> Bool { error.description.hasSuffix(missingPublication) }

  /// pgoutput was to read publications as one that have different columns of a table. Source: PostgreSQL source,
  /// `src/backend/replication/pgoutput/pgoutput.c`, `pgoutput_column_list_init`.
  static func isDifferentColumns(_ error: SourceError) -> Bool {
    error.remedy == .stop && error.description.contains("different column lists")
  }

  /// A failure of the stream itself. An internal error of a server that decodes open transactions would come again at the
  /// same place for ever: PostgreSQL up to 18 fails with "could not map filenumber" at the rows of a table that was emptied
  /// or rewritten in a transaction or savepoint that was rolled back. Of committed transactions it decodes no such rows.
  static func streamError(_ failure: PostgresError, takesOpenTransactions: Bool) -> SourceError {
    let error = sourceError(failure)
    guard takesOpenTransactions, failure.sqlState.hasPrefix("XX") else { return error }
    return SourceError(.reconnectWithoutStreaming, error.description)
  }

  /// A refused connection attempt carries no SQLSTATE in libpq, only the server's text.
  private static func refusalHint(_ message: String) -> String? {
    if message.contains("authentication failed") || message.contains("no password supplied") {
      return "Check database.user and database.password"
    }
    if message.contains("no pg_hba.conf entry") || message.contains("pg_hba.conf rejects") {
      return "Add a line for this host, user and database to pg_hba.conf"
    }
    if message.contains("role \"") && message.contains("does not exist") {
      return "Create the role, or set database.user"
    }
    if message.contains("database \"") && message.contains("does not exist") { return "Set database.dbname" }
    if message.contains("must be superuser or replication role") || message.contains("REPLICATION attribute") {
      return "Give the role the REPLICATION attribute"
    }
    if message.contains("invalid sslmode") || message.contains("root certificate file")
      || message.contains("certificate verify failed")
    {
      return "Check database.sslmode, database.sslrootcert and the server's certificate"
    }
    return nil
  }
}
