import ConnectorConfig
import EventRouting
import Logging
import PostgresSource
import Testing

@testable import RelayRuntime

@Suite struct PublicationOptionsTests {
  private func plan(_ change: (inout ConnectorOptions) -> Void) -> ConnectorPlan {
    var options = ConnectorOptions(
      name: "c", database: DatabaseOptions(host: "h", user: "u", dbname: "d"), topicPrefix: "p")
    change(&options)
    var plan = ConnectorPlan(
      name: "c", database: ConnectionSettings(), databaseName: "d", slot: "s", publication: "p",
      publicationMode: .filtered, snapshot: SnapshotPlan(policy: .initial), producerProperties: [],
      clientProperties: [], storage: .table, makePipelineOptions: { _ in throw CancellationError() })
    PlanBuilder.readSlot(options, into: &plan)
    return plan
  }

  @Test func withoutOptionsThereIsNoClause() {
    #expect(plan { _ in }.publicationOptions.clause == "")
    #expect(plan { $0.skippedOperations = [.update] }.publicationOptions.clause == "")
  }

  @Test func whatIsSkippedIsNotPublished() {
    #expect(
      plan {
        $0.publishViaPartitionRoot = true
        $0.publishesUnskippedOnly = true
        $0.skippedOperations = [.update, .truncate, .read]
      }.publicationOptions.clause == " WITH (publish_via_partition_root = true, publish = 'insert, delete')")
    #expect(
      plan {
        $0.publishesUnskippedOnly = true
        $0.skippedOperations = [.create, .update, .delete, .truncate]
      }.publicationOptions.clause == " WITH (publish = '')")
  }

  @Test func timeOfSilenceBoundsTheServersAnswersToo() {
    #expect(plan { _ in }.silenceMaxMilliseconds == nil)
    let bounded = plan { $0.database.silenceMaxMilliseconds = 8_000 }
    #expect(bounded.silenceMaxMilliseconds == 8_000 && bounded.answerMilliseconds == 8_000)
    #expect(plan { $0.database.silenceMaxMilliseconds = 60_000 }.answerMilliseconds == 10_000)
  }

  @Test func trustInTheSlotComesFromTheStrategy() {
    #expect(plan { $0.offsetMismatchStrategy = .trustOffset }.slotAhead == .isGap)
    #expect(plan { $0.offsetMismatchStrategy = .trustSlot }.slotAhead == .isTrusted)
    #expect(plan { $0.offsetMismatchStrategy = .trustGreaterLSN }.slotAhead == .isTrusted)
  }

  @Test func onePatternGivesATableItsReplicaIdentityAndTwoGiveNone() throws {
    let setup = try ReplicaIdentitySetup(
      [
        .init(table: #"public\.a"#, identity: .full), .init(table: "PUBLIC.B", identity: .index("i")),
        .init(table: #".*\.b"#, identity: .nothing),
      ], logger: Logger(label: "test"))
    func identity(_ name: String) -> (identity: ReplicaIdentitySetup.Rule.Identity?, isAmbiguous: Bool) {
      setup.identity(of: TableID(schema: "public", name: name))
    }
    #expect(identity("a").identity == .full && !identity("a").isAmbiguous)
    #expect(identity("b").identity == nil && identity("b").isAmbiguous)
    #expect(identity("c").identity == nil && !identity("c").isAmbiguous)
  }

  @Test func aSnapshotsIncludeListTakesNamesWithAndWithoutQuotes() throws {
    let inclusion = try SnapshotInclusion([#"PUBLIC\.a.*"#, #""s"."T 1""#])
    #expect(inclusion.includes(TableID(schema: "public", name: "ab")))
    #expect(inclusion.includes(TableID(schema: "s", name: "T 1")))
    #expect(!inclusion.includes(TableID(schema: "public", name: "b")))
    #expect(try SnapshotInclusion([]).includes(TableID(schema: "x", name: "y")))
  }
}
