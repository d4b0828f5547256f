/// Makes a `WorkerConfig` of a worker file.
enum WorkerBuilder {
  /// Always returns; what is wrong is in `problems`.
  static func build(_ entries: [ResolvedEntry], problems: inout ProblemCollector) -> WorkerConfig {
    let isConverterOption = { (name: String) in
      ["key.converter.", "value.converter.", "header.converter."].contains { name.hasPrefix($0) }
    }
    let set = PropertySet(
      entries.filter { !isConverterOption($0.fullName) }, catalogue: WorkerCatalogue.all, problems: &problems)
    var worker = WorkerConfig(file: problems.file, bootstrapServers: set.list("bootstrap.servers"))
    if set.isSet("bootstrap.servers"), worker.bootstrapServers.isEmpty {
      problems.add(.error, "bootstrap.servers", "names no server", "Write host:port,…")
    }
    for entry in set.entries where isClientSetting(entry.name) {
      worker.clientProperties[entry.name] = set.shown(entry)
    }
    worker.producerProperties = set.map("producer.")
    worker.consumerProperties = set.map("consumer.")
    worker.adminProperties = worker.clientProperties.merging(set.map("admin.")) { _, own in own }
    let plugins = PluginBuilder(entries)
    worker.keyConverter = plugins.converter("key.converter", problems: &problems) ?? worker.keyConverter
    worker.valueConverter = plugins.converter("value.converter", problems: &problems) ?? worker.valueConverter
    worker.headerConverter = plugins.headerConverter(problems: &problems) ?? worker.headerConverter
    ConverterOrphans.report(entries, where: "there is no such converter in this file", problems: &problems)
    worker.offsetStorage = offsetStorage(set, &problems)
    worker.offsetFlushIntervalMilliseconds = set.integer("offset.flush.interval.ms", or: 60_000)
    worker.isExactlyOnce =
      set.text("exactly.once.source.support").trimmedASCII().lowercased() == "enabled"
    worker.groupID = set.nonEmptyText("group.id")?.trimmedASCII() ?? worker.groupID
    if worker.isExactlyOnce, let entry = set.entry("exactly.once.source.support") {
      if case .topic = worker.offsetStorage {
      } else {
        problems.add(
          .error, line: entry.line, entry.fullName,
          "\"enabled\" needs the position in Kafka, where it is written together with the records",
          "Set offset.storage.topic, and drop offset.storage.file.filename")
      }
    } else if let entry = set.entry("group.id") {
      problems.add(
        .notice, line: entry.line, entry.fullName, "has no effect: there is one process and no group of workers",
        "It names the transactions with exactly.once.source.support=enabled")
    }
    worker.sharedSlot = sharedSlot(set, &problems)
    worker.topicCreationEnable = set.boolean("topic.creation.enable")
    worker.taskShutdownGracefulTimeoutMilliseconds = set.integer("task.shutdown.graceful.timeout.ms", or: 5_000)
    worker.listeners = set.list("listeners")
    worker.properties =
      set.effective()
      + entries.filter { isConverterOption($0.fullName) }.map { PropertySet.effective($0, set.shown($0)) }
    warnOfUnsecuredProducers(worker, set, &problems)
    return worker
  }

  /// The name has no default: two workers with one name would take each other for standbys.
  private static func sharedSlot(_ set: PropertySet, _ problems: inout ProblemCollector) -> SharedSlotOptions? {
    guard set.boolean("sluice.slot.shared") else {
      if let entry = set.entry("sluice.slot.name") {
        problems.add(.notice, line: entry.line, entry.fullName, "has no effect: sluice.slot.shared is not true")
      }
      return nil
    }
    guard let name = set.nonEmptyText("sluice.slot.name") else {
      problems.add(
        .error, line: set.entry("sluice.slot.shared")?.line, "sluice.slot.name",
        "is missing, and sluice.slot.shared is true",
        "Name the slot that the connectors of this file share; no other worker may use it")
      return nil
    }
    return SharedSlotOptions(name: name, waitMilliseconds: set.integer("sluice.slot.shared.wait.ms", or: 60_000))
  }

  private static let clientSettings = WorkerCatalogue.clientSettings.map { Property($0, .string) }

  private static func isClientSetting(_ name: String) -> Bool {
    name == "security.protocol" || clientSettings.contains { $0.matches(name) }
  }

  /// PRODUCT's order: the file, else the topic, else the table.
  private static func offsetStorage(_ set: PropertySet, _ problems: inout ProblemCollector) -> OffsetStorage {
    let topic = set.nonEmptyText("offset.storage.topic")
    if let path = set.nonEmptyText("offset.storage.file.filename") {
      if let entry = set.entry("offset.storage.topic") {
        problems.add(
          .notice, line: entry.line, entry.fullName, "has no effect: offset.storage.file.filename is set too",
          "Drop one of them")
      }
      return .file(path: path.trimmedASCII())
    }
    guard let topic else { return .table }
    return .topic(
      name: topic.trimmedASCII(), partitions: set.integer("offset.storage.partitions", or: 25),
      replicationFactor: set.integer("offset.storage.replication.factor", or: 3))
  }

  /// A well-known trap of Kafka Connect: security settings at the top level do not reach the producers.
  private static func warnOfUnsecuredProducers(
    _ worker: WorkerConfig, _ set: PropertySet, _ problems: inout ProblemCollector
  ) {
    guard let entry = set.entry("security.protocol"), !set.isSet("producer.security.protocol"),
      entry.value.trimmedASCII().uppercased() != "PLAINTEXT"
    else { return }
    problems.add(
      .warning, line: entry.line, entry.fullName,
      "serves topic creation and the offsets topic only; producers still connect in the clear",
      "Set producer.security.protocol, and producer.sasl.* or producer.ssl.*, as well")
  }
}
