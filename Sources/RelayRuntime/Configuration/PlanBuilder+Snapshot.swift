import ConnectorConfig

extension PlanBuilder {
  static func snapshot(_ options: SnapshotOptions) -> SnapshotPlan {
    var plan = SnapshotPlan(policy: policy(options))
    plan.isolation =
      switch options.isolation {
      case .serializable: .serializable
      case .repeatableRead: .repeatableRead
      case .readCommitted: .readCommitted
      case .readUncommitted: .readUncommitted
      }
    if options.locksTables { plan.lockTimeoutMilliseconds = options.lockTimeoutMilliseconds }
    plan.includeList = options.includeList
    plan.selectOverrides = options.selectOverrides
    plan.rowCountOrder =
      switch options.rowCountOrder {
      case .disabled: .disabled
      case .ascending: .ascending
      case .descending: .descending
      }
    plan.delayMilliseconds = options.delayMilliseconds
    plan.streamingDelayMilliseconds = options.streamingDelayMilliseconds
    plan.readers = options.threads
    plan.chunkMultiplier = options.chunkMultiplier
    plan.tableChunkMultipliers = options.tableChunkMultipliers
    plan.readsTablesWhole = options.readsTablesWhole
    plan.resumes = options.resumes
    return plan
  }

  private static func policy(_ options: SnapshotOptions) -> SnapshotPolicy {
    switch options.mode {
    case .initial: .initial
    case .always: .always
    case .initialOnly: .initialOnly
    case .noData: .noData
    case .whenNeeded: .whenNeeded
    case .configurationBased:
      SnapshotPolicy(
        data: options.configurationBased.snapshotsData ? .always : .never,
        streams: options.configurationBased.streams,
        fillsGaps: options.configurationBased.snapshotsOnDataError)
    }
  }
}
