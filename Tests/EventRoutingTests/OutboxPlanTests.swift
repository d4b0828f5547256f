import ConnectData
import Testing

@testable import EventRouting

/// Checks and their order are those of Debezium's `EventRouterDelegate.apply`: a table with several faults dies of the
/// first.
@Suite struct OutboxPlanTests {
  private let text = ConnectSchema(.string)

  private var fields: [ConnectField] {
    [
      ConnectField("id", text), ConnectField("aggregatetype", text), ConnectField("aggregateid", text),
      ConnectField("type", text), ConnectField("payload", text),
    ]
  }

  private func options(_ change: (inout EventRouterOptions) -> Void = { _ in }) throws -> EventRouterOptions {
    var options = EventRouterOptions(
      router: RegexRouter(
        pattern: try JavaPattern("(?<routedByValue>.*)"),
        replacement: try JavaReplacement("outbox.event.${routedByValue}")))
    change(&options)
    return options
  }

  private func failure(
    without names: Set<String> = [], plus more: [ConnectField] = [],
    _ change: (inout EventRouterOptions) -> Void = { _ in }
  ) throws -> String {
    let fields = fields.filter { !names.contains($0.name) } + more
    let options = try options(change)
    return try #require(throws: TransformFailure.self) { try OutboxPlan(options, fields: fields) }.description
  }

  @Test func columnsAreFoundByName() throws {
    let plan = try OutboxPlan(try options(), fields: fields.reversed())
    #expect([plan.id, plan.route, plan.key, plan.payload] == [4, 3, 2, 0])
    #expect(plan.headers.isEmpty && plan.envelope.isEmpty && !plan.hasEnvelope)
    #expect(plan.partition == nil && plan.schemaVersion == nil)
  }

  @Test(arguments: [
    ("id", "table.field.event.id"), ("aggregatetype", "route.by.field"), ("aggregateid", "table.field.event.key"),
    ("payload", "table.field.event.payload"),
  ])
  func aMissingColumnIsNamedWithItsOption(column: String, option: String) throws {
    #expect(try failure(without: [column]) == "the table has no column '\(column)', which \(option) names")
  }

  @Test func anOptionNamesAnotherColumn() throws {
    let plan = try OutboxPlan(try options { $0.keyField = "type" }, fields: fields)
    #expect(plan.key == 3)
    #expect(try failure { $0.idField = "event_id" }.contains("'event_id', which table.field.event.id names"))
  }

  @Test func faultsAreFoundInTheOrderOfDebezium() throws {
    func all(_ options: inout EventRouterOptions) {
      options.timestampField = "at"
      options.schemaVersionField = "version"
      options.placements = [.init(column: "note", target: .envelope, alias: "note")]
    }
    var missing: Set<String> = ["payload", "id", "aggregatetype", "aggregateid"]
    var more: [ConnectField] = []
    #expect(try failure(without: missing, plus: more, all).contains("'payload'"))
    missing.remove("payload")
    #expect(try failure(without: missing, plus: more, all).contains("'at'"))
    more.append(ConnectField("at", ConnectSchema(.int64, name: "io.debezium.time.MicroTimestamp")))
    #expect(try failure(without: missing, plus: more, all).contains("'id'"))
    missing.remove("id")
    #expect(try failure(without: missing, plus: more, all).contains("'aggregatetype'"))
    missing.remove("aggregatetype")
    #expect(try failure(without: missing, plus: more, all).contains("'version'"))
    more.append(ConnectField("version", ConnectSchema(.int32)))
    #expect(try failure(without: missing, plus: more, all).contains("'note'"))
    more.append(ConnectField("note", text))
    #expect(try failure(without: missing, plus: more, all).contains("'aggregateid'"))
    missing.remove("aggregateid")
    let plan = try OutboxPlan(try options(all), fields: fields + more)
    #expect(plan.schemaVersion == 6 && plan.envelope.map(\.column) == [7] && plan.hasEnvelope)
  }

  @Test func theRouteMustBeText() throws {
    #expect(
      try failure(without: ["aggregatetype"], plus: [ConnectField("aggregatetype", ConnectSchema(.int32))])
        == "column 'aggregatetype', which route.by.field names, is not text")
  }

  @Test func placementsKeepTheirOrderAndAliases() throws {
    let plan = try OutboxPlan(
      try options {
        $0.placements = [
          .init(column: "type", target: .header, alias: "eventType"),
          .init(column: "id", target: .header, alias: "id2"), .init(column: "type", target: .envelope, alias: "t"),
          .init(column: "shard", target: .partition, alias: "shard"),
        ]
      }, fields: fields + [ConnectField("shard", ConnectSchema(.int32))])
    #expect(plan.headers.map(\.alias) == ["eventType", "id2"])
    #expect(plan.headers.map(\.column) == [3, 0])
    #expect(plan.envelope.map(\.alias) == ["t"])
    #expect(plan.partition == 5)
  }

  @Test func aPartitionMustBeAnInt32() throws {
    #expect(
      try failure(plus: [ConnectField("shard", ConnectSchema(.int64))]) {
        $0.placements = [.init(column: "shard", target: .partition, alias: "shard")]
      } == "column 'shard', placed as the partition, is not of type INT32")
  }

  @Test func aWordThatIsNoPlaceFailsAtTheFirstEvent() throws {
    #expect(
      try failure { $0.placements = [.init(column: "type", target: .invalid("body"), alias: "type")] }
        == "'body' of table.fields.additional.placement is not header, envelope or partition")
  }

  @Test func aMissingPlacedColumnFailsUnlessIgnored() throws {
    func placing(_ options: inout EventRouterOptions) {
      options.placements = [
        .init(column: "none", target: .envelope, alias: "none"), .init(column: "type", target: .header, alias: "type"),
      ]
    }
    #expect(try failure(placing).contains("'none', which table.fields.additional.placement names"))
    let plan = try OutboxPlan(
      try options {
        placing(&$0)
        $0.ignoresMissingFields = true
      }, fields: fields)
    #expect(plan.headers.map(\.column) == [3])
    #expect(plan.envelope.isEmpty)
    // The value is a structure all the same.
    #expect(plan.hasEnvelope)
  }

  @Test func ignoringMissingColumnsSparesOnlyPlacements() throws {
    #expect(try failure(without: ["payload"]) { $0.ignoresMissingFields = true }.contains("'payload'"))
  }

  @Test func aSchemaVersionCountsOnlyWithAnEnvelope() throws {
    let plan = try OutboxPlan(try options { $0.schemaVersionField = "missing" }, fields: fields)
    #expect(plan.schemaVersion == nil)
  }

  @Test func aSchemaVersionMustBeAnInt32() throws {
    #expect(
      try failure {
        $0.schemaVersionField = "type"
        $0.placements = [.init(column: "id", target: .envelope, alias: "id")]
      } == "column 'type', the schema version, is not of type INT32")
  }

  @Test(arguments: [
    ("io.debezium.time.Timestamp", 1), ("io.debezium.time.MicroTimestamp", 1_000),
    ("io.debezium.time.NanoTimestamp", 1_000_000),
  ])
  func timestampsWithoutZoneAreDividedToMilliseconds(name: String, divisor: Int64) throws {
    let plan = try OutboxPlan(
      try options { $0.timestampField = "at" }, fields: fields + [ConnectField("at", ConnectSchema(.int64, name: name))]
    )
    guard case .column(5, let found) = plan.timestamp else {
      Issue.record("\(plan.timestamp)")
      return
    }
    #expect(found == divisor)
  }

  @Test func aPlainInt64AsTimestampFailsOnlyWithAValue() throws {
    let plan = try OutboxPlan(
      try options { $0.timestampField = "at" }, fields: fields + [ConnectField("at", ConnectSchema(.int64))])
    guard case .failsOnValue(5, let failure) = plan.timestamp else {
      Issue.record("\(plan.timestamp)")
      return
    }
    #expect(
      failure.description
        == "unsupported field type INT64 (without logical schema name) for the event timestamp 'at'")
  }

  @Test func aTimestampWithTimeZoneIsRefusedAtOnce() throws {
    let zoned = ConnectSchema(.string, name: "io.debezium.time.ZonedTimestamp")
    #expect(
      try failure(plus: [ConnectField("at", zoned)]) { $0.timestampField = "at" }
        == "column 'at', which table.field.event.timestamp names, is not a timestamp without time zone")
  }
}
