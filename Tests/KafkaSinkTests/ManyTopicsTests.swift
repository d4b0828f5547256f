import EmbeddedServers
import Primitives
import Testing

@testable import KafkaSink

/// A producer with thousands of topics: several clients, and less in flight.
@Suite struct ManyTopicsTests {
  @Test func recordsInFlightGiveUpWhatTopicsTake() {
    var memory = InFlightMemory()
    for count in 1...2_750 { memory.topicAdded(count) }
    #expect(memory.limit == .max)
    memory.topicAdded(3_750)
    #expect(memory.limit == 14 << 20 - 1_000 * 5_500)
    memory.topicAdded(100_000)
    #expect(memory.limit == 2 << 20)
  }

  @Test func anyOneRecordIsTakenHoweverLarge() {
    var memory = InFlightMemory()
    memory.topicAdded(100_000)
    #expect(!memory.isFull)
    memory.add(5 << 20)
    #expect(memory.isFull)
    memory.remove(5 << 20)
    #expect(!memory.isFull && memory.bytes == 0)
  }

  /// Fills a producer of 5,000 topics whose brokers are away, and returns how many records it took.
  private func taken(_ properties: [(String, String)], isGathered: Bool) throws -> Int {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    var producer = try makeProducer(kafka, properties)
    for number in 0..<5_000 { _ = try producer.topicIndex("t\(number)") }
    producer.gathers = isGathered
    var record = EncodedRecord()
    var count = 0
    while count < 20_000 {
      fill(&record, topic: count % 5_000, key: nil, value: [UInt8](repeating: 65, count: 600))
      guard try producer.enqueue(record, ticket: UInt(count)) == .accepted else { break }
      count += 1
    }
    return count - producer.gatheredCount
  }

  @Test(arguments: [false, true]) func lessIsInFlightOfThousandsOfTopics(isGathered: Bool) throws {
    let bytesMax = 14 << 20 - 2_250 * 5_500
    // Of 600 bytes each, and 400 beside them.
    #expect(try taken([], isGathered: isGathered) == bytesMax / 1_000 + 1)
  }

  /// 8 MiB of values that librdkafka counts alone.
  @Test func aLimitOfOnesOwnHolds() throws {
    #expect(try taken([("queue.buffering.max.kbytes", "8192")], isGathered: false) >= (8 << 20) / 600)
  }

  @Test func eachTwoThousandTopicsHaveAClientAndAllReport() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    for number in 0..<2_048 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.clientCount == 1)
    let last = try producer.topicIndex("many2048")
    #expect(producer.clientCount == 2)
    #expect(try producer.topicIndex("many7") == 7)

    var record = EncodedRecord()
    var reported: [UInt: Int64] = [:]
    for round in 0..<3 {
      for (ticket, topic) in [(0, 0), (1, last), (2, 2_047)] {
        fill(&record, topic: topic, key: utf8("k"), value: utf8("\(round)"))
        #expect(try producer.enqueue(record, ticket: UInt(round * 3 + ticket)) == .accepted)
      }
    }
    var events: [ClientEvent] = []
    let left = producer.drain(timeoutMilliseconds: 10_000, events: &events) { ticket, result in
      if case .delivered(_, let offset) = result { reported[ticket] = offset }
    }
    #expect(left == 0 && reported.count == 9)
    for topic in ["many0", "many2047", "many2048"] {
      #expect(try readAll(kafka, topic).map(\.value) == ["0", "1", "2"].map { utf8($0) })
    }
    #expect(try producer.refreshTopic(last, timeoutMilliseconds: 5_000))
  }

  @Test func whatSeveralClientsHoldIsPurged() throws {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    var producer = try makeProducer(kafka)
    for number in 0...2_048 { _ = try producer.topicIndex("many\(number)") }
    var record = EncodedRecord()
    for (ticket, topic) in [0, 2_048].enumerated() {
      fill(&record, topic: topic, key: nil, value: utf8("x"))
      #expect(try producer.enqueue(record, ticket: UInt(ticket)) == .accepted)
    }
    #expect(producer.queuedCount >= 2)
    producer.purge()
    var purged: Set<UInt> = []
    var events: [ClientEvent] = []
    let left = producer.drain(timeoutMilliseconds: 5_000, events: &events) { ticket, result in
      if result.error?.kind == .purged { purged.insert(ticket) }
    }
    #expect(left == 0 && purged == [0, 1])
  }

  /// A transaction is of one producer's identity.
  @Test func aTransactionalProducerStaysOneClient() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka, [("transactional.id", "one")])
    for number in 0...2_048 { _ = try producer.topicIndex("many\(number)") }
    #expect(producer.clientCount == 1)
  }
}
