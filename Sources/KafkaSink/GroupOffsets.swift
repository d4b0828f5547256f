import CRdkafka

/// What a consumer group has committed of partitions, read and written without being its member.
///
/// One owner; calls may come from any thread, one at a time (`rdkafka.h`, "Threads").
@safe
public struct GroupOffsets: ~Copyable, @unchecked Sendable {
  private let client: OpaquePointer
  private let timeoutMilliseconds: Int

  /// - Parameters:
  ///   - properties: librdkafka's names of what reaches the brokers.
  ///   - timeoutMilliseconds: bound of each call.
  public init(
    group: String, properties: [(name: String, value: String)], timeoutMilliseconds: Int = 30_000
  ) throws(KafkaError) {
    let fixed = [
      (name: "group.id", value: group), (name: "enable.auto.commit", value: "false"),
      (name: "log_level", value: "0"),
    ]
    unsafe client = try makeClient(RD_KAFKA_CONSUMER, properties + fixed, events: 0)
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  deinit { unsafe rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }

  /// The next offset to read of each partition; those of which nothing is committed are missing.
  public func committed(_ partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: Int64] {
    if partitions.isEmpty { return [:] }
    let list = OffsetList(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) })
    let code = unsafe rd_kafka_committed(client, list.pointer, Int32(clamping: timeoutMilliseconds))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code: code) }
    return try list.offsets().filter { $0.value >= 0 }
  }

  public func commit(_ offsets: [TopicPartition: Int64]) throws(KafkaError) {
    if offsets.isEmpty { return }
    let list = OffsetList(offsets.map { ($0.key, $0.value) })
    let code = unsafe rd_kafka_commit(client, list.pointer, 0)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code: code) }
    _ = try list.offsets()
  }

  /// Adds the offsets to the producer's open transaction: they are committed with its records, or not at all.
  public func add(_ offsets: [TopicPartition: Int64], to producer: borrowing KafkaProducer) throws(KafkaError) {
    guard let group = unsafe rd_kafka_consumer_group_metadata(client) else {
      throw KafkaError(code: RD_KAFKA_RESP_ERR__STATE, text: "the consumer has no group")
    }
    defer { unsafe rd_kafka_consumer_group_metadata_destroy(group) }
    let list = OffsetList(offsets.map { ($0.key, $0.value) })
    let error = unsafe rd_kafka_send_offsets_to_transaction(
      producer.client, list.pointer, group, Int32(clamping: timeoutMilliseconds))
    if let error = unsafe error { throw unsafe KafkaError(consuming: error) }
  }
}
