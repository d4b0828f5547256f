import EmbeddedServers
import Foundation
import KafkaSink
import PostgresSource
import Primitives
import RelayTestSupport
import Testing

@testable import RelayRuntime

/// The owner rule of docs/model in every place that keeps state: what a relay stores after another has begun does not count.
@Suite struct RelayTermTests {
  private static let first = RelayTerm(number: 7, id: "a")
  private static let second = RelayTerm(number: 8, id: "b")

  private func record(_ relay: RelayTerm?, at position: UInt64) -> StateRecord {
    var record = StateRecordTests.record
    record.relay = relay
    record.position.acknowledged = LSN(rawValue: position)
    return record
  }

  @Test func termAndEndAreKeptInTheRecord() throws {
    var record = record(RelayTerm(number: .max, id: "0b9d-\"x"), at: 9)
    #expect(try StateRecord(json: record.json) == record)
    record.hasEnded = true
    #expect(try StateRecord(json: record.json) == record)
    record.relay = nil
    #expect(try StateRecord(json: record.json) == record)
  }

  @Test(arguments: ["\"\"", "\"7\"", "\"7-\"", "\"-a\"", "\"x-a\"", "7", "null"])
  func termThatIsNoneIsRefused(text: String) throws {
    let json = String(decoding: record(Self.first, at: 9).json, as: UTF8.self)
    let broken = json.replacing("\"7-a\"", with: text)
    #expect(broken != json)
    #expect(throws: StateStoreError.self) { try StateRecord(json: Array(broken.utf8)) }
  }

  @Test func eachRelayBeginsAboveTheLast() {
    let next = RelayTerm(after: Self.first)
    #expect(next.number == 8 && next != RelayTerm(after: Self.first))
    #expect(RelayTerm(after: nil).number == 1)
  }

  @Test func fileRefusesARelayThatHasBeenOvertakenHoweverFarItIs() throws {
    let path = NSTemporaryDirectory() + "sluice-term-" + UUID().uuidString
    defer { for suffix in ["", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    try expectOwnerRule { FileStateStore(path: path) }
  }

  @Test func tableRefusesARelayThatHasBeenOvertakenHoweverFarItIs() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop() }
    try expectOwnerRule { TableStateStore(settings: postgres.socketSettings()) }
  }

  private func expectOwnerRule(_ makeStore: () -> any StateStore) throws {
    var store = makeStore()
    let connector = StateRecordTests.record.connector
    #expect(try store.load(connector: connector) == nil)
    try store.store(record(Self.first, at: 5))
    var other = makeStore()
    // It begins with what it has found, or not at all: the other has stored since, and may have confirmed it.
    try store.store(record(Self.first, at: 6))
    let stale = try #require(throws: StateStoreError.self) { try other.claim(record(Self.second, at: 5)) }
    #expect(stale.isOvertaken)
    try other.claim(record(Self.second, at: 6))
    let error = try #require(throws: StateStoreError.self) { try store.store(record(Self.first, at: 9)) }
    #expect(error.isOvertaken && error.isTransient)
    #expect(try store.load(connector: connector) == record(Self.second, at: 6))
    // Of two that found the same record, one begins.
    let third = RelayTerm(number: 9, id: "c")
    try store.claim(record(third, at: 6))
    let late = try #require(throws: StateStoreError.self) {
      try other.claim(record(RelayTerm(number: 9, id: "d"), at: 6))
    }
    #expect(late.isOvertaken)
    #expect(try store.load(connector: connector)?.relay == third)
  }

  /// A topic takes records of anyone: it is the reading that passes over them. The last of them would read as a gap, since the
  /// slot is where the active relay has confirmed it.
  @Test func lateRecordInATopicDoesNotCount() throws {
    let kafka = try EmbeddedKafka()
    func store() -> TopicStateStore {
      TopicStateStore(
        name: "offsets", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)], partitions: 1,
        replicationFactor: 1)
    }
    let connector = StateRecordTests.record.connector
    var frozen = store()
    var active = store()
    // Without terms the last is in force, as in earlier versions.
    try frozen.store(record(nil, at: 3))
    try frozen.store(record(nil, at: 2))
    #expect(try active.load(connector: connector) == record(nil, at: 2))
    try frozen.claim(record(Self.first, at: 2))
    try active.claim(record(Self.second, at: 2))
    try active.store(record(Self.second, at: 8))
    try frozen.store(record(Self.first, at: 5))
    #expect(try active.load(connector: connector) == record(Self.second, at: 8))
    // Of two that found the same record, the one whose claim the topic has first begins.
    let third = RelayTerm(number: 9, id: "c")
    try active.claim(record(third, at: 8))
    let error = try #require(throws: StateStoreError.self) {
      try frozen.claim(record(RelayTerm(number: 9, id: "d"), at: 8))
    }
    #expect(error.isOvertaken)
    #expect(try active.load(connector: connector)?.relay == third)
    // One that has not seen what was stored just before it begins takes the term, not the position back.
    try active.store(record(third, at: 12))
    let stale = try #require(throws: StateStoreError.self) {
      try frozen.claim(record(RelayTerm(number: 10, id: "e"), at: 8))
    }
    #expect(stale.isOvertaken)
    #expect(try active.load(connector: connector)?.position.acknowledged == LSN(rawValue: 12))
    #expect(try active.load(connector: connector)?.relay?.number == 10)
  }

  /// Compaction takes away any part of the topic but its end, and leaves one record before that. Once the active relay has
  /// written behind a late record, what is left says the same wherever it begins.
  @Test func whateverCompactionLeavesTheActiveRelaysRecordIsInForce() throws {
    var random = SeededRandom(seed: 11)
    for _ in 0..<500 {
      var topic: [[UInt8]] = []
      var position: UInt64 = 1
      var relays = [RelayTerm(number: 1, id: "r1")]
      topic.append(record(relays[0], at: position).json)
      for number in 2...4 as ClosedRange<UInt64> {
        let next = RelayTerm(number: number, id: "r\(number)")
        topic.append(record(next, at: position).claimJSON)
        relays.append(next)
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
          position += 1
          topic.append(record(next, at: position).json)
        }
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
          let late = relays[Int.random(in: 0..<(relays.count - 1), using: &random)]
          topic.append(record(late, at: UInt64.random(in: 0..<20, using: &random)).json)
        }
        // Written again, whether or not it has moved.
        topic.append(record(next, at: position).json)
      }
      let active = record(relays.last, at: position)
      for start in topic.indices {
        let left = topic[start...].dropFirst().reduce(topic[start]) { StateRecord.inForce($1, after: $0) }
        #expect(try StateRecord(json: left) == active, "from record \(start) of \(topic.count)")
      }
    }
  }

  /// As the topic is read: the active relay's records before the late one are gone.
  @Test func firstRecordBehindALateOneThatCompactionHasLeftIsWhole() throws {
    let kafka = try EmbeddedKafka()
    func store() -> TopicStateStore {
      TopicStateStore(
        name: "offsets", properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)], partitions: 1,
        replicationFactor: 1)
    }
    let connector = StateRecordTests.record.connector
    var (frozen, active) = (store(), store())
    try frozen.store(record(Self.first, at: 5))
    try active.store(record(Self.second, at: 8))
    #expect(try active.load(connector: connector) == record(Self.second, at: 8))
    // A claim, in contrast, moves the term alone, and is no claim to the one who has read it.
    let third = RelayTerm(number: 9, id: "c")
    try frozen.claim(record(third, at: 8))
    #expect(try active.load(connector: connector) == record(third, at: 8))
  }

  @Test func absenceIsTheTimeBetweenTwoLooks() {
    var presence = Presence()
    #expect(presence.absence(at: 0) == nil)
    #expect(presence.absence(at: 2_999) == nil)
    #expect(presence.absence(at: 5_999) == 3_000)
    #expect(presence.absence(at: 6_000) == nil)
    // A wait of our own.
    presence.begin()
    #expect(presence.absence(at: 60_000) == nil)
  }
}
