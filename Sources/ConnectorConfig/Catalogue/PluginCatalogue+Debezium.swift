/// Options of Debezium's transforms. Source: Debezium 3.6.3.Final, their configuration definitions.
extension PluginCatalogue {
  static let extractNewRecordStateOptions: [Property] = [
    Property(
      "delete.tombstone.handling.mode",
      .oneOf(["drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone"]), "tombstone"),
    Property("add.fields", metadataFields, ""),
    Property("add.fields.prefix", .string, "__"),
    Property("add.headers", metadataFields, ""),
    Property("add.headers.prefix", .string, "__"),
    Property("route.by.field", .string, ""),
    Property("drop.fields.header.name", .string),
    Property("drop.fields.from.key", .boolean, "false"),
    Property("drop.fields.keep.schema.compatible", .boolean, "true"),
    Property("replace.null.with.default", .boolean, "true"),
    .noEffect("drop.tombstones", .string, nil, movedDeletes),
    .noEffect("delete.handling.mode", .string, nil, movedDeletes),
  ]

  private static let movedDeletes = "Debezium 3 does not read it any more; set delete.tombstone.handling.mode"

  private static let metadataFields = PropertyType.text(
    rule:
      "a comma-separated list of fields, each with a structure before it (source.ts_ms) and a new name behind it (lsn:position) if wanted"
  ) { text in
    text.split(separator: ",").allSatisfy { entry in
      let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
      return parts.count <= 2 && !parts[0].trimmingAll(".").isEmpty
    }
  }

  static let byLogicalTableRouterOptions: [Property] = [
    Property("topic.regex", .regex, required: true),
    Property("topic.replacement", .nonEmpty, required: true),
    Property("key.enforce.uniqueness", .boolean, "true"),
    Property("key.field.name", .nonEmpty, "__dbz__physicalTableIdentifier"),
    Property("key.field.regex", .regex),
    Property("key.field.replacement", .string),
    Property("schema.name.adjustment.mode", .oneOf(["none", "avro", "avro_unicode"]), "none"),
    .noEffect(
      "logical.table.cache.size", .int, "16", "a cache, whose size changes no record"),
  ]
}

extension Substring {
  fileprivate func trimmingAll(_ character: Character) -> Substring { filter { $0 != character }[...] }
}
