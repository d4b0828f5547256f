import ConnectData

/// Logical types of Kafka Connect's own. The first three are `java.util.Date` in Java, a number here.
enum LogicalType: String {
  case date = "org.apache.kafka.connect.data.Date"
  case time = "org.apache.kafka.connect.data.Time"
  case timestamp = "org.apache.kafka.connect.data.Timestamp"
  case decimal = "org.apache.kafka.connect.data.Decimal"

  /// Required, version 1.
  var schema: ConnectSchema {
    let kind: ConnectSchema.Kind =
      switch self {
      case .date, .time: .int32
      case .timestamp: .int64
      case .decimal: .bytes
      }
    return ConnectSchema(kind, name: rawValue, version: 1)
  }
}
