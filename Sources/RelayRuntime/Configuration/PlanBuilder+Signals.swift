import ConnectorConfig
import EventEncoding
import EventRouting
import PostgresSource

extension PlanBuilder {
  /// Signals and incremental snapshots. Without watermarks there are none of the latter.
  func signalPlan(_ options: ConnectorOptions, _ database: ConnectionSettings) throws(Failure) -> SignalPlan {
    var plan = SignalPlan()
    plan.tables = options.signals.tables.compactMap { TableID(parsing: $0) }
    let table = plan.tables.first
    // Watermarks in the table come back through the stream, by the channel that reads its rows.
    let hasSource = options.signals.channels.contains(.source)
    plan.watermarks = options.signals.isReadOnly ? .position : table == nil || !hasSource ? nil : .signalTable
    plan.reader = ChunkReader.Settings(
      database: database, signalTable: options.signals.isReadOnly ? nil : table,
      closesByDeleting: options.signals.closesByDeleting, chunkRows: options.signals.chunkRows)
    plan.poller = try poller(options)
    return plan
  }

  /// The consumer has properties of its own, as in Debezium; the worker's `consumer.*` are not for it.
  private func poller(_ options: ConnectorOptions) throws(Failure) -> SignalPoller.Settings? {
    let signals = options.signals
    var settings = SignalPoller.Settings(key: options.topicPrefix)
    settings.intervalMilliseconds = signals.pollIntervalMilliseconds
    if signals.channels.contains(.file) { settings.file = signals.file }
    if signals.channels.contains(.kafka) {
      settings.topic = signals.kafkaTopic ?? "\(options.topicPrefix)-signal"
      var java = signals.consumer.mapValues(\.text)
      java["bootstrap.servers"] =
        java["bootstrap.servers"] ?? signals.kafkaBootstrapServers ?? worker.bootstrapServers.joined(separator: ",")
      let group = java.removeValue(forKey: "group.id") ?? signals.kafkaGroup
      settings.consumerProperties =
        try translated(java, .consumer, what: "signal.consumer of \(options.name)") + [(name: "group.id", value: group)]
    }
    return settings.file == nil && settings.topic == nil ? nil : settings
  }

  static func setSignals(_ signals: SignalOptions, of pipeline: inout PipelineOptions) {
    let tables = signals.tables.compactMap { TableID(parsing: $0) }
    pipeline.filter.signalTables = tables
    if signals.channels.contains(.source), !tables.isEmpty {
      pipeline.signals = SignalTables(tables: tables, closesOnDelete: signals.closesByDeleting)
    }
    pipeline.notificationTopic = signals.notificationTopic
  }
}
