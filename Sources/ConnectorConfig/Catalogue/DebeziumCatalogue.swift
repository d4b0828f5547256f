/// Properties of Debezium's PostgreSQL connector: those it registers, and those it reads without registering.
/// Types, defaults and words are those of Debezium 3.6.3.Final.
enum DebeziumCatalogue {
  static let all: [Property] =
    connection + slotAndPublication + snapshot + capture + values + events + heartbeat + signals + failures
    + limits + observation + plugins

  private static let later = Property.later

  static let connection: [Property] = [
    Property("database.hostname", .nonEmpty, required: true),
    Property("database.port", .int(1...65_535), "5432"),
    Property("database.user", .nonEmpty, required: true),
    Property("database.password", .password),
    Property("database.dbname", .nonEmpty, required: true),
    Property(
      "database.sslmode", .oneOf(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]), "prefer"),
    Property("database.sslcert", .string),
    Property("database.sslkey", .string),
    Property("database.sslpassword", .password),
    Property("database.sslrootcert", .string),
    .refused("database.sslfactory", .string, nil, "it names a Java class"),
    Property("database.tcpKeepAlive", .boolean, "true"),
    .noEffect(
      "database.query.timeout.ms", .int, "600000", "statements beside the stream are short look-ups in the catalogue"),
    Property("connection.validation.timeout.ms", .positiveLong, "60000"),
    Property("database.initial.statements", .string),
    .refused("driver.*", .string, nil, "it is a setting of the JDBC driver; libpq has none such"),
  ]

  static let slotAndPublication: [Property] = [
    Property(
      "plugin.name", .oneOf(["pgoutput", "decoderbufs"]), "pgoutput",
      refusing: ["decoderbufs": "only pgoutput, which PostgreSQL itself brings, is implemented"]),
    Property("slot.name", .slotName, "debezium"),
    Property("slot.drop.on.stop", .boolean, "false"),
    Property("slot.stream.params", .string),
    .noEffect("slot.max.retries", .int, "6", standby),
    .noEffect("slot.retry.delay.ms", .long, "10000", standby),
    Property("slot.failover", .boolean, "false"),
    .noEffect(
      "internal.slot.seek.to.known.offset.on.start", .boolean, "false",
      "the slot always follows the stored position, and one that is ahead of it is always an error"),
    Property(
      "offset.mismatch.strategy", .oneOf(OffsetMismatchStrategy.allCases.map(\.rawValue)), "no_validation"),
    .noEffect(
      "internal.create.slot.command.timeout", .long, "90", "creating a slot waits for the transactions in its way"),
    Property("publication.name", .nonEmpty, "dbz_publication"),
    Property(
      "publication.autocreate.mode", .oneOf(["all_tables", "disabled", "filtered", "no_tables"]), "all_tables"),
    Property("publish.via.partition.root", .boolean, "false"),
    Property(
      "replica.identity.autoset.values",
      .text(rule: "a comma-separated list of table:identity, identity being DEFAULT, FULL, NOTHING or INDEX name") {
        ReplicaIdentityRule.list($0) != nil
      }),
    Property("status.update.interval.ms", .positiveInt, "10000"),
    Property("flush.lsn.source", .boolean, "true"),
    Property(
      "lsn.flush.mode", .oneOf(["connector", "manual", "connector_and_driver"]), nil),
    .noEffect(
      "lsn.flush.timeout.ms", .positiveLong, "30000",
      "a position is sent with the status update and nothing waits for it"),
    .noEffect(
      "lsn.flush.timeout.action", .oneOf(["fail", "warn", "ignore"]), "fail",
      "a position is sent with the status update and nothing waits for it"),
    Property("xmin.fetch.interval.ms", .nonNegativeLong, "0"),
    Property("read.only", .boolean, "false"),
    .refused(
      "internal.log.position.check.enable", .boolean, "true",
      "the check of the stored position cannot be switched off: it is what tells a gap"),
  ]

  private static let standby = "while its slot is in use a relay stands by without end, unless --no-wait is given"

  static let capture: [Property] = [
    Property("schema.include.list", .regexList),
    Property("schema.exclude.list", .regexList),
    Property("table.include.list", .regexList),
    Property("table.exclude.list", .regexList),
    Property("column.include.list", .regexList),
    Property("column.exclude.list", .regexList),
    Property("table.ignore.builtin", .boolean, "true"),
    Property("message.prefix.include.list", .regexList),
    Property("message.prefix.exclude.list", .regexList),
    Property(
      "message.key.columns",
      .text(rule: "table:column,…;table:column,…, each with regular expressions of Java") {
        messageKeyRules($0) != nil
      }),
    Property("skipped.operations", .text(rule: "'none', or a list of c, u, d, t, r") { isSkippedOperations($0) }, "t"),
    Property("skip.messages.without.change", .boolean, "false"),
    .noEffect(
      "schema.refresh.mode", .oneOf(["columns_diff", "columns_diff_exclude_unchanged_toast"]), "columns_diff",
      "the stream describes every table before its first change and after each alteration"),
  ]

  private static func isSkippedOperations(_ text: String) -> Bool {
    let words = text.splitList()
    if words == ["none"] { return true }
    return !words.isEmpty && words.allSatisfy { SkippedOperation(rawValue: $0) != nil }
  }

  static let values: [Property] = [
    Property("decimal.handling.mode", .oneOf(DecimalHandlingMode.allCases.map(\.rawValue)), "precise"),
    Property("time.precision.mode", .oneOf(TimePrecisionMode.allCases.map(\.rawValue)), "adaptive"),
    Property("binary.handling.mode", .oneOf(BinaryHandlingMode.allCases.map(\.rawValue)), "bytes"),
    Property("hstore.handling.mode", .oneOf(HstoreHandlingMode.allCases.map(\.rawValue)), "json"),
    Property("interval.handling.mode", .oneOf(IntervalHandlingMode.allCases.map(\.rawValue)), "numeric"),
    Property("include.unknown.datatypes", .boolean, "false"),
    Property("money.fraction.digits", .int(Int64(Int16.min)...Int64(Int16.max)), "2"),
    Property(
      "unavailable.value.placeholder",
      .text(rule: "a text, or hex: and an even number of hexadecimal digits") { unavailableValueOctets($0) != nil },
      "__debezium_unavailable_value"),
    Property(
      "event.converting.failure.handling.mode", .oneOf(ConversionFailureHandlingMode.allCases.map(\.rawValue)), "warn"),
    Property("schema.name.adjustment.mode", .oneOf(NameAdjustmentMode.allCases.map(\.rawValue)), "none"),
    Property("field.name.adjustment.mode", .oneOf(NameAdjustmentMode.allCases.map(\.rawValue)), "none"),
    .noEffect("include.schema.comments", .boolean, "false", "Debezium's PostgreSQL connector reads no comments either"),
    Property("column.mask.with.(d+).chars", .regexList),
    Property("column.mask.hash.([^.]+).with.salt.(.+)", .regexList),
    Property("column.mask.hash.v2.([^.]+).with.salt.(.+)", .regexList),
    Property("column.truncate.to.(d+).chars", .regexList),
    Property("column.propagate.source.type", .regexList),
    Property("datatype.propagate.source.type", .regexList),
    .refused("converters", .string, nil, "it names Java classes"),
    Property("post.processors", .list),
  ]

  static let events: [Property] = [
    Property("topic.prefix", .topicPart, required: true),
    Property("topic.delimiter", .topicPart, "."),
    Property("topic.transaction", .topicPart, "transaction"),
    .noEffect("topic.cache.size", .int, "10000", "names are made once a table"),
    Property(
      "topic.naming.strategy",
      .text(rule: "a strategy of Debezium's own, such as io.debezium.schema.SchemaTopicNamingStrategy") {
        TopicNamingStrategy(rawValue: simpleClassName($0)) != nil
      }, "io.debezium.schema.SchemaTopicNamingStrategy"),
    Property("topic.regex", .regex),
    Property("topic.replacement", .string),
    Property("topic.key.enforce.uniqueness", .boolean, "true"),
    Property("topic.key.field.name", .nonEmpty, "__dbz__physicalTableIdentifier"),
    Property("topic.key.field.regex", .regex),
    Property("topic.key.field.replacement", .string),
    Property("tombstones.on.delete", .boolean, "true"),
    Property("provide.transaction.metadata", .boolean, "false"),
    .refused(
      "transaction.metadata.factory", .className, "io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory",
      "it names a Java class"),
    .refused(
      "sourceinfo.struct.maker", .className, "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker",
      "it names a Java class"),
    Property("extended.headers.enabled", .boolean, "true"),
  ]

  static let heartbeat: [Property] = [
    Property("heartbeat.interval.ms", .nonNegativeInt, "0"),
    Property("heartbeat.action.query", .string),
    Property("topic.heartbeat.prefix", .topicPart, "__debezium-heartbeat"),
    Property("topic.heartbeat.name", .topicPart),
    .noEffect(
      "heartbeat.topics.prefix", .string, "__debezium-heartbeat",
      "Debezium 3.6 does not read it either: topic.heartbeat.prefix took its place"),
  ]

  static let signals: [Property] = [
    Property("signal.data.collection", .tableList),
    Property("signal.enabled.channels", .list, "source"),
    Property("signal.poll.interval.ms", .positiveLong, "5000"),
    Property("signal.file", .nonEmpty, "file-signals.txt"),
    Property("signal.kafka.topic", .nonEmpty),
    Property("signal.kafka.bootstrap.servers", .nonEmpty),
    Property("signal.kafka.groupId", .nonEmpty, "kafka-signal"),
    .noEffect(
      "signal.kafka.poll.timeout.ms", .nonNegativeInt, "0", "a thread of its own waits for the topic's records"),
    Property("signal.consumer.(.+)", .string),
    Property("incremental.snapshot.chunk.size", .positiveInt, "1024"),
    .noEffect(
      "incremental.snapshot.allow.schema.changes", .boolean, "false",
      "every chunk is read together with its table's definition, so changes of it are always allowed"),
    Property(
      "incremental.snapshot.watermarking.strategy", .oneOf(["INSERT_INSERT", "INSERT_DELETE"]), "INSERT_INSERT"),
    Property("notification.enabled.channels", .list),
    Property("notification.sink.topic.name", .nonEmpty),
  ]

  static let failures: [Property] = [
    Property("errors.max.retries", .int(-1...Int64(Int32.max)), "-1"),
    Property("retriable.restart.connector.wait.ms", .positiveLong, "10000"),
    Property(
      "event.processing.failure.handling.mode", .oneOf(ProcessingFailureHandlingMode.allCases.map(\.rawValue)), "fail"),
    .refused("internal.custom.retriable.exception", .string, "false", "it names Java exceptions"),
  ]

  static let limits: [Property] = [
    .noEffect("max.batch.size", .positiveInt, "2048", oneByOne),
    .noEffect("max.queue.size", .positiveInt, "8192", oneByOne),
    .noEffect("max.queue.size.in.bytes", .nonNegativeLong, "0", oneByOne),
    .noEffect("poll.interval.ms", .positiveLong, "500", oneByOne),
    .refused("queue.provider.type", .string, "memory", "there is no queue between reader and sender to provide"),
    Property("guardrail.collections.max", .int, "0"),
    Property("guardrail.collections.limit.action", .oneOf(["warn", "fail"]), "warn"),
    .noEffect(
      "executor.shutdown.timeout.ms", .nonNegativeLong, "4000",
      "task.shutdown.graceful.timeout.ms of the worker bounds a stop"),
    .noEffect("memory.management.schemas.class", .className, defaultStorage, "it names a Java class of Debezium's own"),
    .noEffect("memory.management.tables.class", .className, defaultStorage, "it names a Java class of Debezium's own"),
  ]

  private static let oneByOne =
    "a change goes from the stream to the producer at once; the producer's queue is the bound"
  private static let defaultStorage = "io.debezium.relational.ConcurrentMapTableMappingStorage"

  static let observation: [Property] = [
    .refused("custom.metric.tags", .list),
    .noEffect("internal.advanced.metrics.enable", .boolean, "false", "there are no JMX beans"),
    .noEffect("statistics.metrics.enabled", .boolean, "true", "there are no JMX beans"),
    Property(
      "custom.sanitize.pattern", .regex, SecretNames.defaultPattern),
    .refused("openlineage.integration.enabled", .boolean, "false"),
    .noEffect("openlineage.integration.config.file.path", .string, "./openlineage.yml", noLineage),
    .noEffect("openlineage.integration.job.namespace", .string, nil, noLineage),
    .noEffect("openlineage.integration.job.description", .string, "Debezium change data capture job", noLineage),
    .noEffect("openlineage.integration.job.tags", .list, nil, noLineage),
    .noEffect("openlineage.integration.job.owners", .list, nil, noLineage),
    .noEffect("openlineage.integration.dataset.kafka.bootstrap.servers", .string, nil, noLineage),
  ]

  private static let noLineage = "OpenLineage is off"

  static let plugins: [Property] = [
    Property("sluice.outbox.json", .oneOf(["compat", "exact"]), "compat"),
    Property("sluice.connection.timeout.ms", .int(5_000...3_600_000)),
    Property("sluice.streaming", .oneOf(StreamingWord.allCases.map(\.rawValue)), "parallel"),
    Property("sluice.spill.directory", .string),
    Property("sluice.spill.memory.bytes", .int(65_536...Int64.max), "8388608"),
    Property("sluice.transaction.records.max", .int(1...Int64.max), "1000000"),
  ]
}

/// The octets of `unavailable.value.placeholder`; nil for `hex:` and something else than hexadecimal digits.
func unavailableValueOctets(_ text: String) -> [UInt8]? {
  guard text.hasPrefix("hex:") else { return Array(text.utf8) }
  let digits = text.dropFirst(4).map(\.hexDigitValue)
  guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) }
}
