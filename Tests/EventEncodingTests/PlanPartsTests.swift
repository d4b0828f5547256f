import CLinux
import ConnectData
import EventRouting
import PgOutput
import Primitives
import Testing

@testable import EventEncoding

/// Tables with equal columns hold them once, and others none of another's.
struct PlanPartsTests {
  private func plan(
    _ table: TestTable, _ parts: inout PlanParts, _ options: PipelineOptions? = nil, origin: RowOrigin = .stream,
    topicName: String? = nil
  ) throws -> RelationPlan {
    let relation = Relation(
      oid: RelationOID(rawValue: table.oid), schema: table.schema, name: table.name, replicaIdentity: .default,
      columns: table.columns.map {
        Relation.Column(
          isKey: table.key.contains($0.name), name: $0.name, type: $0.typeOID, typeModifier: $0.typeModifier)
      })
    return RelationPlan(
      relation: relation, table: table.description, topic: 0, topicName: topicName ?? "p.\(table.schema).\(table.name)",
      origin: origin,
      options: try options ?? PipelineRun.options(), parts: &parts)
  }

  private let columns = [
    column("id", "int8", notNull: true), column("amount", "numeric", modifier: 983_046),
    column("status", "text", notNull: true, default: "'NEW'::text"),
  ]

  @Test func equalColumnsAreHeldOnce() throws {
    var parts = PlanParts()
    let one = try plan(TestTable(1, "a", key: ["id"], columns), &parts)
    let other = try plan(TestTable(2, "b", key: ["id"], columns), &parts)
    #expect(one.columns.map(ObjectIdentifier.init) == other.columns.map(ObjectIdentifier.init))
    #expect(one.keyColumns.map(ObjectIdentifier.init) == other.keyColumns.map(ObjectIdentifier.init))
    #expect(address(one.steps) == address(other.steps) && address(one.keySteps) == address(other.keySteps))
    #expect(address(one.stepBytes) == address(other.stepBytes))
    #expect(address(one.relation.columns) == address(other.relation.columns))
    // The names of schemas are each table's own.
    #expect(one.keySchema.name != other.keySchema.name && one.keySchema.fields == other.keySchema.fields)
    #expect(one.sourceTableJSON != other.sourceTableJSON)
  }

  /// Equal to Swift, and two names to the server.
  @Test func namesOfOtherBytesAreOthers() throws {
    let (composed, decomposed) = ("\u{E9}t\u{E9}", "e\u{301}te\u{301}")
    #expect(composed == decomposed)
    var parts = PlanParts()
    for (oid, name) in zip(UInt32(1)..., [composed, decomposed]) {
      let plan = try plan(TestTable(oid, "t\(oid)", key: [], [column(name, "text")]), &parts)
      #expect(Array(plan.columns[0].name.utf8) == Array(name.utf8))
      #expect(Array(plan.relation.columns[0].name.utf8) == Array(name.utf8))
    }
  }

  @Test func aColumnThatDiffersInAnythingIsAnother() throws {
    var parts = PlanParts()
    let status = try plan(TestTable(1, "a", key: ["id"], columns), &parts).columns[2]
    let others = [
      column("state", "text", notNull: true, default: "'NEW'::text"),
      column("status", "text", default: "'NEW'::text"), column("status", "text", notNull: true),
      column("status", "text", notNull: true, default: "'OLD'::text"),
      column("status", "bytea", notNull: true, default: "'NEW'::text"),
    ]
    for other in others {
      var apart = PlanParts()
      let table = TestTable(2, "b", key: ["id"], Array(columns[..<2]) + [other])
      let found = try plan(table, &parts).columns[2]
      let alone = try plan(table, &apart).columns[2]
      #expect(found !== status)
      #expect(found.name == alone.name && found.schema == alone.schema && found.codec.form == alone.codec.form)
      #expect(found.nullJSON == alone.nullJSON && found.unavailableJSON == alone.unavailableJSON)
    }
    // At another place it has a comma or none.
    let first = try plan(TestTable(3, "c", key: [], [columns[2]]), &parts)
    #expect(first.columns[0].nameJSON == Array("\"status\":".utf8) && status.nameJSON == Array(",\"status\":".utf8))
  }

  @Test func aDefaultOfMinusZeroIsNotZero() throws {
    var parts = PlanParts()
    let texts = try ["'0'::double precision", "'-0'::double precision"].map {
      let table = TestTable(1, "a", key: [], [column("v", "float8", notNull: true, default: $0)])
      return String(decoding: try plan(table, &parts).columns[0].nullJSON, as: UTF8.self)
    }
    #expect(texts == ["0.0", "-0.0"])
  }

  @Test func maskedColumnsAreTheirTablesOwn() throws {
    var parts = PlanParts()
    var options = try PipelineRun.options()
    options.columnMasks = try ColumnMasks([(patterns: ["public.b.status"], mask: .asterisks(count: 3))])
    let one = try plan(TestTable(1, "a", key: ["id"], columns), &parts, options)
    let masked = try plan(TestTable(2, "b", key: ["id"], columns), &parts, options)
    #expect(one.columns[2].mask == nil && masked.columns[2].mask != nil)
    #expect(one.columns[1] === masked.columns[1])
    #expect(masked.columns[2].schema.parameters == [ConnectParameter("masked", "true")])
  }

  /// What a table takes beside what it shares. Thousands of them must fit: say in docs/performance.md what more is for.
  @Test func aTableOfKnownColumnsTakesLittle() throws {
    var parts = PlanParts()
    let topic = "bench.inventory.customers_2024"
    var plans: [RelationPlan] = []
    for number in 0..<2 {
      let table = TestTable(UInt32(number), "customers_\(number)", key: ["id"], columns)
      plans.append(try plan(table, &parts, topicName: topic))
    }
    #expect(unsafe malloc_usable_size(Unmanaged.passUnretained(plans[1]).toOpaque()) <= 216)
    // The name is held by the table of topics, too.
    #expect(address(plans[1].schemaPrefix) == address(topic))
    for array in [plans[1].keyPrefix, plans[1].valuePrefix] { #expect(array.isEmpty) }
    #expect(plans[1].keyField == nil && plans[1].outbox.isEmpty)
    #expect(plans[1].sourceTableJSON.capacity < 2 * plans[1].sourceTableJSON.count)
  }

  private func address(_ text: String) -> UnsafePointer<UInt8>? {
    unsafe text.utf8.withContiguousStorageIfAvailable { $0.baseAddress } ?? nil
  }

  private func address<Element>(_ array: [Element]) -> UnsafeRawPointer? {
    unsafe array.withUnsafeBytes { $0.baseAddress }
  }
}
