import ConnectData
import EventRouting

/// Schemas of Debezium's records, as JsonConverter prints them with `schemas.enable=true`.
/// Source: Debezium 3.6, `Envelope`, `PostgresSourceInfoStructMaker`, `TransactionStructMaker`.
public enum EnvelopeSchema {
  public static let source = ConnectSchema(
    .structure([
      ConnectField("version", text), ConnectField("connector", text), ConnectField("name", text),
      ConnectField("ts_ms", ConnectSchema(.int64)),
      ConnectField(
        "snapshot",
        ConnectSchema(
          .string, isOptional: true, name: "io.debezium.data.Enum", version: 1,
          parameters: [
            ConnectParameter(
              "allowed", "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental")
          ], defaultValue: .text("false"))),
      ConnectField("db", text), ConnectField("sequence", optionalText), ConnectField("ts_us", optionalInt64),
      ConnectField("ts_ns", optionalInt64), ConnectField("schema", text), ConnectField("table", text),
      ConnectField("txId", optionalInt64), ConnectField("lsn", optionalInt64), ConnectField("xmin", optionalInt64),
      ConnectField("origin", optionalText), ConnectField("origin_lsn", optionalInt64),
    ]), name: "io.debezium.connector.postgresql.Source", version: 1)

  static let transactionBlock = ConnectSchema(
    .structure([
      ConnectField("id", text), ConnectField("total_order", ConnectSchema(.int64)),
      ConnectField("data_collection_order", ConnectSchema(.int64)),
    ]), isOptional: true, name: "event.block", version: 1)

  /// `topic` is the table's name in Debezium's schema names: prefix, schema and table.
  static func value(_ fields: [ConnectField], topic: String, _ names: NameAdjustment = .none) -> ConnectSchema {
    ConnectSchema(.structure(fields), isOptional: true, name: names.schemaName("\(topic).Value"))
  }

  static func key(_ fields: [ConnectField], topic: String, _ names: NameAdjustment = .none) -> ConnectSchema {
    ConnectSchema(.structure(fields), name: names.schemaName("\(topic).Key"))
  }

  static func envelope(_ value: ConnectSchema, topic: String, _ names: NameAdjustment = .none) -> ConnectSchema {
    ConnectSchema(
      .structure([
        ConnectField("before", value), ConnectField("after", value), ConnectField("source", source),
        ConnectField("transaction", transactionBlock), ConnectField("op", text), ConnectField("ts_ms", optionalInt64),
        ConnectField("ts_us", optionalInt64), ConnectField("ts_ns", optionalInt64),
      ]), name: names.schemaName("\(topic).Envelope"), version: 2)
  }

  static let transactionKey = SharedSchema(
    ConnectSchema(
      .structure([ConnectField("id", text)]), name: "io.debezium.connector.common.TransactionMetadataKey", version: 1))

  static let transactionValue = SharedSchema(
    ConnectSchema(
      .structure([
        ConnectField("status", text), ConnectField("id", text), ConnectField("event_count", optionalInt64),
        ConnectField(
          "data_collections",
          ConnectSchema(
            .array(
              ConnectSchema(
                .structure([
                  ConnectField("data_collection", text), ConnectField("event_count", ConnectSchema(.int64)),
                ]), isOptional: true, name: "event.collection", version: 1)), isOptional: true)),
        ConnectField("ts_ms", ConnectSchema(.int64)),
      ]), name: "io.debezium.connector.common.TransactionMetadataValue", version: 1))

  static let messageKey = SharedSchema(
    ConnectSchema(
      .structure([ConnectField("prefix", optionalText)]), name: "io.debezium.connector.postgresql.MessageKey",
      version: 1))

  static let messageValue = messageValue(content: .bytes)
  /// Under a `binary.handling.mode` that makes texts of bytes.
  static let messageTextValue = messageValue(content: .string)

  private static func messageValue(content: ConnectSchema.Kind) -> SharedSchema {
    SharedSchema(
      ConnectSchema(
        .structure([
          ConnectField("op", text), ConnectField("ts_ms", optionalInt64), ConnectField("source", source),
          ConnectField("transaction", transactionBlock),
          ConnectField(
            "message",
            ConnectSchema(
              .structure([
                ConnectField("prefix", optionalText), ConnectField("content", ConnectSchema(content, isOptional: true)),
              ]), name: "io.debezium.connector.postgresql.Message", version: 1)),
        ]), name: "io.debezium.connector.postgresql.MessageValue", version: 1))
  }

  static let heartbeatKey = SharedSchema(
    ConnectSchema(
      .structure([ConnectField("serverName", text)]), name: "io.debezium.connector.common.ServerNameKey", version: 1))

  static let heartbeatValue = SharedSchema(
    ConnectSchema(
      .structure([ConnectField("ts_ms", ConnectSchema(.int64))]), name: "io.debezium.connector.common.Heartbeat",
      version: 1))

  static let text = ConnectSchema(.string)
  static let optionalText = ConnectSchema(.string, isOptional: true)
  static let optionalInt64 = ConnectSchema(.int64, isOptional: true)
}
