import ConnectData
import EventRouting

/// Envelopes for tests of transforms: a table `t` with a key `id` and a text `v` whose default is `x`.
enum TestEnvelope {
  static let row = ConnectSchema(
    .structure([
      ConnectField("id", ConnectSchema(.int32)),
      ConnectField("v", ConnectSchema(.string, isOptional: true, defaultValue: .text("x"))),
    ]), isOptional: true, name: "p.s.t.Value")
  static let source = ConnectSchema(
    .structure([
      ConnectField("snapshot", ConnectSchema(.string, isOptional: true, defaultValue: .text("false"))),
      ConnectField("table", ConnectSchema(.string)), ConnectField("lsn", ConnectSchema(.int64, isOptional: true)),
    ]), name: "Source")
  static let transaction = ConnectSchema(
    .structure([ConnectField("id", ConnectSchema(.string))]), isOptional: true, name: "event.block")
  static let schema = SharedSchema(
    ConnectSchema(
      .structure([
        ConnectField("before", row), ConnectField("after", row), ConnectField("source", source),
        ConnectField("transaction", transaction), ConnectField("op", ConnectSchema(.string)),
        ConnectField("ts_ms", ConnectSchema(.int64, isOptional: true)),
      ]), name: "p.s.t.Envelope", version: 2))
  static let keySchema = SharedSchema(
    ConnectSchema(.structure([ConnectField("id", ConnectSchema(.int32))]), name: "p.s.t.Key"))

  static func row(_ id: Int32, _ v: String?) -> ConnectValue {
    .structure([.int32(id), v.map { .text($0) } ?? .null])
  }

  static func record(_ op: String, before: ConnectValue = .null, after: ConnectValue = .null) -> ConnectRecord {
    ConnectRecord(
      topic: "p.s.t", keySchema: keySchema, key: .structure([.int32(1)]), valueSchema: schema,
      value: .structure([
        before, after, .structure([.null, .text("t"), .int64(7)]), .null, .text(op), .int64(99),
      ]))
  }

  static var tombstone: ConnectRecord {
    ConnectRecord(topic: "p.s.t", keySchema: keySchema, key: .structure([.int32(1)]), valueSchema: nil, value: .null)
  }
}

extension RecordTransform {
  /// What becomes of a record; `nil` where it is dropped.
  mutating func applied(_ record: ConnectRecord) throws(TransformFailure) -> ConnectRecord? {
    var record = record
    return try apply(&record) ? record : nil
  }
}
