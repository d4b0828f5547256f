/// What a producer is unless its properties say otherwise, and what they cannot change. Names are librdkafka's.
enum ProducerDefaults {
  typealias Properties = [(name: String, value: String)]

  private static let defaults: Properties = [
    // As the Java client: a small request must not wait for the acknowledgement of the one before it.
    (name: "socket.nagle.disable", value: "true"),
    // As a Connect worker. With more, a producer's first batch to a partition is lost where the broker refuses it (not the
    // leader, for a moment after the topic was made or the leader changed) and takes the one behind it: brokers begin with
    // any sequence number, and librdkafka takes what came before for persisted. Source: confluent-kafka-go, issue 921.
    (name: "max.in.flight.requests.per.connection", value: "1"),
    // Where brokers are slower than the relay this is full, and is most of the relay's memory; compressed or encrypted,
    // librdkafka's requests take up to as much again.
    (name: "queue.buffering.max.kbytes", value: "8192"),
  ]

  private static let fixed: Properties = [
    (name: "enable.idempotence", value: "true"), (name: "acks", value: "all"),
    // Keyless records: one random partition for some milliseconds, then another, as the Java client.
    (name: "partitioner", value: "murmur2_random"),
  ]

  /// librdkafka's `message.max.bytes`.
  private static let messageBytesMax = 1_000_000

  static func complete(_ properties: Properties) -> Properties {
    // A record waits as long as it takes, as in a Connect worker; a transaction sets its own bound.
    let timeout = isTransactional(properties) ? [] : [(name: "message.timeout.ms", value: "0")]
    var all = timeout + defaults + properties + fixed
    // Without room for one librdkafka would refuse the largest for ever; `InFlightMemory` has the bound.
    let largest = number("message.max.bytes", all) ?? messageBytesMax
    if let room = number("queue.buffering.max.kbytes", all), room <= largest / 1_024 {
      all.append((name: "queue.buffering.max.kbytes", value: String(largest / 1_024 + 1)))
    }
    return all
  }

  /// What may be in flight, of those or of the defaults.
  static func inFlight(_ properties: Properties) -> InFlightMemory {
    let all = defaults + properties
    let bytes = number("queue.buffering.max.kbytes", all).map { $0.multipliedReportingOverflow(by: 1_024) }
    // 0 is no bound, and each client has librdkafka's own.
    let count = number("queue.buffering.max.messages", all) ?? 0
    return InFlightMemory(
      valueBytesMax: bytes.map { $0.overflow ? .max : $0.partialValue } ?? .max, countMax: count == 0 ? .max : count)
  }

  /// `nil` for what librdkafka will refuse.
  private static func number(_ name: String, _ properties: Properties) -> Int? {
    properties.last { $0.name == name }.flatMap { Int($0.value) }
  }

  static func isTransactional(_ properties: Properties) -> Bool {
    properties.contains { $0.name == "transactional.id" }
  }

  static func hasBufferLimit(_ properties: Properties) -> Bool {
    properties.contains { $0.name == "queue.buffering.max.kbytes" }
  }
}
