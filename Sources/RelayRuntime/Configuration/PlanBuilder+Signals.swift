import ConnectorConfig
import EventEncoding
import EventRouting
import PostgresSource

extension PlanBuilder {
  /// Signals and incremental snapshots. Without watermarks there are none of the latter.
  func signalPlan(_ options: ConnectorOptions, _ database: ConnectionSettings) -> SignalPlan {
    var plan = SignalPlan()
    let table = options.signals.tables.first.flatMap { TableID(parsing: $0) }
    plan.watermarks = options.signals.isReadOnly ? .position : table == nil ? nil : .signalTable
    plan.reader = ChunkReader.Settings(
      database: database, signalTable: options.signals.isReadOnly ? nil : table,
      closesByDeleting: options.signals.closesByDeleting, chunkRows: options.signals.chunkRows)
    return plan
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
