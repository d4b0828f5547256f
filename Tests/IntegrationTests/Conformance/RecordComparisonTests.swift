import Testing

@Suite struct RecordComparisonTests {
  private static let source =
    #"{"version":"3.6.3.Final","ts_ms":1795225193372,"sequence":"[null,\"100\"]","ts_us":1795225193372005,"ts_ns":1795225193372005000,"table":"t","txId":7,"lsn":100,"xmin":null}"#

  private static func record(
    _ value: String? = #"{"after":{"id":1},"source":\#(source),"op":"c","ts_ms":1795225193400}"#,
    key: String? = #"{"id":1}"#,
    topic: String = "fin.public.t", headers: [(String, String?)] = [], partition: Int32? = nil, timestamp: Int64? = nil
  ) -> RecordedRecord {
    RecordedRecord(
      topic: topic, partition: partition, key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) },
      headers: headers.map { .init(name: $0.0, value: $0.1.map { Array($0.utf8) }) }, timestamp: timestamp)
  }

  private static func compare(
    _ expected: [RecordedRecord], _ actual: [RecordedRecord], _ comparison: RecordComparison = RecordComparison()
  ) -> [String] {
    comparison.compare(expected: expected, actual: actual).differences.map(\.description)
  }

  private static func value(_ replacements: [(String, String)]) -> String {
    var text = String(decoding: record().value ?? [], as: UTF8.self)
    for (old, new) in replacements { text.replace(old, with: new) }
    return text
  }

  @Test func equalRecordsPass() {
    let result = RecordComparison().compare(expected: [Self.record()], actual: [Self.record()])
    #expect(result.passed == 1)
    #expect(result.differences.isEmpty)
  }

  @Test func otherPositionsTimesAndVersionsPass() {
    let other = Self.value([
      ("100", "923"), ("\"txId\":7", "\"txId\":88"), ("3.6.3.Final", "1.0"), ("1795225193372", "1795225199999"),
      ("1795225193400", "1795225200000"),
    ])
    #expect(Self.compare([Self.record()], [Self.record(other)]).isEmpty)
  }

  @Test func differentByteOfAValueIsNamed() {
    let found = Self.compare([Self.record("abcdef")], [Self.record("abcxef")])
    #expect(found.count == 1)
    #expect(found.first?.contains("record 1 of fin.public.t: value differs at byte 3") == true)
  }

  @Test func shorterValueDiffersAtItsEnd() {
    #expect(Self.compare([Self.record("abc")], [Self.record("ab")]).first?.contains("value differs at byte 2") == true)
  }

  @Test func tombstoneIsNotTheTextNull() {
    #expect(Self.compare([Self.record(nil)], [Self.record("null")]).count == 1)
    #expect(Self.compare([Self.record(key: nil)], [Self.record(key: "null")]).count == 1)
  }

  @Test func differentKeyFails() {
    #expect(Self.compare([Self.record()], [Self.record(key: #"{"id":2}"#)]).first?.contains("key differs") == true)
  }

  @Test func positionsThatWereEqualMustStayEqual() {
    let moved = Self.value([("\"lsn\":100", "\"lsn\":101"), (#"\"100\""#, #"\"101\""#)])
    let same = [Self.record(), Self.record()]
    #expect(Self.compare(same, [Self.record(), Self.record(moved)]).count == 1)
    #expect(Self.compare([Self.record(), Self.record(moved)], same).count == 1)
  }

  @Test func sequenceMustAgreeWithPosition() {
    #expect(Self.compare([Self.record()], [Self.record(Self.value([("\"lsn\":100", "\"lsn\":101")]))]).count == 1)
  }

  @Test func nullPositionStaysNull() {
    #expect(Self.compare([Self.record()], [Self.record(Self.value([("\"xmin\":null", "\"xmin\":5")]))]).count == 1)
    #expect(Self.compare([Self.record()], [Self.record(Self.value([("[null,", #"[\"5\","#)]))]).count == 1)
  }

  @Test func timeWithAnotherDigitCountFails() {
    let found = Self.compare([Self.record()], [Self.record(Self.value([("1795225193400", "1795225193400000")]))])
    #expect(found.first?.contains("ts_ms with 16 digits") == true)
  }

  @Test func timesOutOfStepFail() {
    let found = Self.compare([Self.record()], [Self.record(Self.value([("372005,", "999005,")]))])
    #expect(found.first?.contains("ts_us not in step with ts_ms") == true)
  }

  @Test func emptyVersionFails() {
    #expect(Self.compare([Self.record()], [Self.record(Self.value([("3.6.3.Final", "")]))]).count == 1)
  }

  @Test func timesInsideRowsAreNotMasked() {
    let rows = ["1", "2"].map { Self.record(#"{"after":{"ts_ms":\#($0),"lsn":\#($0)}}"#) }
    #expect(Self.compare([rows[0]], [rows[1]]).count == 1)
  }

  @Test func envelopeUnderASchemaIsMasked() {
    let texts = ["1", "2"].map { #"{"schema":{"version":1},"payload":{"source":{"lsn":\#($0)}}}"# }
    #expect(Self.compare([Self.record(texts[0])], [Self.record(texts[1])]).isEmpty)
    let schemas = ["1", "2"].map { #"{"schema":{"version":\#($0)},"payload":{"source":{"lsn":1}}}"# }
    #expect(Self.compare([Self.record(schemas[0])], [Self.record(schemas[1])]).count == 1)
  }

  @Test func transactionIDsAreNumbered() {
    let begin = #"{"status":"BEGIN","id":"5:100"}"#
    let ends = ["5:200", "6:200"].map { #"{"status":"END","id":"\#($0)"}"# }
    let other = [Self.record(#"{"status":"BEGIN","id":"9:7"}"#), Self.record(#"{"status":"END","id":"9:8"}"#)]
    #expect(Self.compare([Self.record(begin), Self.record(ends[0])], other).isEmpty)
    #expect(Self.compare([Self.record(begin), Self.record(ends[1])], other).count == 1)
    #expect(Self.compare([Self.record(#"{"id":"5"}"#)], [Self.record(#"{"id":"6"}"#)]).count == 1)
  }

  @Test func envelopeAsJavaStructIsMasked() {
    let texts = [("1.0", "1795225193372", "10"), ("2.0", "1795225193999", "20")].map {
      "Struct{after=Struct{id=1},source=Struct{version=\($0.0),ts_ms=\($0.1),sequence=[null,\"\($0.2)\"],lsn=\($0.2)},op=c}"
    }
    #expect(Self.compare([Self.record(texts[0])], [Self.record(texts[1])]).isEmpty)
    #expect(Self.compare([Self.record(texts[0])], [Self.record(texts[1].replacing("id=1", with: "id=2"))]).count == 1)
  }

  @Test func headersCountInOrderNameAndValue() {
    let expected = Self.record(headers: [("a", "1"), ("b", nil)])
    #expect(Self.compare([expected], [expected]).isEmpty)
    for headers: [(String, String?)] in [
      [("b", nil), ("a", "1")], [("a", "1")], [("a", "2"), ("b", nil)], [("a", "1"), ("b", "")],
      [("a", "1"), ("b", nil), ("c", nil)],
    ] {
      #expect(Self.compare([expected], [Self.record(headers: headers)]).count == 1)
    }
  }

  @Test func runIDMustBePresent() {
    let name = "__debezium.context.runId"
    let expected = Self.record(headers: [(name, "x")])
    #expect(Self.compare([expected], [Self.record(headers: [(name, "y")])]).isEmpty)
    #expect(Self.compare([expected], [Self.record(headers: [(name, nil)])]).count == 1)
    #expect(Self.compare([expected], [Self.record()]).count == 1)
  }

  @Test func maskedHeaderMustBePresent() {
    let comparison = RecordComparison(masks: ["header:t"])
    let expected = Self.record(headers: [("t", "1")])
    #expect(Self.compare([expected], [Self.record(headers: [("t", "2")])], comparison).isEmpty)
    #expect(Self.compare([expected], [Self.record(headers: [("t", nil)])], comparison).count == 1)
  }

  @Test func recordedPartitionAndTimestampMustBeKept() {
    #expect(Self.compare([Self.record(partition: 3)], [Self.record(partition: 3)]).isEmpty)
    #expect(Self.compare([Self.record(partition: 3)], [Self.record(partition: 2)]).count == 1)
    #expect(Self.compare([Self.record()], [Self.record(partition: 2, timestamp: 1)]).isEmpty)
    #expect(Self.compare([Self.record(timestamp: 5)], [Self.record(timestamp: 6)]).count == 1)
  }

  @Test func maskedTimestampMustBePresent() {
    let comparison = RecordComparison(masks: ["timestamp"])
    #expect(Self.compare([Self.record(timestamp: 5)], [Self.record(timestamp: 6)], comparison).isEmpty)
    #expect(Self.compare([Self.record(timestamp: 5)], [Self.record()], comparison).count == 1)
  }

  @Test func missingAndUnexpectedRecordsFail() {
    #expect(Self.compare([Self.record(), Self.record("x")], [Self.record()]).first?.contains("record 2") == true)
    #expect(Self.compare([Self.record()], [Self.record(), Self.record("x")]).first?.contains("unexpected") == true)
    #expect(Self.compare([], [Self.record(topic: "other")]).first?.contains("record 1 of other: unexpected") == true)
  }

  @Test func ignoredTopicsDoNotCount() {
    let comparison = RecordComparison(ignoredTopics: ["signal"])
    #expect(Self.compare([Self.record()], [Self.record(), Self.record(topic: "fin.signal")], comparison).isEmpty)
  }

  @Test func orderCountsInATopicOrOfAKey() {
    let first = Self.record("1", key: "a")
    let second = Self.record("2", key: "b")
    #expect(Self.compare([first, second], [second, first]).count == 2)
    #expect(Self.compare([first, second], [second, first], RecordComparison(order: .key)).isEmpty)
    let third = Self.record("3", key: "a")
    #expect(Self.compare([first, third], [third, first], RecordComparison(order: .key)).count == 2)
  }

  @Test func onlyTheFirstHeartbeatCounts() {
    let beats = ["1", "2", "3"].map { Self.record($0, topic: "__debezium-heartbeat.fin") }
    #expect(Self.compare([beats[0]], [beats[0], beats[1], beats[2]]).isEmpty)
    #expect(Self.compare([beats[0]], [beats[1]]).count == 1)
  }
}
