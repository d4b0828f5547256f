import PgOutput
import Primitives
import RelayTestSupport

/// Decodes one message, or returns the error; the tuples come along as text.
func decode(_ bytes: [UInt8]) -> Result<PgOutputMessage, DecodeError> {
  var decoder = PgOutputDecoder()
  return decode(bytes, &decoder)
}

func decode(_ bytes: [UInt8], _ decoder: inout PgOutputDecoder) -> Result<PgOutputMessage, DecodeError> {
  do throws(DecodeError) {
    return .success(try decoder.decode(bytes.span.bytes))
  } catch {
    return .failure(error)
  }
}

/// A tuple's columns as text: `nil` for null, `"?"` for an unchanged TOAST value.
func texts(_ tuple: TupleLayout, in bytes: [UInt8]) -> [String?] {
  tuple.columns.map { column in
    switch column {
    case .null: nil
    case .unchanged: "?"
    case .text(let range), .binary(let range): String(decoding: bytes[range], as: UTF8.self)
    }
  }
}

/// One message of every kind, by name.
let everyMessage: [(name: String, bytes: [UInt8])] = [
  ("begin", WireBuilder.begin(commitLSN: 0x16_0000_0001, microseconds: 1_000, xid: 42)),
  ("commit", WireBuilder.commit(commitLSN: 5, endLSN: 9, microseconds: -3)),
  ("origin", WireBuilder.origin(commitLSN: 77, name: "elsewhere")),
  (
    "relation",
    WireBuilder.relation(
      16_384, name: "accounts", identity: "f",
      columns: [("id", 2950, -1, true), ("balance", 1700, 983_046, false)])
  ),
  ("type", WireBuilder.type(16_400, schema: "public", name: "mood")),
  ("insert", WireBuilder.insert(16_384, [.text("a"), .null, .text(""), .binary([0, 255])])),
  ("update", WireBuilder.update(16_384, [.text("a"), .unchanged])),
  ("update with key", WireBuilder.update(16_384, old: ("K", [.text("old"), .null]), [.text("a"), .unchanged])),
  ("update with old row", WireBuilder.update(16_384, old: ("O", [.text("old"), .text("x")]), [.text("a"), .null])),
  ("delete by key", WireBuilder.delete(16_384, [.text("a"), .null])),
  ("delete with old row", WireBuilder.delete(16_384, tag: "O", [.text("a"), .text("b")])),
  ("truncate", WireBuilder.truncate([1, 2, 3], options: 3)),
  ("message", WireBuilder.message(isTransactional: true, lsn: 12, prefix: "audit", content: [1, 2, 3])),
]
