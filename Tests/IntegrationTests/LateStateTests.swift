import KafkaSink
import Primitives
import Testing

extension Integration {
  /// A connector that was switched to exactly once: nobody fences a relay of before.
  @Suite struct LateStateTests {
    /// It stood still with its state record on the way to the topic.
    @Test func aStateRecordOfBeforeTheSwitchToExactlyOnceTakesNothingBack() async throws {
      let (notes, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.broker.begin(topics: ["fin.public.t", "letters", "offsets"])
        try bank.write(["offset.storage.topic": "offsets", "group.id": "relay"])
        let before = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, 'a')")
        try bank.settle(before)
        try before.stop()
        let states = try bank.broker.records().filter { $0.topic == "offsets" }
        // The last is that of an orderly end.
        guard let late = states.dropLast().last else { throw ProcessFailure("no state\n\(before.output)") }
        bank.isExactlyOnce = true
        try bank.write([:])
        var relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (2, 'b')")
        try bank.settle(relay)
        try relay.stop()
        try Self.send(late, to: bank.broker)
        relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (3, 'c')")
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), relay.output)
      }
      #expect(notes == [1: ["a"], 2: ["b"], 3: ["c"]], "\(output)")
    }

    private static func send(_ late: RecordedRecord, to broker: CaseBroker) throws {
      var producer = try KafkaProducer(properties: [(name: "bootstrap.servers", value: broker.bootstrapServers)])
      var record = EncodedRecord()
      record.topic = try producer.topicIndex(late.topic)
      record.partition = late.partition
      let key = late.key ?? []
      record.bytes.append(key)
      record.key = 0..<record.bytes.count
      record.bytes.append(late.value ?? [])
      record.value = key.count..<record.bytes.count
      _ = try producer.enqueue(record, ticket: 0)
      var events: [ClientEvent] = []
      guard producer.drain(timeoutMilliseconds: 5_000, events: &events, { _, _ in }) == 0 else {
        throw ProcessFailure("the late record was not delivered: \(events)")
      }
    }
  }
}
