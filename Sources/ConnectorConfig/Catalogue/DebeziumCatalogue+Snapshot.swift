/// What is read before the stream.
extension DebeziumCatalogue {
  static let snapshot: [Property] = [
    Property(
      "snapshot.mode", .oneOf(SnapshotMode.allCases.map(\.rawValue) + ["custom"]), "initial",
      refusing: ["custom": "it needs a Java class"]),
    .refused("snapshot.mode.custom.name", .string, nil, "it names a Java class"),
    Property("snapshot.mode.configuration.based.snapshot.data", .boolean, "false"),
    .noEffect("snapshot.mode.configuration.based.snapshot.schema", .boolean, "false", noSchemaHistory),
    Property("snapshot.mode.configuration.based.start.stream", .boolean, "false"),
    .noEffect("snapshot.mode.configuration.based.snapshot.on.schema.error", .boolean, "false", noSchemaHistory),
    Property("snapshot.mode.configuration.based.snapshot.on.data.error", .boolean, "false"),
    .noEffect("snapshot.fetch.size", .nonNegativeInt, nil, "rows come by COPY, which has no fetches"),
    Property("snapshot.isolation.mode", .oneOf(SnapshotIsolationMode.allCases.map(\.rawValue)), "serializable"),
    Property(
      "snapshot.locking.mode", .oneOf(["none", "shared", "custom"]), "none",
      refusing: ["custom": "it needs a Java class"]),
    .refused("snapshot.locking.mode.custom.name", .string, nil, "it names a Java class"),
    Property("snapshot.lock.timeout.ms", .nonNegativeLong, "10000"),
    Property("snapshot.include.collection.list", .regexList),
    Property("snapshot.select.statement.overrides", .list),
    Property("snapshot.select.statement.overrides.(.+)", .string),
    Property(
      "snapshot.query.mode", .oneOf(["select_all", "custom"]), "select_all",
      refusing: ["custom": "it needs a Java class"]),
    .refused("snapshot.query.mode.custom.name", .string, nil, "it names a Java class"),
    Property(
      "snapshot.tables.order.by.row.count", .oneOf(SnapshotRowCountOrder.allCases.map(\.rawValue)), "disabled"),
    Property("snapshot.delay.ms", .nonNegativeLong, "0"),
    Property("streaming.delay.ms", .nonNegativeLong, "0"),
    Property("snapshot.max.threads", .int(1...Int64(SnapshotOptions.threadsMax)), "1"),
    Property("snapshot.max.threads.multiplier", .positiveInt, "1"),
    Property("snapshot.max.threads.multiplier.(.+)", .positiveInt),
    Property("legacy.snapshot.max.threads", .boolean, "false"),
    .noEffect(
      "internal.snapshot.scan.all.columns.force", .boolean, "false", "it does not change what is sent"),
    Property("sluice.snapshot.resume", .boolean, "false"),
    .noEffect("query.fetch.size", .nonNegativeInt, "0", "libpq has no cursor of this kind"),
  ]

  private static let noSchemaHistory = "the PostgreSQL connector keeps no schema history"
}
