import EmbeddedServers
import KafkaSink
import Primitives
import Testing

/// Values that librdkafka does not copy, and header lists used again: no record may ever be sent with another's.
@Suite struct RecordMemoryTests {
  /// Each record tells in value and headers which it is; even ones carry the headers that most records have.
  private func fill(_ record: inout EncodedRecord, _ topic: Int, _ number: Int, bytes: Int) {
    let headers: [(String, [UInt8]?)] = [("context", utf8("bank")), ("run", utf8("7"))]
    KafkaSinkTests.fill(
      &record, topic: topic, key: utf8("\(number)"), value: value(number, bytes),
      headers: number % 5 == 4 ? [("own", utf8("\(number)"))] : headers)
  }

  private func value(_ number: Int, _ bytes: Int) -> [UInt8] {
    let start = utf8("\(number) ")
    return start + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: max(0, bytes - start.count))
  }

  private func check(_ read: [KafkaRecord], bytes: (Int) -> Int) throws {
    for record in read {
      let number = try #require(record.key.flatMap { Int(String(decoding: $0, as: UTF8.self)) })
      try #require(record.value == value(number, bytes(number)))
      try #require(
        record.headers.map(\.name) == (number % 5 == 4 ? ["own"] : ["context", "run"]))
      if number % 5 == 4 { try #require(record.headers[0].value == utf8("\(number)")) }
    }
  }

  /// Nothing is copied into requests either.
  private func sentByReference(_ isSent: Bool) -> [(name: String, value: String)] {
    isSent ? [(name: "message.copy.max.bytes", value: "0")] : []
  }

  @Test(arguments: [false, true])
  func recordsArriveWithTheirOwnValuesThroughRetriesAndRefusals(gathers: Bool) throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("memory", partitions: 1)
    try kafka.createTopic("refusing", partitions: 1)
    var producer = try makeProducer(
      kafka,
      [
        (name: "max.in.flight.requests.per.connection", value: "1"),
        (name: "queue.buffering.max.messages", value: "500"), (name: "batch.num.messages", value: "50"),
        (name: "message.max.bytes", value: "30000"),
      ] + sentByReference(gathers))
    let topic = try producer.topicIndex("memory")
    let refusing = try producer.topicIndex("refusing")
    producer.gathers = gathers
    let bytes = { (number: Int) in number % 50 == 0 ? 20_000 : number % 700 }
    var record = EncodedRecord()
    var events: [ClientEvent] = []
    // Known from here on, so that a partition that it lacks is refused at once.
    fill(&record, refusing, 0, bytes: 10)
    _ = try producer.enqueue(record, ticket: 0)
    #expect(producer.drain(timeoutMilliseconds: 5_000, events: &events) { _, _ in } == 0)
    var reported = 0
    var full = 0
    var refusals = 0
    let count = 5_000
    for number in 0..<count {
      if number % 500 == 0 { kafka.failNext(.produce, with: [.notEnoughReplicas, .disconnect, .requestTimedOut]) }
      if number % 7 == 0 {
        // A full queue comes before the partition.
        fill(&record, refusing, number, bytes: 100)
        record.partition = 9
        do { #expect(try producer.enqueue(record, ticket: 1) == .queueFull) } catch { refusals += 1 }
        fill(&record, refusing, number, bytes: 31_000)
        do { #expect(try producer.enqueue(record, ticket: 1) == .queueFull) } catch { refusals += 1 }
      }
      fill(&record, topic, number, bytes: bytes(number))
      while try producer.enqueue(record, ticket: UInt(number)) == .queueFull {
        full += 1
        producer.collectDeliveries(timeoutMilliseconds: 10) { _, result in
          #expect(result.error == nil)
          reported += 1
        }
      }
      // The caller's own memory is its own again at once.
      record.clear()
      record.bytes.append([UInt8](repeating: 0xEE, count: 2_000))
    }
    let left = producer.drain(timeoutMilliseconds: 20_000, events: &events) { _, result in
      #expect(result.error == nil)
      reported += 1
    }
    #expect(left == 0 && reported == count && full > 0 && refusals > (gathers ? 100 : 1_000))
    let read = try readAll(kafka, "memory")
    #expect(read.count == count)
    try check(read, bytes: bytes)
  }

  @Test(arguments: [false, true])
  func moreThanTheMemoryHoldsWaitsForABrokerAndArrives(gathers: Bool) throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("wide", partitions: 1)
    let room = [(name: "queue.buffering.max.kbytes", value: "32768")]
    var producer = try makeProducer(kafka, room + sentByReference(gathers))
    let topic = try producer.topicIndex("wide")
    producer.gathers = gathers
    var record = EncodedRecord()
    var events: [ClientEvent] = []
    fill(&record, topic, 0, bytes: 10)
    _ = try producer.enqueue(record, ticket: 0)
    #expect(producer.drain(timeoutMilliseconds: 5_000, events: &events) { _, _ in } == 0)
    try kafka.takeDown()
    // 16 MB, twice what there is; the cluster keeps the newest 5 MB.
    for number in 1...2_000 {
      fill(&record, topic, number, bytes: 8_000)
      #expect(try producer.enqueue(record, ticket: UInt(number)) == .accepted)
    }
    try kafka.bringUp()
    #expect(producer.drain(timeoutMilliseconds: 20_000, events: &events) { _, _ in } == 0)
    let read = try readAll(kafka, "wide")
    #expect(read.count > 400)
    try check(read) { $0 == 0 ? 10 : 8_000 }
  }

  /// Given up while queued and while in flight, then used again.
  @Test(arguments: [false, true])
  func whatIsGivenUpIsUsedAgain(gathers: Bool) throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("given-up", partitions: 1)
    var producer = try makeProducer(
      kafka, [(name: "queue.buffering.max.messages", value: "3000")] + sentByReference(gathers))
    let topic = try producer.topicIndex("given-up")
    producer.gathers = gathers
    var record = EncodedRecord()
    var events: [ClientEvent] = []
    var number = 0
    for round in 0..<8 {
      if round % 2 == 1 { try kafka.takeDown() }
      for _ in 0..<2_500 {
        fill(&record, topic, number, bytes: 1_000)
        #expect(try producer.enqueue(record, ticket: UInt(number)) == .accepted)
        number += 1
      }
      producer.collectDeliveries(maxEvents: 2, timeoutMilliseconds: 2) { _, _ in }
      producer.purge()
      #expect(producer.drain(timeoutMilliseconds: 10_000, events: &events) { _, _ in } == 0)
      if round % 2 == 1 { try kafka.bringUp() }
    }
    fill(&record, topic, number, bytes: 1_000)
    #expect(try producer.enqueue(record, ticket: 1) == .accepted)
    #expect(producer.drain(timeoutMilliseconds: 10_000, events: &events) { _, _ in } == 0)
    try check(try readAll(kafka, "given-up")) { _ in 1_000 }
  }

  /// No report is collected any more: librdkafka ends first, and the memory behind it.
  @Test(arguments: [true, false], [false, true])
  func aProducerEndsWithRecordsUnreported(isBrokerUp: Bool, gathers: Bool) throws {
    let kafka = try EmbeddedKafka()
    for _ in 0..<5 {
      var producer = try makeProducer(kafka)
      let topic = try producer.topicIndex("ended")
      producer.gathers = gathers
      if !isBrokerUp { try kafka.takeDown() }
      var record = EncodedRecord()
      for number in 0..<2_000 {
        fill(&record, topic, number, bytes: 1_000)
        #expect(try producer.enqueue(record, ticket: UInt(number)) == .accepted)
      }
      if isBrokerUp { producer.collectDeliveries(maxEvents: 1, timeoutMilliseconds: 100) { _, _ in } }
      // Some are gathered when the producer ends.
      if isBrokerUp || !gathers { producer.purge() }
      if !isBrokerUp { try kafka.bringUp() }
    }
    try check(try readAll(kafka, "ended")) { _ in 1_000 }
  }

  @Test func aProducerEndsAtOnceWithRequestsUnanswered() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("unanswered", partitions: 3)
    for _ in 0..<3 {
      let began: ContinuousClock.Instant
      do {
        var producer = try makeProducer(kafka)
        let topic = try producer.topicIndex("unanswered")
        var record = EncodedRecord()
        var events: [ClientEvent] = []
        fill(&record, topic, 0, bytes: 1_000)
        #expect(try producer.enqueue(record, ticket: 0) == .accepted)
        #expect(producer.drain(timeoutMilliseconds: 5_000, events: &events) { _, _ in } == 0)
        try kafka.setRoundTripTime(milliseconds: 30_000)
        for number in 0..<2_000 {
          fill(&record, topic, number, bytes: 1_000)
          #expect(try producer.enqueue(record, ticket: UInt(number)) == .accepted)
        }
        producer.collectDeliveries(timeoutMilliseconds: 50) { _, _ in }
        #expect(producer.queuedCount > 1_000)
        began = ContinuousClock.now
      }
      #expect(ContinuousClock.now - began < .seconds(10))
      try kafka.setRoundTripTime(milliseconds: 0)
    }
  }

  @Test func aProducerThatFailedForGoodEnds() throws {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    kafka.failNext(.initProducerId, with: [.clusterAuthorizationFailed])
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("failed")
    var record = EncodedRecord()
    for number in 0..<2_000 {
      fill(&record, topic, number, bytes: 1_000)
      #expect(try producer.enqueue(record, ticket: UInt(number)) == .accepted)
    }
    try kafka.bringUp()
    let deadline = ContinuousClock.now + .seconds(20)
    while producer.fatalError == nil, ContinuousClock.now < deadline {
      producer.collectDeliveries(timeoutMilliseconds: 20) { _, _ in }
    }
    for number in 0..<1_000 {
      fill(&record, topic, number, bytes: 1_000)
      #expect(throws: KafkaError.self) { try producer.enqueue(record, ticket: 1) }
    }
  }
}
