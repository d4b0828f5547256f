/// How large the requests are in which the producer sends records. A broker refuses a batch whole, be it for its own size or
/// for one of its records; smaller batches tell which.
struct RecordBatching: Equatable {
  /// `batch.size`: a record of as many bytes is alone in its batch.
  var bytesMax: Int
  /// `batch.num.messages=1`
  var sendsSingly = false

  /// librdkafka's default.
  private static let bytesMaxDefault = 1_000_000

  /// - Parameter properties: librdkafka's names.
  init(properties: [(name: String, value: String)]) {
    bytesMax =
      properties.last { $0.name == "batch.size" }.flatMap { Int($0.value) } ?? RecordBatching.bytesMaxDefault
  }

  /// What the producer is set to beside the operator's properties.
  var properties: [(name: String, value: String)] {
    [(name: "batch.size", value: String(bytesMax))] + (sendsSingly ? [(name: "batch.num.messages", value: "1")] : [])
  }
}
