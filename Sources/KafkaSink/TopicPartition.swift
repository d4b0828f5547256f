import CRdkafka

public struct TopicPartition: Hashable, Sendable, Comparable {
  public var topic: String
  public var partition: Int32

  public init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.topic, left.partition) < (right.topic, right.partition)
  }
}

/// All partitions of the topics that `isWanted` takes. Asks for all topics, since a request by name makes some brokers
/// create the topic.
func listPartitions(
  client: OpaquePointer, timeoutMilliseconds: Int, where isWanted: (String) -> Bool
) throws(KafkaError) -> [TopicPartition] {
  var metadata: UnsafePointer<rd_kafka_metadata>?
  let code = unsafe rd_kafka_metadata(client, 1, nil, &metadata, Int32(clamping: timeoutMilliseconds))
  guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe metadata else {
    throw KafkaError(code: code)
  }
  defer { unsafe rd_kafka_metadata_destroy(metadata) }
  var found: [TopicPartition] = []
  for index in 0..<Int(unsafe metadata.pointee.topic_cnt) {
    let topic = unsafe metadata.pointee.topics[index]
    guard unsafe topic.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
    let name = unsafe String(cString: topic.topic)
    guard isWanted(name) else { continue }
    for index in 0..<Int(unsafe topic.partition_cnt) {
      found.append(unsafe TopicPartition(topic: name, partition: topic.partitions[index].id))
    }
  }
  return found
}
