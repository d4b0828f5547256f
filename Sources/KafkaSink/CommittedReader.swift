import CRdkafka

/// Reads one partition of one topic on from where a consumer group has committed, and commits when it is told to. It is no
/// member of the group: nothing is rebalanced.
///
/// One owner; calls may come from any thread, one at a time (`rdkafka.h`, "Threads").
@safe
public struct CommittedReader: ~Copyable, @unchecked Sendable {
  private let client: OpaquePointer
  private let place: TopicPartition

  /// - Parameters:
  ///   - properties: librdkafka's names, `group.id` among them.
  ///   - offset: where to begin, whatever is committed.
  public init(
    topic: String, properties: [(name: String, value: String)], from offset: Int64? = nil
  ) throws(KafkaError) {
    let defaults = [
      (name: "auto.offset.reset", value: "earliest"), (name: "allow.auto.create.topics", value: "false"),
      (name: "fetch.wait.max.ms", value: "100"),
    ]
    // Its log would go to standard error: the errors that matter come as messages.
    let fixed = [
      (name: "enable.auto.commit", value: "false"), (name: "enable.partition.eof", value: "false"),
      (name: "log_level", value: "0"),
    ]
    let made = unsafe try makeClient(RD_KAFKA_CONSUMER, defaults + properties + fixed, events: 0)
    unsafe rd_kafka_poll_set_consumer(made)
    let place = TopicPartition(topic: topic, partition: 0)
    let list = OffsetList([(place, offset ?? Int64(RD_KAFKA_OFFSET_STORED))])
    let code = unsafe rd_kafka_assign(made, list.pointer)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      unsafe rd_kafka_destroy(made)
      throw KafkaError(code: code, topic: topic)
    }
    unsafe client = made
    self.place = place
  }

  deinit {
    unsafe rd_kafka_consumer_close(client)
    unsafe rd_kafka_destroy(client)
  }

  /// Waits for a record; `nil` when none has come in time. Throws what the broker or librdkafka say of the partition; the
  /// next call goes on.
  public mutating func next(timeoutMilliseconds: Int) throws(KafkaError) -> KafkaRecord? {
    guard let message = unsafe rd_kafka_consumer_poll(client, Int32(clamping: timeoutMilliseconds)) else { return nil }
    defer { unsafe rd_kafka_message_destroy(message) }
    let code = unsafe message.pointee.err
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code: code) }
    let record = unsafe ConsumedRecord(UnsafePointer(message))
    return record.copied()
  }

  /// The group has read up to before this offset.
  public mutating func commit(_ next: Int64) throws(KafkaError) {
    let list = OffsetList([(place, next)])
    let code = unsafe rd_kafka_commit(client, list.pointer, 0)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code: code, topic: place.topic) }
    _ = try list.offsets()
  }
}
