import EventRouting
import Logging
import PostgresSource

/// Makes the publication what `publication.autocreate.mode` says. Source: Debezium 3.6, `PostgresReplicationConnection`.
struct PublicationSetup {
  let plan: ConnectorPlan
  let logger: Logger

  /// `captured` are the tables that the connector's filter takes.
  func run(captured: [TableID], on connection: borrowing PostgresConnection) throws(ConnectorFailure) {
    do throws(PostgresError) {
      if try publicationStands(captured, on: connection) { return }
    } catch {
      throw ConnectorFailure(postgres: error, doing: "publication \(plan.publication)")
    }
    throw ConnectorFailure(
      .configuration,
      "publication \(plan.publication) does not exist and publication.autocreate.mode is disabled. Create it: CREATE PUBLICATION \(PostgresConnection.quoted(identifier: plan.publication)) FOR TABLE …"
    )
  }

  /// Returns `false` where it is missing and must not be made.
  private func publicationStands(
    _ captured: [TableID], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let existing = try Publication.find(plan.publication, on: connection)
    switch plan.publicationMode {
    case .disabled:
      return existing != nil
    case .allTables:
      if existing == nil {
        try Publication.createForAllTables(plan.publication, on: connection)
        logger.info("created publication \(plan.publication) for all tables")
      }
    case .noTables:
      if existing == nil {
        try Publication.create(plan.publication, tables: [], on: connection)
        logger.info("created publication \(plan.publication) without tables")
      }
    case .filtered:
      try setTables(captured, existing, on: connection)
    }
    return true
  }

  private func setTables(
    _ captured: [TableID], _ existing: Publication?, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    let tables = captured.map { (schema: $0.schema, name: $0.name) }
    guard !tables.isEmpty else { return }
    guard let existing else {
      try Publication.create(plan.publication, tables: tables, on: connection)
      logger.info("created publication \(plan.publication) for \(tables.count) tables")
      return
    }
    if existing.isForAllTables { return }
    let published = try Publication.tables(of: plan.publication, on: connection)
    let same = Set(published.map { "\($0.schema).\($0.name)" }) == Set(captured.map(\.description))
    if !same {
      try Publication.setTables(plan.publication, tables: tables, on: connection)
      logger.info("publication \(plan.publication) now has \(tables.count) tables")
    }
  }
}
