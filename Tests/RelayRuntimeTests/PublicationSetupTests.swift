import ConnectorConfig
import EmbeddedServers
import EventRouting
import PostgresSource
import Testing

@testable import RelayRuntime

/// An existing publication beside what `skipped.operations` leaves, on a real server.
@Suite struct PublicationSetupTests {
  private struct Outcome: Equatable {
    var operations: [String]
    var warnings: [String]
  }

  private static func plan(_ mode: ConnectorPlan.PublicationMode, skipped: Set<SkippedOperation>?) -> ConnectorPlan {
    var options = ConnectorOptions(
      name: "c", database: DatabaseOptions(host: "h", user: "u", dbname: "d"), topicPrefix: "p")
    if let skipped {
      options.skippedOperations = skipped
      options.publishesUnskippedOnly = !skipped.isEmpty
    }
    var plan = ConnectorPlan(
      name: "c", database: ConnectionSettings(), databaseName: "postgres", slot: "s", publication: "p",
      publicationMode: mode, snapshot: SnapshotPlan(policy: .initial), producerProperties: [], clientProperties: [],
      storage: .table, makePipelineOptions: { _ in throw CancellationError() })
    PlanBuilder.readSlot(options, into: &plan)
    return plan
  }

  /// On a publication that publishes `insert` alone.
  private static func run(
    _ plan: ConnectorPlan, on connection: borrowing PostgresConnection
  ) throws -> Outcome {
    try connection.execute("DROP PUBLICATION IF EXISTS p")
    try connection.execute("CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert')")
    let log = RecordedLog()
    try PublicationSetup(plan: plan, logger: log.logger).run(
      captured: [TableID(schema: "public", name: "t")], hasIncludeList: true, on: connection)
    return Outcome(
      operations: try Publication.find("p", on: connection)?.operations ?? [],
      warnings: log.lines.filter { $0.hasPrefix("warning") })
  }

  @Test func anOperationThatIsRelayedAndNotPublishedIsToldOfOrPublished() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    let connection = try PostgresConnection(postgres.socketSettings())
    try connection.execute("CREATE TABLE t (id int PRIMARY KEY)")

    // Truncates are skipped unless the property says otherwise.
    for mode in [ConnectorPlan.PublicationMode.disabled, .allTables, .filtered] {
      let told = try Self.run(Self.plan(mode, skipped: nil), on: connection)
      #expect(told.operations == ["insert"])
      #expect(told.warnings.count == 1)
      #expect(told.warnings.first?.contains("does not publish update, delete, which") == true)
      #expect(
        told.warnings.first?.contains(#"ALTER PUBLICATION "p" SET (publish = 'insert, update, delete');"#) == true)
    }
    let altered = try Self.run(Self.plan(.filtered, skipped: [.delete, .truncate]), on: connection)
    #expect(altered == Outcome(operations: ["insert", "update"], warnings: []))
    let others = try Self.run(Self.plan(.disabled, skipped: [.delete, .truncate]), on: connection)
    #expect(others.operations == ["insert"])
    #expect(others.warnings.count == 1)
    let enough = try Self.run(Self.plan(.filtered, skipped: [.update, .delete, .truncate]), on: connection)
    #expect(enough == Outcome(operations: ["insert"], warnings: []))
  }
}
