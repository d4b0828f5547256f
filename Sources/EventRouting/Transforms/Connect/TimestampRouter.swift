import ConnectData

/// Names the topic by the record's timestamp, which a record must have. Source:
/// `org.apache.kafka.connect.transforms.TimestampRouter`.
public struct TimestampRouter: RecordTransform {
  private let topicFormat: String
  private let timestampFormat: SimpleDateFormat

  public init(topicFormat: String, timestampFormat: SimpleDateFormat) {
    self.topicFormat = topicFormat
    self.timestampFormat = timestampFormat
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard let timestamp = record.timestampMilliseconds else {
      throw TransformFailure("TimestampRouter: the record has no timestamp, which only an event router gives")
    }
    // One after the other, as Kafka Connect does: a topic may itself hold ${timestamp}.
    record.topic = topicFormat.replacing("${topic}", with: record.topic)
      .replacing("${timestamp}", with: timestampFormat.text(of: timestamp))
    return true
  }
}
