/// Properties that Kafka Connect itself gives to every source connector.
/// Source: `SourceConnectorConfig` and `TopicCreationConfig`, Kafka 4.3.
enum ConnectCatalogue {
  static let postgresConnector = "io.debezium.connector.postgresql.PostgresConnector"

  static let connector: [Property] = [
    Property(
      "name", .text(rule: "not empty and without control characters") { isConnectorName($0) }, required: true),
    Property("connector.class", .className, required: true),
    .noEffect("tasks.max", .positiveInt, "1", "a PostgreSQL slot has one reader, so there is one task"),
    .noEffect("tasks.max.enforce", .boolean, "true", "there is always one task"),
    .noEffect("connector.plugin.version", .string, nil, "there is one version, this one"),
    .noEffect(
      "config.action.reload", .oneOf(["restart", "none"]), "restart",
      "values of config providers are read once, at the start"),
    Property("errors.tolerance", .oneOf(["none", "all"]), "none"),
    .noEffect("errors.log.enable", .boolean, "false", "failures are always logged"),
    .refused("errors.log.include.messages", .boolean, "false", "row values are never logged"),
    .noEffect(
      "errors.retry.timeout", .long, "0", "no transform or converter here fails for a reason that passes"),
    .noEffect(
      "errors.retry.delay.max.ms", .long, "60000", "no transform or converter here fails for a reason that passes"),
    Property("errors.deadletterqueue.topic.name", .string, ""),
    Property("errors.deadletterqueue.topic.replication.factor", .replicationFactor, "3"),
    Property("errors.deadletterqueue.context.headers.enable", .boolean, "false"),
    Property("sluice.errors.hold.key", .boolean, "false"),
    Property("exactly.once.support", .oneOf(["requested", "required"]), "requested"),
    Property(
      "transaction.boundary", .oneOf(["poll", "interval", "connector"]), "poll",
      refusing: ["connector": "Debezium's connector does not define boundaries of its own"]),
    Property("transaction.boundary.interval.ms", .positiveLong),
    .refused("offsets.storage.topic", .nonEmpty),
    Property("producer.override.(.+)", .string),
    .refused("consumer.override.(.+)", .string, nil, "a source connector has no consumer"),
    .refused("admin.override.(.+)", .string),
  ]

  /// Named by an alias, a group or a converter, and therefore read by parts of their own.
  static let structured: [Property] = [
    Property("key.converter", .className),
    Property("value.converter", .className),
    Property("header.converter", .className),
    Property("transforms", .list),
    Property("predicates", .list),
    Property("topic.creation.groups", .list),
    Property("topic.creation.default.replication.factor", .replicationFactor),
    Property("topic.creation.default.partitions", .partitionCount),
    Property("topic.creation.<group>.include", .regexList),
    Property("topic.creation.<group>.exclude", .regexList),
    Property("topic.creation.<group>.replication.factor", .replicationFactor),
    Property("topic.creation.<group>.partitions", .partitionCount),
    Property("topic.creation.<group>.(.+)", .string),
  ]

  private static func isConnectorName(_ text: String) -> Bool {
    !text.trimmedASCII().isEmpty
      && text.unicodeScalars.allSatisfy { $0.value > 0x1F && !(0x7F...0x9F).contains($0.value) }
  }
}
