import PostgresSource

/// What a server must be for a connector to start: each miss says what to do.
enum ServerCheck {
  static let oldestVersion = 130_000

  static func run(on connection: borrowing PostgresConnection, streams: Bool) throws(ConnectorFailure) {
    if connection.serverVersion < oldestVersion {
      throw ConnectorFailure(
        .configuration, "the server is PostgreSQL \(connection.serverVersion / 10_000); 13 or later is needed")
    }
    let row: [String?]
    do throws(PostgresError) {
      row =
        try connection.query(
          """
          SELECT current_setting('wal_level'), pg_catalog.pg_encoding_to_char(encoding)
          FROM pg_catalog.pg_database WHERE datname = current_database()
          """
        ).rows.first ?? []
    } catch {
      throw ConnectorFailure(postgres: error, doing: "checking the server")
    }
    guard row.count == 2 else { return }
    if streams, row[0] != "logical" {
      throw ConnectorFailure(
        .configuration,
        "wal_level is \(row[0] ?? "unknown"); it must be logical: ALTER SYSTEM SET wal_level = 'logical', then restart PostgreSQL"
      )
    }
    if row[1] != "UTF8" {
      throw ConnectorFailure(
        .configuration, "the database's encoding is \(row[1] ?? "unknown"); only UTF8 databases are supported")
    }
  }
}
