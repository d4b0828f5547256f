import EventRouting
import Logging
import PostgresSource

/// Makes the publication what `publication.autocreate.mode` says. Source: Debezium 3.6, `PostgresReplicationConnection`.
struct PublicationSetup {
  let plan: ConnectorPlan
  let logger: Logger

  /// `captured` are the tables that the connector's filter takes; `hasIncludeList`: by name, not all there are.
  func run(
    captured: [TableID], hasIncludeList: Bool, on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) {
    if captured.isEmpty {
      logger.warning(
        "no table of database \(plan.databaseName) matches the include and exclude lists: nothing will be captured until one is created. Check table.include.list and schema.include.list; names are schema.table"
      )
    }
    do throws(PostgresError) {
      if try publicationStands(captured, on: connection) {
        if hasIncludeList { try warn(ofUnpublished: captured, on: connection) }
        return
      }
    } catch {
      if error.sqlState == "25006" {
        throw ConnectorFailure(
          .configuration,
          "publication \(plan.publication): the server is a standby, where none can be made or altered. Do so on its primary: \(statement(captured)); or set publication.autocreate.mode=disabled"
        )
      }
      guard error.sqlState == "42501" else {
        throw ConnectorFailure(postgres: error, doing: "publication \(plan.publication)")
      }
      throw ConnectorFailure(
        .configuration,
        "publication \(plan.publication): \(error). The role must own the publication and its tables and have CREATE on the database (FOR ALL TABLES: be superuser). Or let their owner make it, and set publication.autocreate.mode=disabled"
      )
    }
    throw ConnectorFailure(
      .configuration,
      plan.publicationMode == .disabled
        ? "publication \(plan.publication) does not exist and publication.autocreate.mode is disabled. Create it: \(statement(captured))"
        : plan.publicationMode == .filtered && captured.isEmpty
          ? "publication \(plan.publication): publication.autocreate.mode is filtered, and no table matches the include and exclude lists, so that there is nothing to publish. Check table.include.list and schema.include.list"
          : "publication \(plan.publication) publishes all tables and cannot be cut to the filter, as publication.autocreate.mode=filtered asks. Drop it, set another publication.name, or set publication.autocreate.mode=all_tables"
    )
  }

  /// The statement that adds captured tables to the publication which it leaves out; `nil` when there are none.
  static func mending(
    _ publication: String, captured: [TableID], unpublished: [(schema: String, name: String)]
  ) -> (tables: String, statement: String)? {
    let captured = Set(captured)
    let missing = unpublished.map { TableID(schema: $0.schema, name: $0.name) }.filter { captured.contains($0) }
    guard !missing.isEmpty else { return nil }
    let quoted = missing.map {
      "\(PostgresConnection.quoted(identifier: $0.schema)).\(PostgresConnection.quoted(identifier: $0.name))"
    }
    return (
      missing.map(\.description).joined(separator: ", "),
      "ALTER PUBLICATION \(PostgresConnection.quoted(identifier: publication)) ADD TABLE \(quoted.joined(separator: ", "));"
    )
  }

  /// Debezium says nothing here, and the table stays silent for ever.
  private func warn(
    ofUnpublished captured: [TableID], on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    let unpublished = try Publication.unpublishedTables(of: plan.publication, on: connection)
    guard let mending = PublicationSetup.mending(plan.publication, captured: captured, unpublished: unpublished) else {
      return
    }
    logger.warning(
      "publication \(plan.publication) lacks tables that this connector captures: \(mending.tables). Their changes are NOT relayed, and those made before the publication has them never will be. Run: \(mending.statement)"
    )
  }

  /// `skipped.operations` may have been shorter when the publication was made: Debezium says nothing, and the operation stays
  /// silent for ever. Altered only where the connector has been given both the publication and the list.
  private func checkOperations(
    of existing: Publication, on connection: borrowing PostgresConnection
  ) throws(PostgresError) {
    let missing = plan.relayedOperations.filter { !existing.operations.contains($0) }
    if missing.isEmpty { return }
    if plan.publicationMode == .filtered, let publish = plan.publicationOptions.publish {
      try Publication.setPublish(plan.publication, publish, on: connection)
      logger.notice(
        "publication \(plan.publication) now publishes \(publish.joined(separator: ", ")), as skipped.operations asks; changes of the kind \(missing.joined(separator: ", ")) were not published before"
      )
      return
    }
    let all = Publication.allOperations.filter { existing.operations.contains($0) || missing.contains($0) }
    logger.warning(
      "publication \(plan.publication) does not publish \(missing.joined(separator: ", ")), which this connector would relay. Such changes are NOT relayed, and those made before the publication has them never will be. Run: \(Publication.publishStatement(plan.publication, all)); or add them to skipped.operations"
    )
  }

  /// Returns `false` where it is missing and must not be made.
  private func publicationStands(
    _ captured: [TableID], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let existing = try Publication.find(plan.publication, on: connection)
    if let existing, plan.publicationOptions.viaPartitionRoot, !existing.viaPartitionRoot {
      logger.warning(
        "publication \(plan.publication) was made before, without publish_via_partition_root: changes come under the names of partitions, whatever publish.via.partition.root says. Run: ALTER PUBLICATION \(PostgresConnection.quoted(identifier: plan.publication)) SET (publish_via_partition_root = true);"
      )
    }
    if let existing { try checkOperations(of: existing, on: connection) }
    switch plan.publicationMode {
    case .disabled:
      return existing != nil
    case .allTables:
      if existing == nil {
        try Publication.createForAllTables(plan.publication, plan.publicationOptions, on: connection)
        logger.info("created publication \(plan.publication) for all tables")
      }
    case .noTables:
      if existing == nil {
        try Publication.create(plan.publication, tables: [], plan.publicationOptions, on: connection)
        logger.info("created publication \(plan.publication) without tables")
      }
    case .filtered:
      return try setTables(captured, existing, on: connection)
    }
    return true
  }

  /// Returns `false` where the publication cannot be what the filter asks.
  private func setTables(
    _ captured: [TableID], _ existing: Publication?, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let tables = captured.map { (schema: $0.schema, name: $0.name) }
    guard let existing else {
      if tables.isEmpty { return false }
      try Publication.create(plan.publication, tables: tables, plan.publicationOptions, on: connection)
      logger.info("created publication \(plan.publication) for \(tables.count) tables")
      return true
    }
    if existing.isForAllTables { return false }
    // An empty list would take every table out; Debezium leaves the publication as it is.
    if tables.isEmpty { return true }
    let published = try Publication.tables(of: plan.publication, on: connection)
    if Set(published.map { TableID(schema: $0.schema, name: $0.name) }) == Set(captured) { return true }
    try Publication.setTables(plan.publication, tables: tables, on: connection)
    // Debezium 3.6 writes both into one statement, which PostgreSQL refuses.
    if let publish = plan.publicationOptions.publish {
      try Publication.setPublish(plan.publication, publish, on: connection)
    }
    logger.info("publication \(plan.publication) now has \(tables.count) tables")
    return true
  }

  /// What would make the publication.
  private func statement(_ captured: [TableID]) -> String {
    let tables = captured.map {
      "\(PostgresConnection.quoted(identifier: $0.schema)).\(PostgresConnection.quoted(identifier: $0.name))"
    }
    return "CREATE PUBLICATION \(PostgresConnection.quoted(identifier: plan.publication)) FOR TABLE "
      + (tables.isEmpty || tables.count > 20 ? "…" : tables.joined(separator: ", ")) + plan.publicationOptions.clause
  }
}
