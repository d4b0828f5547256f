/// Reads the properties of slot, publication and confirmed position.
enum SlotOptionsBuilder {
  static func read(_ set: PropertySet, _ options: inout ConnectorOptions, _ problems: inout ProblemCollector) {
    options.slotName = set.text("slot.name")
    options.slotDropOnStop = set.boolean("slot.drop.on.stop")
    options.slotFailover = set.boolean("slot.failover")
    readStreamParameters(set, &options, &problems)
    options.streaming = set.word("sluice.streaming", or: .parallel)
    options.spillDirectory = set.nonEmptyText("sluice.spill.directory")?.trimmedASCII()
    options.spillMemoryBytes = set.integer("sluice.spill.memory.bytes", or: options.spillMemoryBytes)
    options.offsetMismatchStrategy = set.word("offset.mismatch.strategy", or: .noValidation)
    options.xminFetchIntervalMilliseconds = set.integer("xmin.fetch.interval.ms", or: 0)
    options.publicationName = set.text("publication.name")
    options.publicationAutocreateMode = set.word("publication.autocreate.mode", or: .allTables)
    options.publishViaPartitionRoot = set.boolean("publish.via.partition.root")
    options.publishesUnskippedOnly = set.isSet("skipped.operations") && !options.skippedOperations.isEmpty
    options.replicaIdentities = ReplicaIdentityRule.list(set.text("replica.identity.autoset.values")) ?? []
    options.statusUpdateIntervalMilliseconds = set.integer("status.update.interval.ms", or: 10_000)
    options.flushLSNSource = set.boolean("flush.lsn.source")
    // The newer name wins, as in Debezium.
    guard let mode = set.nonEmptyText("lsn.flush.mode")?.lowercased() else { return }
    options.flushLSNSource = mode != "manual"
    // Source: Debezium 3.6, `PostgresConnectorConfig.applyLsnFlushModeHeartbeatFallback`.
    if mode == "connector_and_driver", options.heartbeatIntervalMilliseconds == 0, !options.provideTransactionMetadata {
      options.heartbeatIntervalMilliseconds = 600_000
      problems.add(
        .notice, line: set.entry("lsn.flush.mode")?.line, "lsn.flush.mode",
        "sends a heartbeat every 600000 ms, as heartbeat.interval.ms is 0")
    }
  }

  private static func readStreamParameters(
    _ set: PropertySet, _ options: inout ConnectorOptions, _ problems: inout ProblemCollector
  ) {
    guard let entry = set.entry("slot.stream.params") else { return }
    for part in entry.value.split(separator: ";").map({ String($0).trimmedASCII() }) where !part.isEmpty {
      guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
        problems.add(
          .error, line: entry.line, entry.fullName, "every part must be name=value", "Write name=value;name=value")
        return
      }
      options.slotStreamParams.append(
        SlotStreamParam(
          name: String(part[..<equals]).trimmedASCII(),
          value: String(part[part.index(after: equals)...]).trimmedASCII()))
    }
  }
}
