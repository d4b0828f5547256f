import Primitives
import RelayRuntime
import Testing

@Suite struct StateRecordTests {
  static let record = StateRecord(
    connector: "fintech \"main\" é\n", systemIdentifier: "7341234567890123456", timeline: 3, database: "bank",
    slot: "fintech_main", ownsSlot: true, snapshot: .complete,
    position: StreamPosition(acknowledged: LSN(rawValue: 0x16_B374_D848), lastCommit: LSN(rawValue: 0x16_B374_D800)))

  private let members = [
    "format": "1", "connector": "\"c\"", "systemIdentifier": "\"7\"", "timeline": "1", "database": "\"d\"",
    "slot": "\"s\"", "ownsSlot": "true", "snapshot": "\"running\"", "position": "\"0/10\"", "lastCommit": "\"0/8\"",
  ]

  private func json(_ change: (inout [String: String]) -> Void = { _ in }) -> [UInt8] {
    var members = members
    change(&members)
    return Array(("{" + members.map { "\"\($0.key)\":\($0.value)" }.sorted().joined(separator: ",") + "}").utf8)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var record = Self.record
    #expect(try StateRecord(json: record.json) == record)
    record.position.lastCommit = nil
    record.ownsSlot = false
    record.snapshot = .running
    record.position.acknowledged = LSN(rawValue: .max)
    #expect(try StateRecord(json: record.json) == record)
  }

  @Test func howMuchOfADividedTransactionIsCommittedIsKept() throws {
    var record = Self.record
    record.position.divided = DividedTransaction(TransactionID(rawValue: .max), changes: .max, parts: 3)
    #expect(try StateRecord(json: record.json) == record)
    for change in ["\"-1\"", "\"x\"", nil] as [String?] {
      #expect(throws: StateStoreError.self) {
        try StateRecord(
          json: json {
            $0["dividedTransaction"] = "\"9\""
            $0["dividedChanges"] = change
          })
      }
    }
  }

  @Test func aRecordIsOneLine() {
    #expect(!Self.record.json.contains(UInt8(ascii: "\n")))
  }

  @Test func membersMayComeInAnyOrder() throws {
    let record = try StateRecord(json: json())
    #expect(record.timeline == 1 && record.position.lastCommit == LSN(rawValue: 8))
  }

  @Test func aRecordCutAnywhereIsRefused() {
    let bytes = Self.record.json
    for length in 0..<bytes.count {
      #expect(throws: StateStoreError.self) { try StateRecord(json: Array(bytes[..<length])) }
    }
  }

  @Test(arguments: [
    "format", "connector", "systemIdentifier", "timeline", "database", "slot", "ownsSlot", "snapshot", "position",
  ])
  func aMissingMemberIsRefusedByName(name: String) throws {
    let error = try #require(throws: StateStoreError.self) { try StateRecord(json: json { $0[name] = nil }) }
    #expect(error.description.contains(name))
    #expect(!error.isTransient)
  }

  @Test(arguments: [
    ("timeline", "\"one\""), ("timeline", "1.5"), ("timeline", "99999999999999999999"), ("ownsSlot", "\"maybe\""),
    ("ownsSlot", "1"), ("snapshot", "\"done\""), ("snapshot", "true"), ("position", "16"), ("position", "\"0x10\""),
    ("position", "\"0/123456789\""), ("lastCommit", "\"\""), ("lastCommit", "7"), ("connector", "null"),
    ("connector", "[]"), ("position", "{\"lsn\":\"0/10\"}"),
  ])
  func aMemberOfAnotherTypeIsRefused(name: String, value: String) {
    #expect(throws: StateStoreError.self) { try StateRecord(json: json { $0[name] = value }) }
  }

  @Test(arguments: ["2", "0", "\"\""])
  func anotherFormatIsRefused(format: String) throws {
    let error = try #require(throws: StateStoreError.self) { try StateRecord(json: json { $0["format"] = format }) }
    #expect(error.description.contains("format"))
  }

  @Test(arguments: ["", " ", "null", "[]", "7", "\"x\"", "{}", "{}{}", "{\"format\":1}", "\u{0}"])
  func whatIsNoObjectIsRefused(text: String) {
    #expect(throws: StateStoreError.self) { try StateRecord(json: Array(text.utf8)) }
  }
}
