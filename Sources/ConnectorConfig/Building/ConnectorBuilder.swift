/// Makes `ConnectorOptions` of a connector file.
enum ConnectorBuilder {
  private static let catalogue = ConnectCatalogue.connector + DebeziumCatalogue.all
  private static let structuredPrefixes = [
    "transforms.", "predicates.", "topic.creation.", "key.converter.", "value.converter.", "header.converter.",
    "post.processors.",
  ]
  private static let structuredNames = [
    "transforms", "predicates", "key.converter", "value.converter", "header.converter",
  ]

  /// Always returns; what is wrong is in `problems`, and then the result is not to be used.
  static func build(
    _ entries: [ResolvedEntry], worker: WorkerConfig, problems: inout ProblemCollector
  ) -> ConnectorOptions {
    let set = PropertySet(
      plain(entries), catalogue: catalogue, alsoKnown: structuredNames + ["topic.creation.groups"],
      secretPattern: entries.first { $0.fullName == "custom.sanitize.pattern" }?.value, problems: &problems)
    checkClass(set, &problems)
    for (one, other) in [
      ("schema.include.list", "schema.exclude.list"), ("table.include.list", "table.exclude.list"),
      ("column.include.list", "column.exclude.list"), ("message.prefix.include.list", "message.prefix.exclude.list"),
    ] {
      if let entry = set.entry(other), set.nonEmptyText(one) != nil, set.nonEmptyText(other) != nil {
        problems.add(.error, line: entry.line, other, "cannot be set together with \(one)", "Keep one of the two")
      }
    }
    var options = ConnectorOptions(
      name: set.text("name"), file: problems.file, database: database(set, &problems),
      topicPrefix: set.text("topic.prefix"))
    options.snapshot = SnapshotOptionsBuilder.build(set, problems: &problems)
    readCapture(set, &options)
    readEvents(set, &options)
    SlotOptionsBuilder.read(set, &options, &problems)
    readTransactions(set, worker, &options, &problems)
    options.signals = signals(set, &problems)
    TopicNamingBuilder.read(set, &options, &problems)
    ColumnMaskBuilder.read(set, &options, &problems)
    options.reselection = PostProcessorBuilder.read(entries, problems: &problems)

    if options.errorsTolerance == .all, options.deadLetterTopic == nil, let entry = set.entry("errors.tolerance") {
      problems.add(
        .error, line: entry.line, entry.fullName, "\"all\" needs a topic for the records that fail",
        "Set errors.deadletterqueue.topic.name: nothing is dropped without a trace")
    }
    options.keyConverter = worker.keyConverter
    options.valueConverter = worker.valueConverter
    options.headerConverter = worker.headerConverter
    var plugins = PluginBuilder(entries)
    options.keyConverter = plugins.converter("key.converter", problems: &problems) ?? options.keyConverter
    options.valueConverter = plugins.converter("value.converter", problems: &problems) ?? options.valueConverter
    options.headerConverter = plugins.headerConverter(problems: &problems) ?? options.headerConverter
    ConverterOrphans.report(
      entries, where: "the converter is the worker's, with the worker's options", problems: &problems)
    options.predicates = plugins.predicates(problems: &problems)
    options.transforms = plugins.transforms(problems: &problems)
    options.topicCreation = TopicCreationBuilder.build(entries, problems: &problems)
    options.producerOverrides = set.map("producer.override.")
    options.properties =
      set.effective()
      + entries.filter { isStructured($0.fullName) }.map { PropertySet.effective($0, set.shown($0)) }
    return options
  }

  /// Source: Kafka Connect 4, `SourceConnectorConfig`: without an interval of its own the worker's
  /// `offset.flush.interval.ms`.
  private static func readTransactions(
    _ set: PropertySet, _ worker: WorkerConfig, _ options: inout ConnectorOptions, _ problems: inout ProblemCollector
  ) {
    if set.text("transaction.boundary").trimmedASCII().lowercased() == "interval" {
      options.transactionIntervalMilliseconds = set.integer(
        "transaction.boundary.interval.ms", or: worker.offsetFlushIntervalMilliseconds)
    }
    options.transactionRecordsMax = set.integer("sluice.transaction.records.max", or: options.transactionRecordsMax)
    if !worker.isExactlyOnce, let entry = set.entry("exactly.once.support"),
      set.text("exactly.once.support").trimmedASCII().lowercased() == "required"
    {
      problems.add(
        .error, line: entry.line, entry.fullName, "\"required\" is not what the worker does",
        "Set exactly.once.source.support=enabled and offset.storage.topic in the worker file")
    }
  }

  private static func isStructured(_ name: String) -> Bool {
    structuredNames.contains(name) || structuredPrefixes.contains { name.hasPrefix($0) }
  }

  /// Without what has readers of its own, and without the options of converters, whose list is refused as a whole, and
  /// of post processors.
  private static func plain(_ entries: [ResolvedEntry]) -> [ResolvedEntry] {
    let aliases = entries.filter { $0.fullName == "converters" || $0.fullName == "post.processors" }
      .flatMap { $0.value.splitList() }
    return entries.filter { entry in
      !isStructured(entry.fullName)
        && (catalogue.contains { $0.matches(entry.fullName) }
          || !aliases.contains { entry.fullName.hasPrefix($0 + ".") })
    }
  }

  private static func checkClass(_ set: PropertySet, _ problems: inout ProblemCollector) {
    guard let entry = set.entry("connector.class") else { return }
    let known = [ConnectCatalogue.postgresConnector, "PostgresConnector", "Postgres"]
    if !known.contains(entry.value.trimmedASCII()) {
      let shown = entry.isFromProvider ? "the value" : "\"\(entry.value)\""
      problems.add(
        .error, line: entry.line, entry.fullName, "\(shown) is no connector of this relay",
        "Only \(ConnectCatalogue.postgresConnector) is")
    }
  }

  private static func database(_ set: PropertySet, _ problems: inout ProblemCollector) -> DatabaseOptions {
    var database = DatabaseOptions(
      host: set.text("database.hostname").trimmedASCII(), port: set.integer("database.port", or: 5432),
      user: set.text("database.user"), password: set.secret("database.password"), dbname: set.text("database.dbname"))
    database.sslMode = set.word("database.sslmode", or: database.sslMode)
    database.sslCertificatePath = set.nonEmptyText("database.sslcert")
    database.sslKeyPath = set.nonEmptyText("database.sslkey")
    database.sslKeyPassword = set.secret("database.sslpassword")
    database.sslRootCertificatePath = set.nonEmptyText("database.sslrootcert")
    database.tcpKeepAlive = set.boolean("database.tcpKeepAlive")
    database.initialStatements = InitialStatements.split(set.text("database.initial.statements"))
    database.silenceMaxMilliseconds = set.nonEmptyText("sluice.connection.timeout.ms").flatMap {
      Int64($0.trimmedASCII())
    }
    database.connectTimeoutMilliseconds = set.integer("connection.validation.timeout.ms", or: 60_000)
    for (field, name) in [
      ("host", "database.hostname"), ("port", "database.port"), ("user", "database.user"),
      ("dbname", "database.dbname"),
    ] where set.entry(name).map({ set.shown($0).isSecret }) ?? false {
      database.hidden.insert(field)
    }
    return database
  }

  private static func readCapture(_ set: PropertySet, _ options: inout ConnectorOptions) {
    options.schemaIncludeList = set.regexList("schema.include.list")
    options.schemaExcludeList = set.regexList("schema.exclude.list")
    options.tableIncludeList = set.regexList("table.include.list")
    options.tableExcludeList = set.regexList("table.exclude.list")
    options.columnIncludeList = set.regexList("column.include.list")
    options.columnExcludeList = set.regexList("column.exclude.list")
    options.tableIgnoreBuiltin = set.boolean("table.ignore.builtin")
    options.messagePrefixIncludeList = set.regexList("message.prefix.include.list")
    options.messagePrefixExcludeList = set.regexList("message.prefix.exclude.list")
    options.messageKeyRules = set.nonEmptyText("message.key.columns").flatMap { messageKeyRules($0) } ?? []
    options.skipMessagesWithoutChange = set.boolean("skip.messages.without.change")
    options.skippedOperations = Set(set.list("skipped.operations").compactMap { SkippedOperation(rawValue: $0) })
    options.decimalHandlingMode = set.word("decimal.handling.mode", or: .precise)
    options.timePrecisionMode = set.word("time.precision.mode", or: .adaptive)
    options.binaryHandlingMode = set.word("binary.handling.mode", or: .bytes)
    options.hstoreHandlingMode = set.word("hstore.handling.mode", or: .json)
    options.intervalHandlingMode = set.word("interval.handling.mode", or: .numeric)
    options.includeUnknownDatatypes = set.boolean("include.unknown.datatypes")
    options.moneyFractionDigits = set.integer("money.fraction.digits", or: options.moneyFractionDigits)
    options.conversionFailureHandlingMode = set.word("event.converting.failure.handling.mode", or: .warn)
    options.processingFailureHandlingMode = set.word("event.processing.failure.handling.mode", or: .fail)
    options.schemaNameAdjustmentMode = set.word("schema.name.adjustment.mode", or: .none)
    options.fieldNameAdjustmentMode = set.word("field.name.adjustment.mode", or: .none)
    options.columnPropagateSourceType = set.regexList("column.propagate.source.type")
    options.datatypePropagateSourceType = set.regexList("datatype.propagate.source.type")
    options.unavailableValuePlaceholder =
      unavailableValueOctets(set.text("unavailable.value.placeholder")) ?? options.unavailableValuePlaceholder
  }

  private static func readEvents(_ set: PropertySet, _ options: inout ConnectorOptions) {
    options.tombstonesOnDelete = set.boolean("tombstones.on.delete")
    options.provideTransactionMetadata = set.boolean("provide.transaction.metadata")
    options.extendedHeadersEnabled = set.boolean("extended.headers.enabled")
    options.topicDelimiter = set.text("topic.delimiter")
    options.topicTransaction = set.text("topic.transaction")
    options.heartbeatIntervalMilliseconds = set.integer("heartbeat.interval.ms", or: 0)
    options.heartbeatTopicPrefix = set.text("topic.heartbeat.prefix")
    options.heartbeatTopicName = set.nonEmptyText("topic.heartbeat.name")
    options.heartbeatActionQuery = set.nonEmptyText("heartbeat.action.query")
    options.errorsTolerance = set.word("errors.tolerance", or: .none)
    options.deadLetterTopic = set.nonEmptyText("errors.deadletterqueue.topic.name")?.trimmedASCII()
    options.deadLetterReplicationFactor = set.integer("errors.deadletterqueue.topic.replication.factor", or: 3)
    options.deadLetterHoldsKeys = set.boolean("sluice.errors.hold.key")
    options.deadLetterContextHeaders = set.boolean("errors.deadletterqueue.context.headers.enable")
    options.outboxJSONIsExact = set.text("sluice.outbox.json").trimmedASCII().lowercased() == "exact"
    options.guardrailCollectionsMax = set.integer("guardrail.collections.max", or: 0)
    options.guardrailCollectionsFails =
      set.text("guardrail.collections.limit.action").trimmedASCII().lowercased() == "fail"
    options.errorsMaxRetries = set.integer("errors.max.retries", or: options.errorsMaxRetries)
    options.retriableRestartConnectorWaitMilliseconds = set.integer(
      "retriable.restart.connector.wait.ms", or: options.retriableRestartConnectorWaitMilliseconds)
  }
}
