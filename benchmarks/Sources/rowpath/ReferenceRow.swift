import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives

/// The reference row of `backlogs/transactions.sql` and the outbox row of `backlogs/outbox.sql`, as pgoutput messages.
struct ReferenceRow {
  struct Column {
    var name: String
    var type: TypeDescription
    var modifier: Int32 = -1
    var isNullable = false
    var text: String
  }

  let id: TableID
  let columns: [Column]

  static let relation: UInt32 = 16_400

  static let transactions = ReferenceRow(
    id: TableID(schema: "public", name: "transactions"),
    columns: [
      Column(name: "id", type: uuid, text: "c4ca4238-a0b9-2382-0dcc-509a6f75849b"),
      Column(name: "account_id", type: uuid, text: "0cc175b9-c0f1-b6a8-31c3-99e269772661"),
      Column(name: "customer_id", type: uuid, text: "92eb5ffe-e6ae-2fec-3ad7-1c777531578f"),
      Column(name: "merchant_id", type: uuid, isNullable: true, text: "4a8a08f0-9d37-b737-9564-9038408b5f33"),
      Column(name: "transaction_type", type: varchar, modifier: 24, text: "PURCHASE"),
      Column(name: "status", type: varchar, modifier: 24, text: "COMPLETED"),
      Column(name: "amount", type: numeric, modifier: 15 << 16 | 2 + 4, text: "39595.79"),
      Column(name: "fee_amount", type: numeric, modifier: 15 << 16 | 2 + 4, text: "2.17"),
      Column(name: "currency", type: bpchar, modifier: 7, text: "EUR"),
      Column(name: "risk_score", type: numeric, modifier: 5 << 16 | 2 + 4, isNullable: true, text: "83.21"),
      Column(name: "network", type: varchar, modifier: 24, isNullable: true, text: "mobile"),
      Column(
        name: "transaction_location", type: jsonb, isNullable: true, text: #"{"city": "Berlin", "country": "DE"}"#),
      Column(name: "compliance_flags", type: jsonb, text: #"["HIGH_VALUE"]"#),
      Column(name: "created_at", type: timestamptz, text: "2024-01-01 00:02:17.123+00"),
    ])

  static let outbox = ReferenceRow(
    id: TableID(schema: "public", name: "outbox"),
    columns: [
      Column(name: "id", type: uuid, text: "c4ca4238-a0b9-2382-0dcc-509a6f75849b"),
      Column(name: "aggregate_type", type: varchar, modifier: 54, text: "transaction"),
      Column(name: "aggregate_id", type: varchar, modifier: 104, text: "0cc175b9-c0f1-b6a8-31c3-99e269772661"),
      Column(name: "event_type", type: varchar, modifier: 54, text: "TransactionCreated"),
      Column(
        name: "payload", type: jsonb,
        text: #"{"id": "92eb5ffe-e6ae-2fec-3ad7-1c777531578f", "flags": ["HIGH_VALUE"], "amount": 39595.79, "status": "#
          + #""COMPLETED", "channel": "mobile", "currency": "EUR", "location": {"city": "Berlin", "country": "DE"}, "#
          + #""account_id": "0cc175b9-c0f1-b6a8-31c3-99e269772661", "risk_score": 83.21, "customer_id": "#
          + #""4a8a08f0-9d37-b737-9564-9038408b5f33"}"#),
    ])

  var table: TableDescription {
    TableDescription(
      id: id,
      columns: columns.map {
        ColumnDescription(name: $0.name, type: $0.type, typeModifier: $0.modifier, isNullable: $0.isNullable)
      }, keyColumns: ["id"])
  }

  var relationMessage: [UInt8] {
    var out = ByteWriter()
    out.append(UInt8(ascii: "R"))
    out.append(bigEndian: ReferenceRow.relation)
    out.append(utf8: "\(id.schema)\0\(id.name)\0d")
    out.append(bigEndian: Int16(columns.count))
    for column in columns {
      out.append(column.name == "id" ? 1 : 0)
      out.append(utf8: "\(column.name)\0")
      out.append(bigEndian: column.type.oid.rawValue)
      out.append(bigEndian: column.modifier)
    }
    return out.array
  }

  var insertMessage: [UInt8] {
    var out = ByteWriter()
    out.append(UInt8(ascii: "I"))
    out.append(bigEndian: ReferenceRow.relation)
    out.append(UInt8(ascii: "N"))
    out.append(bigEndian: Int16(columns.count))
    for column in columns {
      out.append(UInt8(ascii: "t"))
      out.append(bigEndian: Int32(column.text.utf8.count))
      out.append(utf8: column.text)
    }
    return out.array
  }

  /// The row as `COPY … TO STDOUT` gives it.
  var copyText: [UInt8] { Array((columns.map(\.text).joined(separator: "\t") + "\n").utf8) }

  /// The same with `FORMAT binary`, and how its columns are read; of the transactions only.
  var copyBinary: (message: [UInt8], forms: [BinaryForm]) {
    var out = ByteWriter()
    out.append(bigEndian: Int16(columns.count))
    for column in columns {
      let value = binary(column)
      out.append(bigEndian: Int32(value.count))
      out.append(value)
    }
    return (out.array, columns.compactMap { BinaryForm($0.type.oid) })
  }

  private func binary(_ column: Column) -> [UInt8] {
    var out = ByteWriter()
    switch column.type.oid {
    case .uuid:
      var digits = column.text.filter { $0 != "-" }[...]
      while let byte = UInt8(digits.prefix(2), radix: 16) {
        out.append(byte)
        digits = digits.dropFirst(2)
      }
    case .numeric:
      // At most eight digits before the point and two behind it.
      let parts = column.text.split(separator: ".").map { Int($0) ?? 0 }
      let digits = (parts[0] >= 10_000 ? [parts[0] / 10_000] : []) + [parts[0] % 10_000, parts[1] * 100]
      out.append(bigEndian: Int16(digits.count))
      out.append(bigEndian: Int16(digits.count - 2))
      out.append(bigEndian: UInt16(0))
      out.append(bigEndian: Int16(2))
      for digit in digits { out.append(bigEndian: Int16(digit)) }
    case .jsonb:
      out.append(1)
      out.append(utf8: column.text)
    // 2024-01-01 00:02:17.123 UTC.
    case .timestamptz: out.append(bigEndian: Int64(757_382_537_123_000))
    default: out.append(utf8: column.text)
    }
    return out.array
  }

  private static let uuid = TypeDescription(oid: TypeOID(rawValue: 2950), name: "uuid")
  private static let varchar = TypeDescription(oid: TypeOID(rawValue: 1043), name: "varchar")
  private static let bpchar = TypeDescription(oid: TypeOID(rawValue: 1042), name: "bpchar")
  private static let numeric = TypeDescription(oid: TypeOID(rawValue: 1700), name: "numeric")
  private static let jsonb = TypeDescription(oid: TypeOID(rawValue: 3802), name: "jsonb")
  private static let timestamptz = TypeDescription(oid: TypeOID(rawValue: 1184), name: "timestamptz")
}
