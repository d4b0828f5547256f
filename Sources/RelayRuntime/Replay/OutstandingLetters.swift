import EventEncoding
import KafkaSink
import Primitives

/// The dead letters of a connector that no replay has redelivered yet: those behind what the replay's consumer group has
/// committed.
struct OutstandingLetters {
  let connector: String
  let topic: String
  /// librdkafka's names of what reaches the brokers.
  let properties: [(name: String, value: String)]

  /// Consumer group of `sluice replay`.
  var group: String { "sluice-replay-\(connector)" }

  /// Where the first of each partition stands and where the topic ends now.
  struct Range {
    var starts: [TopicPartition: Int64]
    var ends: [TopicPartition: Int64]
  }

  func range() throws(KafkaError) -> Range {
    let topic = topic
    let consumer = try KafkaConsumer(properties: properties)
    let partitions = try consumer.partitions(timeoutMilliseconds: 10_000) { $0 == topic }
    let ends = try consumer.endOffsets(of: partitions, timeoutMilliseconds: 10_000)
    var starts = try consumer.beginningOffsets(of: partitions, timeoutMilliseconds: 10_000)
    for (place, offset) in try GroupOffsets(group: group, properties: properties).committed(partitions) {
      starts[place] = max(offset, starts[place] ?? 0)
    }
    return Range(starts: starts, ends: ends)
  }

  /// Lends the connector's letters, each partition in order.
  func read(
    _ range: Range, isStopped: () -> Bool, _ body: (KafkaRecord, TopicPartition) -> Void
  ) throws(KafkaError) {
    let name = Array(connector.utf8)
    try KafkaConsumer.read(from: range.starts, to: range.ends, properties: properties, isStopped: isStopped) {
      record, place in
      let record = record.copied()
      if record.header(DeadLetterHeader.connector) == name { body(record, place) }
    }
  }

  /// The keys that wait behind them (`sluice.errors.hold.key`).
  func heldKeys(isStopped: () -> Bool) throws(KafkaError) -> HeldKeys {
    var held = HeldKeys()
    try read(try range(), isStopped: isStopped) { record, _ in
      // One that is damaged is told by the replay. More keys than can be held stop the connector at the next letter.
      guard let hold = record.letterHold else { return }
      _ = held.hold(hold.names, since: hold.position)
    }
    return held
  }

  /// The keys whose older letters an earlier replay has put behind newer ones; `nil` where they are too many.
  func overtaken(isStopped: () -> Bool) throws(KafkaError) -> OvertakenLetters? {
    var letters = OvertakenLetters()
    var fits = true
    try read(try range(), isStopped: isStopped) { record, _ in
      if let hold = record.letterHold { fits = letters.pass(hold) && fits }
    }
    return fits ? letters : nil
  }
}

extension KafkaRecord {
  /// `nil` where the letter has none, or it is damaged.
  var letterHold: LetterHold? {
    guard let bytes = header(DeadLetterHeader.hold) else { return nil }
    return unsafe try? LetterHold(bytes.span.bytes)
  }
}
