import ConnectData
import EventRouting
import RelayTestSupport
import Testing

@testable import EventEncoding

/// `errors.tolerance=all`: what cannot be made goes, as it was, to the dead-letter topic, and the stream goes on.
@Suite struct DeadLetterTests {
  private func run(
    _ transforms: [TransformStep], value: RecordConverter = PipelineRun.json,
    _ change: (inout PipelineOptions) -> Void = { _ in }
  ) throws -> PipelineRun {
    var options = try PipelineRun.options(key: .string, value: value, transforms: transforms)
    options.deadLetter = DeadLetterOptions(topic: "dead", addsContextHeaders: true, connectorName: "bank")
    change(&options)
    return PipelineRun(options)
  }

  private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  @Test func aPoisonedEventIsOneMoreRecordOfItsTransaction() throws {
    let outbox = RecordedOutboxTests.outbox("outboxevent")
    let kind = try RecordedOutboxTests.eventRouter { $0.expandsJSONPayload = true }
    let run = try run([TransformStep(alias: "outbox", kind: kind, predicate: nil)])
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(outbox, at: 100, "00000000-0000-4000-8000-000000000001", "Order", "a", "T", "{\"n\": 1}")
      try run.insert(outbox, at: 110, "00000000-0000-4000-8000-000000000002", "Order", "b", "T", "[1, 2]")
      try run.insert(outbox, at: 120, "00000000-0000-4000-8000-000000000003", "Order", "c", "T", "{\"n\": 3}")
    }
    #expect(run.records.map(\.topic) == ["outbox.event.Order", "dead", "outbox.event.Order"])
    let dead = run.records[1]
    #expect(text(dead.key) == #"{"id":"00000000-0000-4000-8000-000000000002"}"#)
    let value = try #require(text(dead.value))
    #expect(value.hasPrefix(#"{"before":null,"after":{"id":"00000000-0000-4000-8000-000000000002","aggregatetype":"#))
    #expect(value.contains(#""payload":"[1, 2]"},"source":{"#) && value.contains(#""op":"c""#))
    let headers = Dictionary(dead.headers.map { ($0.name, text($0.value)) }) { first, _ in first }
    #expect(headers["__connect.errors.topic"] == "fin.public.outboxevent")
    #expect(headers["__connect.errors.stage"] == "TRANSFORMATION")
    #expect(headers["__connect.errors.class.name"] == "io.debezium.transforms.outbox.EventRouter")
    #expect(headers["__connect.errors.exception.message"] == "Invalid type for ARRAY: class java.lang.String")
    #expect(headers["sluice.errors.table"] == "public.outboxevent" && headers["sluice.errors.lsn"] == "0/6E")
    #expect(run.takeDeadLetters() == 1 && run.takeDeadLetters() == 0)
  }

  @Test func withoutToleranceItStopsTheConnector() throws {
    let outbox = RecordedOutboxTests.outbox("outboxevent")
    let kind = try RecordedOutboxTests.eventRouter { $0.expandsJSONPayload = true }
    let run = try run([TransformStep(alias: "outbox", kind: kind, predicate: nil)]) { $0.deadLetter = nil }
    try run.begin(1, at: 0)
    #expect(throws: PipelineError.self) {
      try run.insert(outbox, "00000000-0000-4000-8000-000000000002", "Order", "b", "T", "[1, 2]")
    }
    #expect(run.records.isEmpty)
  }

  @Test func aColumnThatCannotBeConvertedIsThereAsPostgreSQLsText() throws {
    let table = TestTable(
      70, "days", key: ["id"], [column("id", "int4", notNull: true), column("day", "date"), column("note", "text")])
    let run = try run([]) { $0.conversionFailureMode = .fail }
    try run.transaction(1, at: 0, end: 200) { try run.insert(table, at: 100, "1", "no \"day\"", "x") }
    #expect(run.records.map(\.topic) == ["dead"])
    #expect(text(run.records[0].value)?.contains(#""after":{"id":1,"day":"no \"day\"","note":"x"}"#) == true)
  }

  @Test(arguments: [ProcessingFailureMode.warn, .skip, .ignore])
  func aChangeOfWhichNoRecordCanBeMadeIsLeftOutAndDoesNotCount(mode: ProcessingFailureMode) throws {
    let table = TestTable(70, "days", key: ["id"], [column("id", "int4", notNull: true), column("day", "date")])
    let run = try run([]) {
      $0.deadLetter = nil
      $0.conversionFailureMode = .fail
      $0.processingFailureMode = mode
      $0.providesTransactionMetadata = true
    }
    try run.transaction(1, at: 0, end: 200) {
      try run.insert(table, at: 100, "1", "no day")
      try run.insert(table, at: 110, "2", "2024-01-01")
    }
    let rows = run.records.filter { $0.topic == "fin.public.days" }
    #expect(rows.map { text($0.value)?.contains(#""total_order":1,"data_collection_order":1"#) } == [true])
    #expect(run.takeSkippedChanges().map { $0.table?.description } == ["public.days"])
  }

  /// Debezium makes both rows of a changed key before it sends the old one's delete.
  @Test(arguments: [ProcessingFailureMode.skip, .fail])
  func ofAChangedKeyNothingIsSentWhereOneRowCannotBeMade(mode: ProcessingFailureMode) throws {
    let table = TestTable(
      71, "amounts", key: ["id"],
      [column("id", "int4", notNull: true), column("amount", "numeric", modifier: 5 << 16 + 2 + 4)])
    let run = try run([]) {
      $0.deadLetter = nil
      $0.conversionFailureMode = .fail
      $0.processingFailureMode = mode
    }
    try run.transaction(1, at: 0, end: 200) {
      func change() throws { try run.update(table, at: 100, old: ("K", ["1", nil]), "2", "NaN") }
      if mode == .fail { #expect(throws: PipelineError.self) { try change() } } else { try change() }
      try run.update(table, at: 110, old: ("K", ["3", nil]), "4", "1.50")
    }
    #expect(run.records.map { text($0.key) } == ["Struct{id=3}", "Struct{id=3}", "Struct{id=4}"])
    #expect(run.takeSkippedChanges().count == (mode == .skip ? 1 : 0))
  }

  @Test func aMessageOfTheStreamThatIsNoneIsNotTolerated() throws {
    let run = try run([])
    #expect(throws: PipelineError.self) { try run.receive([UInt8(ascii: "?")]) }
    #expect(run.records.isEmpty)
  }

  @Test func aRecordThatIsNoChangeIsKeptToo() throws {
    let run = try run([], value: .byteArray)
    try run.heartbeat()
    #expect(run.records.map(\.topic) == ["dead"])
    #expect(text(run.records[0].key) == #"{"serverName":"fin"}"#)
    #expect(text(run.records[0].value)?.hasPrefix(#"{"ts_ms":"#) == true)
  }
}
