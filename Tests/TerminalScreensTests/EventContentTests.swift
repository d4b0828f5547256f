import Testing

@testable import TerminalScreens

struct EventContentTests {
  private func record(_ topic: String, key: String? = nil, _ value: String?, headers: [(String, String)] = [])
    -> EventRecord
  {
    EventRecord(
      topic: topic, partition: 2, offset: 41, timestampMilliseconds: 1_741_597_267_123, key: key.map { Array($0.utf8) },
      value: value.map { Array($0.utf8) },
      headers: headers.map { EventRecord.Header(name: $0.0, value: Array($0.1.utf8)) })
  }

  private let update = #"""
    {"before":{"id":"a","balance":"10.00","updated_at":"x"},"after":{"id":"a","balance":"7.50","updated_at":"y"},
    "source":{"table":"accounts"},"op":"u"}
    """#

  @Test(arguments: [("c", "create"), ("u", "update"), ("d", "delete"), ("r", "read"), ("t", "truncate")])
  func envelopesAreToldByTheirOperation(_ op: String, _ word: String) {
    let content = EventContent(
      record("fintech.accounts", #"{"before":null,"after":{"id":1},"source":{"table":"accounts"},"op":"\#(op)"}"#))
    #expect(content.kind == word)
    #expect(content.subject == "accounts")
  }

  @Test func envelopeWithSchemaIsUnwrapped() {
    let content = EventContent(
      record("t", #"{"schema":{},"payload":{"after":{"id":1},"source":{"table":"x"},"op":"c"}}"#))
    #expect(content.kind == "create")
    #expect(content.body == .change(before: nil, after: JSONNode(#"{"id":1}"#)))
  }

  @Test func outboxEventIsToldByItsHeaderElseByItsTopic() {
    let value = #"{"amount":"12.00","currency":"EUR"}"#
    let named = EventContent(record("anything", value, headers: [("event_type", "transaction.created")]))
    #expect((named.kind, named.subject) == ("event", "transaction.created"))
    let placed = EventContent(record("fintech.events.fraud.alert_raised", value))
    #expect((placed.kind, placed.subject) == ("event", "fraud.alert_raised"))
  }

  @Test func payloadFieldNamedOpMakesNoEnvelope() {
    #expect(EventContent(record("fintech.events.x", #"{"op":"c"}"#)).kind == "event")
  }

  @Test func updateWithOldRowTellsWhatChanged() {
    #expect(EventSummary.text(EventContent(record("fintech.accounts", update))) == "balance 10.00 → 7.50")
  }

  @Test func gistPutsTypeAndMoneyFirst() {
    let value = #"""
      {"currency":"EUR","customer_tier":"VIP","amount":"12.00","transaction_type":"PURCHASE","status":"COMPLETED",
      "previous_status":"PENDING","merchant_name":"Café\u001b[31m","risk_level":"LOW"}
      """#
    let gist = EventSummary.text(EventContent(record("fintech.events.transaction.completed", value)))
    #expect(gist == "PURCHASE · 12.00 EUR · PENDING → COMPLETED · VIP · at Café␛[31m · risk LOW")
  }

  @Test func unknownDocumentsShowTheirFirstFields() {
    #expect(EventSummary.text(EventContent(record("t", #"{"x":1,"y":[2]}"#))) == "x=1 · y=[2]")
  }

  @Test func textBytesAndTombstonesAreShownAsWhatTheyAre() {
    #expect(EventSummary.text(EventContent(record("t", "plain\ntext"))) == "plain␊text")
    var bytes = record("t", "")
    bytes.value = [0xFF, 0x00, 0x1A]
    #expect(EventSummary.text(EventContent(bytes)) == "0xff001a")
    #expect(EventContent(record("fintech.accounts", nil)).kind == "tombstone")
  }

  @Test func keyOfOneColumnIsItsValueAndItsEndStaysWhenCut() {
    let key = Array(#"{"id":"01a1fd38-e95e-77aa-b82e-a295dee3a39d"}"#.utf8)
    #expect(KeyText.text(key) == "01a1fd38-e95e-77aa-b82e-a295dee3a39d")
    #expect(KeyText.short(key) == "…dee3a39d")
    #expect(KeyText.text(Array(#"{"a":1,"b":"x"}"#.utf8)) == "a=1 b=x")
    #expect(KeyText.text(Array("plain".utf8)) == "plain")
    #expect(KeyText.text([0x80]) == "0x80")
    #expect(KeyText.text(nil) == "-")
  }

  @Test func tailHidesContextHeadersUntilAskedForThem() {
    let event = record(
      "fintech.events.account.opened", key: "k", #"{"a":1}"#,
      headers: [("id", "1"), ("__debezium.context.taskId", "0"), ("trace", "abc")])
    let short = TailFormat(style: .plain, width: nil).lines(event)
    #expect(short == ["09:01:07.123  fintech.events.account.opened  event  k", "  trace=abc", "  a=1"])
    let all = TailFormat(style: .plain, width: nil, showsAllHeaders: true).lines(event)
    #expect(all[1] == "  id=1 __debezium.context.taskId=0 trace=abc")
  }

  @Test(arguments: [20, 40, 60, 80, 140])
  func tailLinesAreNeverWiderThanTheTerminal(_ width: Int) {
    let value =
      #"{"id":"01a1fd38-e95e-77aa-b82e-a295dee3a39d","transaction_type":"PURCHASE","amount":"1.00","description":"東京東京東京東京東京東京"}"#
    let event = record(
      "fintech.events.transaction.created", key: "01a1fd38-e95e-77aa-b82e-a295dee3a39d", value, headers: [("h", value)])
    for line in TailFormat(style: .plain, width: width).lines(event) { #expect(DisplayText.width(line) <= width) }
  }

  @Test func fullFormShowsOldAndNewRowIndented() {
    let lines = TailFormat(style: .plain, width: nil, valueForm: .pretty).lines(record("fintech.accounts", update))
    #expect(lines.dropFirst().first == "  before")
    #expect(lines.contains("    \"balance\": \"7.50\","))
  }

  @Test func jsonLineKeepsObjectsAsTheyAreAndTextAsStrings() {
    var event = record(
      "t", key: "17", #"{ "n": 1.50, "s": "\ud800" }"#, headers: [("a", "1"), ("b", "x\"y"), ("a", "2")])
    #expect(
      TailJSON.line(event)
        == #"{"topic":"t","partition":2,"offset":41,"timestamp":1741597267123,"key":"17","#
        + #""value":{"n":1.50,"s":"\ud800"},"headers":{"a":["1","2"],"b":"x\"y"}}"#)
    event.value = [0xFF, 0x0A]
    event.key = nil
    event.headers = []
    #expect(TailJSON.line(event).hasSuffix(#""key":null,"value":{"hex":"ff0a"},"headers":{}}"#))
  }

  @Test func topicsWithStarsBecomeAnchoredExpressions() {
    #expect(TopicChoice.selection("fintech.customers") == "fintech.customers")
    #expect(TopicChoice.selection("fintech.events.*") == #"^fintech\.events\..*$"#)
    #expect(TopicChoice.selection("a?c-d_e*") == "^a.c-d_e.*$")
    #expect(TopicChoice.selection("^already.*") == "^already.*")
  }
}
