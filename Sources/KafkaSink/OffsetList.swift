import CRdkafka

/// librdkafka's list of partitions with offsets.
@safe
struct OffsetList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ offsets: [(TopicPartition, Int64)]) {
    unsafe pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
    for (place, offset) in offsets {
      let entry = unsafe rd_kafka_topic_partition_list_add(pointer, place.topic, place.partition)
      unsafe entry?.pointee.offset = offset
    }
  }

  deinit { unsafe rd_kafka_topic_partition_list_destroy(pointer) }

  /// Throws the first error of a partition.
  func offsets() throws(KafkaError) -> [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    for index in 0..<Int(unsafe pointer.pointee.cnt) {
      let entry = unsafe pointer.pointee.elems[index]
      let place = unsafe TopicPartition(topic: String(cString: entry.topic), partition: entry.partition)
      guard unsafe entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        throw unsafe KafkaError(code: entry.err, topic: place.topic, partition: place.partition)
      }
      offsets[place] = unsafe entry.offset
    }
    return offsets
  }
}
