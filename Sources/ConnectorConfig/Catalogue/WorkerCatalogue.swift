/// Properties of a Kafka Connect worker, standalone and distributed.
/// Source: `StandaloneConfig` and `DistributedConfig`, Kafka 4.3.
enum WorkerCatalogue {
  static let all: [Property] = kafka + converters + offsets + slot + http + workerGroup + other

  static let kafka: [Property] =
    [
      Property("bootstrap.servers", .nonEmpty, required: true),
      Property("producer.(.+)", .string),
      Property("consumer.(.+)", .string),
      Property("admin.(.+)", .string),
    ] + clientSettings.map { Property($0, .string) }
    + [Property("security.protocol", .oneOf(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]), "PLAINTEXT")]

  /// Settings of every Kafka client, at the top level of the file.
  static let clientSettings: [String] = [
    "client.id", "client.dns.lookup", "connections.max.idle.ms", "metadata.max.age.ms",
    "metadata.recovery.strategy", "metadata.recovery.rebootstrap.trigger.ms", "receive.buffer.bytes",
    "reconnect.backoff.ms", "reconnect.backoff.max.ms", "request.timeout.ms", "retry.backoff.ms",
    "retry.backoff.max.ms", "send.buffer.bytes", "socket.connection.setup.timeout.ms",
    "socket.connection.setup.timeout.max.ms", "security.providers", "sasl.(.+)", "ssl.(.+)",
  ]

  static let converters: [Property] = [
    Property("key.converter", .className, "org.apache.kafka.connect.json.JsonConverter"),
    Property("value.converter", .className, "org.apache.kafka.connect.json.JsonConverter"),
    Property("header.converter", .className, "org.apache.kafka.connect.storage.SimpleHeaderConverter"),
  ]

  static let offsets: [Property] = [
    Property("offset.storage.file.filename", .nonEmpty),
    Property("offset.storage.topic", .nonEmpty),
    Property("offset.storage.partitions", .partitionCount, "25"),
    Property("offset.storage.replication.factor", .replicationFactor, "3"),
    .refused(
      "offset.storage.(.+)", .string, nil, "topic settings of the offsets topic are not supported by this version"),
    .noEffect(
      "offset.flush.interval.ms", .positiveLong, "60000",
      "the state record is written as positions move, a few times a second at most"),
    .noEffect(
      "offset.flush.timeout.ms", .positiveLong, "5000",
      "the state is written beside the stream, which waits for nothing"),
    Property("exactly.once.source.support", .oneOf(["disabled", "preparing", "enabled"]), "disabled"),
    Property("topic.creation.enable", .boolean, "true"),
    Property("task.shutdown.graceful.timeout.ms", .nonNegativeLong, "5000"),
    Property("config.providers", .list),
    Property("config.providers.<name>.class", .className),
    Property("config.providers.<name>.param.(.+)", .string),
  ]

  /// Ours; Kafka Connect passes over them.
  static let slot: [Property] = [
    Property("sluice.slot.shared", .boolean, "false"),
    Property("sluice.slot.name", .slotName),
    Property("sluice.slot.shared.wait.ms", .positiveLong, "60000"),
  ]

  private static let noHTTP = "this version has no HTTP interface"

  static let http: [Property] = [
    .noEffect("listeners", .list, "http://:8083", noHTTP),
    .noEffect("admin.listeners", .list, nil, noHTTP),
    .noEffect("rest.(.+)", .string, nil, noHTTP),
    .noEffect("response.http.headers.config", .string, nil, noHTTP),
    .noEffect("access.control.allow.methods", .string, nil, noHTTP),
    .noEffect("access.control.allow.origin", .string, nil, noHTTP),
  ]

  private static let noGroup = "there is one process and no group of workers"

  static let workerGroup: [Property] = [
    Property("group.id", .string),
    .noEffect("config.storage.(.+)", .string, nil, "connectors are read from files"),
    .noEffect("status.storage.(.+)", .string, nil, noGroup),
    .noEffect("connect.protocol", .string, "sessioned", noGroup),
    .noEffect("heartbeat.interval.ms", .string, "3000", noGroup),
    .noEffect("rebalance.timeout.ms", .string, "60000", noGroup),
    .noEffect("scheduled.rebalance.max.delay.ms", .string, "300000", noGroup),
    .noEffect("session.timeout.ms", .string, "10000", noGroup),
    .noEffect("worker.sync.timeout.ms", .string, "3000", noGroup),
    .noEffect("worker.unsync.backoff.ms", .string, "300000", noGroup),
    .noEffect("inter.worker.(.+)", .string, nil, noGroup),
  ]

  private static let noPlugins = "nothing is loaded from outside"
  private static let noJMX = "there are no JMX beans"

  static let other: [Property] = [
    .noEffect("plugin.path", .list, nil, noPlugins),
    .noEffect("plugin.discovery", .string, "hybrid_warn", noPlugins),
    .noEffect(
      "connector.client.config.override.policy", .string, "All", "who writes the connector file also starts the relay"),
    .noEffect("topic.tracking.enable", .boolean, "true", noHTTP),
    .noEffect("topic.tracking.allow.reset", .boolean, "true", noHTTP),
    .noEffect("metric.reporters", .list, "org.apache.kafka.common.metrics.JmxReporter", noJMX),
    .noEffect("metrics.(.+)", .string, nil, noJMX),
    .noEffect("auto.include.jmx.reporter", .boolean, "true", noJMX),
  ]
}
