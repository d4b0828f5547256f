import ConnectorConfig
import PostgresSource

extension PlanBuilder {
  static func readSlot(_ options: ConnectorOptions, into plan: inout ConnectorPlan) {
    if let silence = options.database.silenceMaxMilliseconds {
      plan.silenceMaxMilliseconds = Int(silence)
      plan.answerMilliseconds = min(plan.answerMilliseconds, Int(silence))
    }
    plan.dropsSlotOnStop = options.slotDropOnStop
    plan.isFailoverSlot = options.slotFailover
    plan.streamParameters = options.slotStreamParams.map { (name: $0.name, value: $0.value) }
    plan.streaming = streaming(options)
    plan.slotAhead =
      switch options.offsetMismatchStrategy {
      case .noValidation, .trustOffset: .isGap
      case .trustSlot, .trustGreaterLSN: .isTrusted
      }
    plan.limits.confirmsToServer = options.flushLSNSource
    plan.limits.xminIntervalMilliseconds = options.xminFetchIntervalMilliseconds
    plan.publicationOptions = Publication.Options(
      viaPartitionRoot: options.publishViaPartitionRoot,
      publish: options.publishesUnskippedOnly ? relayed(options) : nil)
    plan.relayedOperations = relayed(options)
    plan.replicaIdentities = options.replicaIdentities.map { rule in
      let identity: ReplicaIdentitySetup.Rule.Identity =
        switch rule.identity {
        case .default: .default
        case .full: .full
        case .nothing: .nothing
        case .index(let name): .index(name)
        }
      return ReplicaIdentitySetup.Rule(table: rule.table, identity: identity)
    }
  }

  private static func streaming(_ options: ConnectorOptions) -> StreamingPlan {
    var plan = StreamingPlan()
    plan.mode =
      switch options.streaming {
      case .off: .off
      case .on: .on
      case .parallel: .parallel
      }
    plan.directory = options.spillDirectory
    plan.memoryBytesMax = options.spillMemoryBytes
    return plan
  }

  /// What `skipped.operations` leaves. Source: Debezium 3.6, `PostgresReplicationConnection.buildPublishOptionValue`.
  private static func relayed(_ options: ConnectorOptions) -> [String] {
    let operations: [SkippedOperation] = [.create, .update, .delete, .truncate]
    return zip(operations, Publication.allOperations).filter { !options.skippedOperations.contains($0.0) }.map(\.1)
  }
}
