/// Reads `snapshot.*` of a connector file.
enum SnapshotOptionsBuilder {
  private static let overrides = "snapshot.select.statement.overrides"

  static func build(_ set: PropertySet, problems: inout ProblemCollector) -> SnapshotOptions {
    var options = SnapshotOptions()
    options.mode = set.word("snapshot.mode", or: .initial)
    let based = "snapshot.mode.configuration.based."
    options.configurationBased.snapshotsData = set.boolean(based + "snapshot.data")
    options.configurationBased.streams = set.boolean(based + "start.stream")
    options.configurationBased.snapshotsOnDataError = set.boolean(based + "snapshot.on.data.error")
    if options.mode != .configurationBased {
      for entry in set.entries where entry.name.hasPrefix(based) && !entry.name.hasSuffix("snapshot.schema") {
        problems.add(
          .notice, line: entry.line, entry.fullName, "has no effect: snapshot.mode is not configuration_based")
      }
    }
    options.isolation = set.word("snapshot.isolation.mode", or: .serializable)
    options.locksTables = set.text("snapshot.locking.mode").trimmedASCII().lowercased() == "shared"
    options.lockTimeoutMilliseconds = set.integer("snapshot.lock.timeout.ms", or: options.lockTimeoutMilliseconds)
    options.includeList = set.regexList("snapshot.include.collection.list")
    options.rowCountOrder = set.word("snapshot.tables.order.by.row.count", or: .disabled)
    options.delayMilliseconds = set.integer("snapshot.delay.ms", or: 0)
    options.streamingDelayMilliseconds = set.integer("streaming.delay.ms", or: 0)
    options.threads = set.integer("snapshot.max.threads", or: 1)
    options.chunkMultiplier = set.integer("snapshot.max.threads.multiplier", or: 1)
    for (table, multiplier) in set.map("snapshot.max.threads.multiplier.") {
      options.tableChunkMultipliers[table] = Int(multiplier.text.trimmedASCII()) ?? 1
    }
    options.readsTablesWhole = set.boolean("legacy.snapshot.max.threads")
    options.resumes = set.boolean("sluice.snapshot.resume")
    readOverrides(set, &options, &problems)
    return options
  }

  /// A table that is listed without a statement, or has one without being listed, is read whole, as in Debezium.
  private static func readOverrides(
    _ set: PropertySet, _ options: inout SnapshotOptions, _ problems: inout ProblemCollector
  ) {
    let listed = set.list(overrides)
    for table in listed {
      guard let entry = set.entry("\(overrides).\(table)") else {
        problems.add(
          .notice, line: set.entry(overrides)?.line, overrides,
          "table \(table) is read whole, since \(overrides).\(table) is not set")
        continue
      }
      options.selectOverrides[table] = entry.value.trimmedASCII()
    }
    for entry in set.entries where entry.name.hasPrefix(overrides + ".") {
      let table = String(entry.name.dropFirst(overrides.utf8.count + 1))
      if !listed.contains(table) {
        problems.add(
          .notice, line: entry.line, entry.fullName, "has no effect: the table is not listed in \(overrides)")
      }
    }
  }
}
