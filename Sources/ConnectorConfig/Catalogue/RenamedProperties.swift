/// Names of earlier versions of Debezium, and what they are called now.
enum RenamedProperties {
  static let newNames: [String: String] = [
    "database.server.name": "topic.prefix",
    "schema.whitelist": "schema.include.list",
    "schema.blacklist": "schema.exclude.list",
    "table.whitelist": "table.include.list",
    "table.blacklist": "table.exclude.list",
    "column.whitelist": "column.include.list",
    "column.blacklist": "column.exclude.list",
    "slot.drop_on_stop": "slot.drop.on.stop",
    "toasted.value.placeholder": "unavailable.value.placeholder",
    "sanitize.field.names": "field.name.adjustment.mode",
    "transaction.topic": "topic.transaction",
    "event.deserialization.failure.handling.mode": "event.processing.failure.handling.mode",
    "table.ignore.builtins": "table.ignore.builtin",
  ]
}
