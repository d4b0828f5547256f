import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayTestSupport
import Testing

@Suite struct ReselectionTests {
  private let table = TestTable(
    1, "t", key: ["id"],
    [
      column("id", "int4", notNull: true), column("big", "text"), column("n", "int4"),
      column("d", "text", default: "'x'::text"),
    ])

  private func run(_ change: (inout PipelineOptions) throws -> Void) throws -> PipelineRun {
    var options = try PipelineRun.options()
    try change(&options)
    let run = PipelineRun(options)
    try run.describe(table)
    try run.begin(7)
    return run
  }

  private func lookup(_ step: EventPipeline.Step) throws -> RowLookup {
    guard case .needsRow(let lookup) = step else {
      Issue.record("the row must be asked for")
      throw CancellationError()
    }
    return lookup
  }

  @Test func nullsAndUnavailableValuesAreAskedForByTheKeyAndTakeTheirPlace() throws {
    let run = try run { $0.reselection = try RowReselection() }
    let update = WireBuilder.update(1, old: nil, ["7", .unchanged, nil, nil])
    let lookup = try lookup(run.receive(update, at: 100))
    // A null that a default stands for is none.
    #expect(lookup.columns == ["big", "n"] && lookup.table == table.id)
    #expect(lookup.key.map(\.name) == ["id"] && lookup.key[0].value == Array("7".utf8))
    #expect(lookup.transaction == TransactionID(rawValue: 7))
    #expect(run.records.isEmpty)
    try run.supply(.row([Array("whole".utf8), nil]))
    #expect(run.records[0].valueText!.contains(#""after":{"id":7,"big":"whole","n":null,"d":"x"}"#))
    #expect(run.records[0].valueText!.contains(#""lsn":100,"#))
  }

  @Test func aRowThatIsGoneIsPublishedAsItCame() throws {
    let run = try run { $0.reselection = try RowReselection(takesNulls: false) }
    _ = try lookup(run.receive(WireBuilder.update(1, old: nil, ["7", .unchanged, nil, nil])))
    try run.supply(.missing)
    #expect(run.records[0].valueText!.contains(#""big":"__debezium_unavailable_value""#))
    #expect(run.takeReselectionWarning()?.columns == ["big"])
    #expect(run.takeReselectionWarning() == nil)
  }

  @Test func aFailureCanBeFatal() throws {
    let run = try run { $0.reselection = try RowReselection(failsOnError: true) }
    _ = try lookup(run.receive(WireBuilder.insert(1, ["7", "a", nil, "d"]), at: 5))
    let error = try #require(throws: PipelineError.self) { try run.supply(.failed("no right")) }
    #expect(error.description.contains("re-selecting n: no right") && error.description.contains("public.t"))
  }

  @Test func whatTheOldRowHasIsNotAskedFor() throws {
    let run = try run { $0.reselection = try RowReselection(takesNulls: false) }
    let update = WireBuilder.update(1, old: ("O", ["7", "old", nil, nil]), ["7", .unchanged, nil, nil])
    #expect(try run.receive(update) == .rows)
    #expect(run.records[0].valueText!.contains(#""after":{"id":7,"big":"old""#))
  }

  @Test func columnsCanBeChosenAndSkippedOperationsAskForNothing() throws {
    let run = try run {
      $0.reselection = try RowReselection(excludeList: ["public.t:N"])
      $0.skippedOperations = [.update]
    }
    #expect(try run.receive(WireBuilder.insert(1, ["7", "a", nil, "d"])) == .rows)
    #expect(try run.receive(WireBuilder.update(1, old: nil, ["7", .unchanged, "1", nil])) == .rows)
    #expect(run.records.count == 1)
  }

  @Test func theCreateOfAKeyChangeIsCompletedByTheNewKey() throws {
    let run = try run { $0.reselection = try RowReselection(takesNulls: false) }
    let update = WireBuilder.update(1, old: ("K", ["7", nil, nil, nil]), ["8", .unchanged, "1", nil])
    #expect(try lookup(run.receive(update)).key[0].value == Array("8".utf8))
    try run.supply(.row([Array("whole".utf8)]))
    #expect(run.records.count == 3)
    #expect(run.records[2].valueText!.contains(#""after":{"id":8,"big":"whole""#))
  }
}
