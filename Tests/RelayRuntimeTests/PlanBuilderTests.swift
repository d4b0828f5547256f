import ConnectorConfig
import EventEncoding
import EventRouting
import Foundation
import Testing

@testable import RelayRuntime

/// What the shipped connector files become.
@Suite struct PlanBuilderTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("connectors")

  private func plan(_ name: String, _ overrides: PlanBuilder.Overrides = .init()) throws -> ConnectorPlan {
    let loaded = try ConfigLoader.load(
      worker: Self.folder.appendingPathComponent("worker.properties").path,
      connectors: [Self.folder.appendingPathComponent(name + ".json").path],
      environment: ["PGUSER": "sluice", "PGPASSWORD": "secret"])
    return try PlanBuilder(worker: loaded.worker, overrides: overrides).plan(loaded.connectors[0])
  }

  /// The topic of a table after the connector's routers.
  private func topic(_ options: PipelineOptions, _ table: TableID) throws -> String {
    var topic = options.topics.data(table)
    for step in options.transforms {
      if case .regexRouter(let router) = step.kind { topic = try router.route(topic) }
    }
    return topic
  }

  private func router(_ options: PipelineOptions) throws -> EventRouting.EventRouterOptions {
    guard case .eventRouter(let router) = try #require(options.transforms.first).kind else {
      throw TransformFailure("no event router")
    }
    return router
  }

  @Test(arguments: [
    (
      "fintech-main-connector", ["customers", "accounts", "transactions", "merchants", "fraud_alerts"], "fintech."
    ),
    ("fintech-analytics-connector", ["account_balances", "customer_sessions"], "fintech.analytics."),
  ])
  func tablesGoToTheirTopics(name: String, tables: [String], prefix: String) throws {
    let options = try plan(name).makePipelineOptions("run")
    for table in tables {
      let id = TableID(schema: "public", name: table)
      #expect(options.filter.includes(id))
      #expect(try topic(options, id) == prefix + table)
    }
    #expect(!options.filter.includes(TableID(schema: "public", name: "outbox")))
    #expect(options.runID == "run")
  }

  @Test func tableConnectorsWriteJsonWithoutSchemasAndDecimalsAsText() throws {
    for name in ["fintech-main-connector", "fintech-analytics-connector"] {
      let options = try plan(name).makePipelineOptions("run")
      #expect(options.keyConverter == .json(schemasEnabled: false, JSONOptions()))
      #expect(options.valueConverter == .json(schemasEnabled: false, JSONOptions()))
      #expect(options.values.decimal == .string)
      #expect(options.sendsTombstones && options.addsContextHeaders && !options.providesTransactionMetadata)
      #expect(options.skippedOperations == [.truncate])
      #expect(options.transforms.allSatisfy { $0.predicate == nil })
    }
  }

  @Test(arguments: [
    ([], true), ([("security.protocol", "SASL_PLAINTEXT"), ("compression.type", "none")], true),
    ([("security.protocol", "ssl")], false), ([("security.protocol", "sasl_ssl")], false),
    ([("compression.type", "lz4")], false), ([("compression.codec", "zstd")], false),
  ])
  func valuesAreSentFromWhereTheyLieUnlessTheyChangeOnTheWay(properties: [(String, String)], isPlain: Bool) {
    #expect(PlanBuilder.sendsPlainly(properties.map { (name: $0.0, value: $0.1) }) == isPlain)
  }

  @Test(arguments: [
    ("fintech-outbox-connector", "event_type"), ("fintech-outbox-by-aggregate-connector", "aggregate_type"),
  ])
  func theOutboxIsRoutedByItsColumn(name: String, column: String) throws {
    let options = try plan(name).makePipelineOptions("run")
    let router = try router(options)
    #expect(options.keyConverter == .string)
    #expect(options.valueConverter == .json(schemasEnabled: false, JSONOptions()))
    #expect(router.routeByField == column && router.keyField == "aggregate_id")
    #expect(router.idField == "id" && router.payloadField == "payload" && router.timestampField == nil)
    #expect(try router.router.route("payment.completed") == "fintech.events.payment.completed")
    #expect(router.expandsJSONPayload && !router.sendsTombstoneOnEmptyPayload && !router.ignoresMissingFields)
    #expect(
      router.placements == [
        .init(column: "event_type", target: .header, alias: "event_type"),
        .init(column: "aggregate_type", target: .header, alias: "aggregate_type"),
        .init(column: "aggregate_id", target: .header, alias: "aggregate_id"),
      ])
    #expect(options.filter.includes(TableID(schema: "public", name: "outbox")))
    #expect(!options.filter.includes(TableID(schema: "public", name: "accounts")))
  }

  @Test func theFilesSettingsBecomeThePlans() throws {
    let plan = try plan("fintech-main-connector")
    #expect(plan.name == "fintech-main-connector" && plan.databaseName == "fintech")
    #expect(plan.slot == "fintech_main" && plan.publication == "fintech_main")
    #expect(plan.publicationMode == .disabled && plan.snapshot.policy == .initial && plan.waitsForSlot)
    #expect(plan.database["user"] == "sluice" && plan.database["password"] == "secret")
    #expect(plan.database["dbname"] == "fintech" && plan.database["host"] == "localhost")
    #expect(plan.drainMilliseconds == 10_000 && plan.reconnectsMax == nil)
    #expect(plan.limits.heartbeatIntervalMilliseconds == 0 && plan.limits.confirmsToServer)
    guard case .table = plan.storage else {
      Issue.record("\(plan.storage)")
      return
    }
  }

  @Test func producersGetTheBrokersAndOurBound() throws {
    let properties = try plan("fintech-main-connector").producerProperties
    func value(_ name: String) -> String? { properties.last { $0.name == name }?.value }
    #expect(value("bootstrap.servers") == "localhost:9092")
    #expect(value("queue.buffering.max.messages") == "100000")
  }

  /// Nobody's late record stands behind this relay's in a file or table.
  @Test func onlyATopicHasTheStateWrittenAgain() throws {
    let loaded = try ConfigLoader.load(
      worker: Self.folder.appendingPathComponent("worker.properties").path,
      connectors: [Self.folder.appendingPathComponent("fintech-main-connector.json").path],
      environment: ["PGUSER": "sluice", "PGPASSWORD": "secret"])
    func interval(_ storage: OffsetStorage) throws -> Int64? {
      var worker = loaded.worker
      worker.offsetStorage = storage
      return try PlanBuilder(worker: worker).plan(loaded.connectors[0]).limits.restateIntervalMilliseconds
    }
    #expect(try interval(.topic(name: "offsets", partitions: 1, replicationFactor: 1)) == 60_000)
    #expect(try interval(.table) == nil)
    #expect(try interval(.file(path: "/offsets")) == nil)
  }

  @Test func theCommandLineMayReplaceTheDatabase() throws {
    var overrides = PlanBuilder.Overrides()
    overrides.database = .init(["host": "/run/x", "dbname": "demo"])
    overrides.waitsForSlot = false
    let plan = try plan("fintech-main-connector", overrides)
    #expect(plan.database["host"] == "/run/x" && plan.database["password"] == nil)
    #expect(plan.databaseName == "demo" && !plan.waitsForSlot)
    #expect(try plan.makePipelineOptions("run").database == "demo")
  }

  @Test func newTopicsAreLeftToTheBrokersDefaults() throws {
    let creation = try #require(try plan("fintech-main-connector").topicCreation)
    #expect(creation.groups.count == 1)
  }
}
