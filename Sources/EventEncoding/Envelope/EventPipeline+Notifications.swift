import ConnectData
import EventRouting
import Primitives

/// News of snapshots, for `notification.sink.topic.name`. Like other records that are no change of a table they carry no
/// context headers. Source: Debezium 3.6, `SinkNotificationChannel`, `SchemaFactory`.
extension EventPipeline {
  public var hasNotificationTopic: Bool { options.notificationTopic != nil }

  /// Whether changes of the table become records.
  public func captures(_ table: TableID) -> Bool { options.filter.includes(table) }

  /// `message.key.columns`
  public var messageKeys: MessageKeyColumns? { options.messageKeys }

  /// The same, to keep.
  public var captureRule: (TableID) -> Bool {
    let filter = options.filter
    return { filter.includes($0) }
  }

  /// - Parameters:
  ///   - data: without `connector_name`.
  ///   - now: wall clock in nanoseconds since 1970.
  public mutating func emitNotification(
    id: String, aggregate: String, type: String, data: [String: String], now: Int64
  ) throws(PipelineError) {
    guard let topic = options.notificationTopic else { return }
    let ordered = additionalData(data)
    records.beginBetween(nil)
    defer { records.endBetween() }
    try emitTree(
      "notification", topic: topics.index(of: topic), key: .structure([.text(id)]), EnvelopeSchema.notificationKey,
      value: .structure([
        .text(id), .text(type), .text(aggregate),
        .map(ordered.map { ConnectMapEntry(.text($0.name), .text($0.value)) }),
        .int64(floorDivide(now, 1_000_000)),
      ]), EnvelopeSchema.notificationValue, lastLSN ?? .invalid)
  }

  /// Keys are values of rows, which logs do not have; the topic has them.
  private static let loggedAsHidden: Set<String> = ["last_processed_key", "maximum_key"]

  /// The same as the line that Debezium's channel `log` writes, but for keys of rows.
  /// Source: Debezium 3.6, `LogNotificationChannel`, `Notification.toString`.
  public func notificationLine(
    id: String, aggregate: String, type: String, data: [String: String], now: Int64
  ) -> String {
    let data = additionalData(data).map {
      "\($0.name)=\(EventPipeline.loggedAsHidden.contains($0.name) ? "***" : $0.value)"
    }.joined(separator: ", ")
    return "[Notification Service]  {id='\(id)', aggregateType='\(aggregate)', type='\(type)', "
      + "additionalData={\(data)}, timestamp=\(floorDivide(now, 1_000_000))}"
  }

  private func additionalData(_ data: [String: String]) -> [(name: String, value: String)] {
    var entries = data.map { (name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    entries.append((name: "connector_name", value: options.topics.prefix))
    return JavaHashOrder.copiedMapWithOneMore(entries.map(\.name)).map { entries[$0] }
  }
}

extension EnvelopeSchema {
  static let notificationKey = SharedSchema(
    ConnectSchema(
      .structure([ConnectField("id", text)]), name: "io.debezium.connector.common.NotificationKey", version: 1))

  static let notificationValue = SharedSchema(
    ConnectSchema(
      .structure([
        ConnectField("id", text), ConnectField("type", text), ConnectField("aggregate_type", text),
        ConnectField("additional_data", ConnectSchema(.map(key: text, value: text), isOptional: true)),
        ConnectField("timestamp", ConnectSchema(.int64)),
      ]), name: "io.debezium.connector.common.Notification", version: 1))
}
