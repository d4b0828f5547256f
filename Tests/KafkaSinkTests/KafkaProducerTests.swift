import EmbeddedServers
import Glibc
import KafkaSink
import Primitives
import Testing

@Suite struct KafkaProducerTests {
  @Test func recordArrivesAsItWasEnqueued() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("shapes", partitions: 1)
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("shapes")
    let headers: [(String, [UInt8]?)] = [
      ("id", utf8("7")), ("empty", []), ("null", nil), ("id", [0, 255, 0]),
    ]
    let shapes: [([UInt8]?, [UInt8]?)] = [
      (utf8("key"), utf8("value")), (nil, utf8("value")), (utf8("key"), nil), ([], []), (nil, nil), (nil, []),
      ([0], [0, 1, 0]),
    ]
    var record = EncodedRecord(minimumCapacity: 16)
    for (index, shape) in shapes.enumerated() {
      fill(
        &record, topic: topic, key: shape.0, value: shape.1, headers: index == 0 ? headers : [],
        timestampMilliseconds: 1_700_000_000_000 + Int64(index))
      #expect(try producer.enqueue(record, ticket: UInt(index)) == .accepted)
    }
    var events: [ClientEvent] = []
    #expect(producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in } == 0)
    let read = try readAll(kafka, "shapes")
    try #require(read.count == shapes.count)
    for (index, shape) in shapes.enumerated() {
      #expect(read[index].key == shape.0)
      #expect(read[index].value == shape.1)
      #expect(read[index].timestampMilliseconds == 1_700_000_000_000 + Int64(index))
      #expect(read[index].offset == Int64(index))
    }
    #expect(read[0].headers == headers.map { KafkaRecord.Header(name: $0.0, value: $0.1) })
    #expect(read[1].headers.isEmpty)
  }

  @Test func moreHeadersThanThePreparedArrayHoldsArriveInOrder() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("many-headers")
    let headers = (0..<100).map { ("h\($0)", Optional(utf8("v\($0)"))) }
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: nil, headers: headers)
    #expect(try producer.enqueue(record, ticket: 1) == .accepted)
    var events: [ClientEvent] = []
    #expect(producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in } == 0)
    let read = try readAll(kafka, "many-headers")
    #expect(read.first?.headers == headers.map { KafkaRecord.Header(name: $0.0, value: $0.1) })
  }

  @Test(arguments: [false, true]) func missingTimestampIsTheTimeOfEnqueueing(isGathered: Bool) throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    producer.gathers = isGathered
    let topic = try producer.topicIndex("now")
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: utf8("x"))
    let before = Int64(Glibc.time(nil)) * 1000
    _ = try producer.enqueue(record, ticket: 1)
    var events: [ClientEvent] = []
    _ = producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in }
    let stamp = try #require(try readAll(kafka, "now").first?.timestampMilliseconds)
    #expect(stamp >= before && stamp < before + 60_000)
  }

  @Test func timestampBefore1970IsRefused() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("early")
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: nil, timestampMilliseconds: -1)
    do {
      _ = try producer.enqueue(record, ticket: 1)
      Issue.record("accepted")
    } catch { #expect(error.kind == .invalidRecord) }
    #expect(producer.queuedCount == 0)
  }

  @Test func timestampOfZeroGoesAsTheFirstMillisecond() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    var record = EncodedRecord()
    fill(&record, topic: try producer.topicIndex("zero"), key: nil, value: nil, timestampMilliseconds: 0)
    _ = try producer.enqueue(record, ticket: 1)
    var events: [ClientEvent] = []
    _ = producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in }
    #expect(try readAll(kafka, "zero").first?.timestampMilliseconds == 1)
  }

  @Test func everyTicketComesBackOnce() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    let topics = [try producer.topicIndex("a"), try producer.topicIndex("b")]
    #expect(try producer.topicIndex("a") == topics[0])
    #expect(producer.topicName(topics[1]) == "b")
    var record = EncodedRecord()
    var seen = [Int](repeating: 0, count: 5000)
    for index in 0..<seen.count {
      fill(&record, topic: topics[index % 2], key: utf8("\(index)"), value: utf8("value \(index)"))
      // The largest ticket uses all bits of the pointer.
      let ticket = index == 0 ? UInt.max : UInt(index)
      #expect(try producer.enqueue(record, ticket: ticket) == .accepted)
    }
    var events: [ClientEvent] = []
    let left = producer.drain(timeoutMilliseconds: 5000, events: &events) { ticket, result in
      #expect(result.error == nil)
      seen[ticket == UInt.max ? 0 : Int(ticket)] += 1
    }
    #expect(left == 0)
    #expect(seen.allSatisfy { $0 == 1 })
  }

  @Test func fixedPartitionOverridesThePartitioner() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("fixed", partitions: 3)
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("fixed")
    var record = EncodedRecord()
    for partition: Int32 in [2, 0, 1] {
      fill(&record, topic: topic, key: utf8("same"), value: nil, partition: partition)
      _ = try producer.enqueue(record, ticket: UInt(partition))
    }
    var events: [ClientEvent] = []
    var partitions: [UInt: Int32] = [:]
    _ = producer.drain(timeoutMilliseconds: 5000, events: &events) { ticket, result in
      if case .delivered(let partition, _) = result { partitions[ticket] = partition }
    }
    #expect(partitions == [0: 0, 1: 1, 2: 2])
    // The topic is known now, so that a partition it does not have is refused at once.
    fill(&record, topic: topic, key: nil, value: nil, headers: [("h", utf8("1"))], partition: 3)
    do {
      _ = try producer.enqueue(record, ticket: 9)
      Issue.record("accepted partition 3 of 3")
    } catch {
      #expect(error.kind == .unknownTopic)
      #expect(error.topic == "fixed" && error.partition == 3)
    }
  }

  @Test func fullQueueTakesNothingAndGoesOnAfterReportsAreCollected() throws {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    var producer = try makeProducer(kafka, [(name: "queue.buffering.max.messages", value: "10")])
    let topic = try producer.topicIndex("bounded")
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: utf8("x"))
    for ticket in 0..<10 { #expect(try producer.enqueue(record, ticket: UInt(ticket)) == .accepted) }
    #expect(try producer.enqueue(record, ticket: 10) == .queueFull)
    try kafka.bringUp()
    var events: [ClientEvent] = []
    var tickets: [UInt] = []
    #expect(producer.drain(timeoutMilliseconds: 8000, events: &events) { ticket, _ in tickets.append(ticket) } == 0)
    #expect(tickets.sorted() == Array(0..<10))
    #expect(try producer.enqueue(record, ticket: 10) == .accepted)
  }

  /// One at a time, instead of waiting for ever; also where nothing says how large a record may be.
  @Test(arguments: [[], [(name: "message.max.bytes", value: "3000000")]])
  func recordLargerThanTheQueueIsTakenAlone(limit: [(name: String, value: String)]) throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("larger", partitions: 1)
    var producer = try makeProducer(kafka, limit + [(name: "queue.buffering.max.kbytes", value: "100")])
    let topic = try producer.topicIndex("larger")
    let value = [UInt8](repeating: 65, count: limit.isEmpty ? 600_000 : 2_000_000)
    var record = EncodedRecord()
    var events: [ClientEvent] = []
    for ticket: UInt in 1...2 {
      fill(&record, topic: topic, key: nil, value: value)
      #expect(try producer.enqueue(record, ticket: ticket) == .accepted)
      #expect(try producer.enqueue(record, ticket: 9) == .queueFull)
      var delivered: [UInt] = []
      let left = producer.drain(timeoutMilliseconds: 10_000, events: &events) { ticket, result in
        if result.error == nil { delivered.append(ticket) }
      }
      #expect(left == 0 && delivered == [ticket])
    }
    #expect(try readAll(kafka, "larger").map { $0.value?.count } == [value.count, value.count])
  }

  @Test func recordAboveTheLimitIsRefusedWithItsTopic() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka, [(name: "message.max.bytes", value: "2000")])
    let topic = try producer.topicIndex("small")
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: [UInt8](repeating: 65, count: 3000))
    do {
      _ = try producer.enqueue(record, ticket: 1)
      Issue.record("accepted")
    } catch {
      #expect(error.kind == .recordTooLarge)
      #expect(error.name == "MSG_SIZE_TOO_LARGE")
      #expect(error.topic == "small")
      #expect(!error.isRetriable && !error.isFatal)
    }
  }

  @Test func errorsOfTheBrokerAreRetriedWithoutLossAndInOrder() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("retried", partitions: 1)
    // One request at a time: see EmbeddedKafka on sequence numbers.
    var producer = try makeProducer(
      kafka,
      [
        (name: "max.in.flight.requests.per.connection", value: "1"), (name: "batch.num.messages", value: "20"),
      ])
    let topic = try producer.topicIndex("retried")
    kafka.failNext(
      .produce,
      with: [
        .notLeaderForPartition, .requestTimedOut, .disconnect, .notEnoughReplicas, .kafkaStorageError, .disconnect,
      ])
    var record = EncodedRecord()
    for index in 0..<300 {
      fill(&record, topic: topic, key: utf8("one"), value: utf8("\(index)"))
      _ = try producer.enqueue(record, ticket: UInt(index))
    }
    var events: [ClientEvent] = []
    var delivered = 0
    let left = producer.drain(timeoutMilliseconds: 10_000, events: &events) { _, result in
      #expect(result.error == nil)
      delivered += 1
    }
    #expect(left == 0)
    #expect(delivered == 300)
    #expect(try readAll(kafka, "retried").map(\.value) == (0..<300).map { utf8("\($0)") })
  }

  @Test func recordsWaitWhileTheBrokerIsDown() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("outage", partitions: 1)
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("outage")
    var record = EncodedRecord()
    var events: [ClientEvent] = []
    fill(&record, topic: topic, key: nil, value: utf8("before"))
    _ = try producer.enqueue(record, ticket: 0)
    #expect(producer.drain(timeoutMilliseconds: 5000, events: &events) { _, _ in } == 0)
    try kafka.takeDown()
    for index in 1...100 {
      fill(&record, topic: topic, key: nil, value: utf8("\(index)"))
      _ = try producer.enqueue(record, ticket: UInt(index))
    }
    #expect(producer.drain(timeoutMilliseconds: 300, events: &events) { _, _ in Issue.record("reported") } == 100)
    try kafka.bringUp()
    var order: [UInt] = []
    #expect(producer.drain(timeoutMilliseconds: 8000, events: &events) { ticket, _ in order.append(ticket) } == 0)
    #expect(order == Array(1...100))
    let isReported = events.contains { event in
      if case .error(let error) = event { error.kind == .unreachable && error.isRetriable } else { false }
    }
    #expect(isReported)
  }

  @Test func refusalOfTheProducerIdIsFatal() throws {
    let kafka = try EmbeddedKafka()
    kafka.failNext(.initProducerId, with: [.clusterAuthorizationFailed])
    var producer = try makeProducer(kafka)
    // The producer asks as soon as it is connected.
    var fatal: KafkaError?
    for _ in 0..<300 where fatal == nil {
      for case .error(let error) in producer.collectDeliveries(timeoutMilliseconds: 100, { _, _ in })
      where error.isFatal { fatal = error }
    }
    let error = try #require(fatal)
    #expect(error.kind == .notAuthorized)
    #expect(error.name == "CLUSTER_AUTHORIZATION_FAILED")
    #expect(producer.fatalError?.code == error.code)
    var record = EncodedRecord()
    fill(&record, topic: try producer.topicIndex("fatal"), key: nil, value: nil)
    do {
      _ = try producer.enqueue(record, ticket: 1)
      Issue.record("accepted after a fatal error")
    } catch { #expect(error.isFatal) }
  }

  @Test func recordThatTheBrokerRefusesIsReportedWithItsTicket() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("refused", partitions: 1)
    kafka.failNext(.produce, with: [.topicAuthorizationFailed])
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("refused")
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: utf8("secret"))
    _ = try producer.enqueue(record, ticket: 77)
    var events: [ClientEvent] = []
    var failures: [UInt: KafkaError] = [:]
    _ = producer.drain(timeoutMilliseconds: 5000, events: &events) { ticket, result in failures[ticket] = result.error }
    let error = try #require(failures[77])
    #expect(error.kind == .notAuthorized)
    #expect(error.topic == "refused" && error.partition == 0)
    #expect(!"\(error)".contains("secret"))
  }

  @Test func purgeGivesEveryTicketBack() throws {
    let kafka = try EmbeddedKafka()
    try kafka.takeDown()
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("abandoned")
    var record = EncodedRecord()
    fill(&record, topic: topic, key: nil, value: nil)
    for ticket in 0..<50 { _ = try producer.enqueue(record, ticket: UInt(ticket)) }
    producer.purge()
    var events: [ClientEvent] = []
    var purged = 0
    let left = producer.drain(timeoutMilliseconds: 5000, events: &events) { _, result in
      #expect(result.error?.kind == .purged)
      purged += 1
    }
    #expect(left == 0)
    #expect(purged == 50)
  }

  @Test func descriptorIsReadableWhileReportsWait() throws {
    let kafka = try EmbeddedKafka()
    var producer = try makeProducer(kafka)
    let topic = try producer.topicIndex("descriptor")
    func isReadable(_ milliseconds: Int32) -> Bool {
      var entry = pollfd(fd: producer.eventDescriptor, events: Int16(POLLIN), revents: 0)
      return Glibc.poll(&entry, 1, milliseconds) == 1
    }
    while isReadable(50) { producer.collectDeliveries { _, _ in } }
    var record = EncodedRecord()
    var reported = 0
    for round in 1...3 {
      fill(&record, topic: topic, key: nil, value: utf8("x"))
      _ = try producer.enqueue(record, ticket: UInt(round))
      // One event a call, so that a call may leave some behind: the descriptor must then stay readable.
      while reported < round {
        try #require(isReadable(5000))
        producer.collectDeliveries(maxEvents: 1) { _, _ in reported += 1 }
      }
    }
    while isReadable(50) { producer.collectDeliveries { _, _ in } }
    #expect(!isReadable(20))
  }

  @Test func unknownPropertyIsAConfigurationError() throws {
    do {
      _ = try KafkaProducer(properties: [(name: "no.such.property", value: "1")])
      Issue.record("accepted")
    } catch {
      #expect(error.kind == .configuration)
      #expect(error.text.contains("no.such.property"))
    }
  }

  @Test func callerCannotSwitchIdempotenceOff() throws {
    let kafka = try EmbeddedKafka()
    // Only an idempotent producer asks for a producer id, as soon as it is connected, and so meets this refusal.
    kafka.failNext(.initProducerId, with: [.clusterAuthorizationFailed])
    var producer = try makeProducer(
      kafka, [(name: "enable.idempotence", value: "false"), (name: "acks", value: "1")])
    let deadline = ContinuousClock.now + .seconds(30)
    while producer.fatalError == nil, ContinuousClock.now < deadline {
      producer.collectDeliveries(timeoutMilliseconds: 20) { _, _ in }
    }
    #expect(producer.fatalError?.kind == .notAuthorized)
  }
}
