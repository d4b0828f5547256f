import EmbeddedServers
import EventRouting
import PgOutput
import PostgresSource
import Primitives
import Testing

@testable import EventEncoding
@testable import RelayRuntime

/// Looking a row up is bounded more closely than all else that is asked on the same session.
@Suite struct RowTimeoutTests {
  @Test func onlyLookUpsAreBoundedByTheirTime() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    var settings = postgres.socketSettings()
    let admin = try PostgresConnection(settings)
    try admin.execute("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')")
    settings.initialStatements = ["SET statement_timeout = '7s'"]
    var source = PostgresReplicationSource(
      try ReplicationConnection(settings), catalog: try PostgresConnection(reading: settings))
    source.rowTimeoutMilliseconds = 200
    let transaction = try #require(try admin.query("SELECT xmin FROM t").firstValue.flatMap { UInt32($0) })
    let row = RowLookup(
      table: TableID(schema: "public", name: "t"), columns: ["v"],
      key: [.init(name: "id", typeSchema: "pg_catalog", typeName: "int4", value: Array("1".utf8))],
      transaction: TransactionID(rawValue: transaction))
    for _ in 1...2 {
      let found = try source.lookUp(row)
      #expect(found == .row([Array("a".utf8)]))
      try admin.execute("BEGIN; LOCK TABLE t")
      let locked = try source.lookUp(row)
      guard case .failed(let reason) = locked else {
        Issue.record("\(locked)")
        return
      }
      #expect(reason.contains("57014"))
      try admin.execute("COMMIT")
      try source.execute("SELECT pg_sleep(0.5)")
      try source.execute("DO $$ BEGIN ASSERT current_setting('statement_timeout') = '7s'; END $$")
      _ = try source.hasRolledBack(anyOf: [row.transaction])
    }
  }
}
