import ConnectData
import PgOutput
import Primitives

/// The parts of the source block that are the same for all rows of a transaction, written once at its begin:
///
///     "source":{"version":…,"name":…,"ts_ms": A ,"sequence":"[…,\" B \"]","ts_us":…,"ts_ns":… (table) ,"txId":…,"lsn": C ,"xmin":…}
///
/// with the row's own LSN between `head` and `middle`, the table between `middle` and `transaction`, and the LSN again
/// before `tail`. Source: Debezium 3.6, `PostgresSourceInfoStructMaker`.
struct SourceFragments: ~Copyable {
  private let constantHead: [UInt8]
  private let databaseJSON: [UInt8]
  private var head = ByteWriter()
  private var middle = ByteWriter()
  private var transaction = ByteWriter()
  private var tail = ByteWriter()

  init(prefix: String, database: String) {
    var out = ByteWriter()
    out.append("\"source\":{\"version\":")
    JSONText.writeString(PipelineOptions.debeziumVersion, into: &out)
    out.append(",\"connector\":\"postgresql\",\"name\":")
    JSONText.writeString(prefix, into: &out)
    out.append(",\"ts_ms\":")
    constantHead = out.array
    out.removeAll()
    JSONText.writeString(database, into: &out)
    databaseJSON = out.array
  }

  /// `nanoseconds` beyond the microsecond are 0 for commit times; a message outside transactions has the time of reading.
  /// - Parameter lastCommit: end of the last transaction seen, or `nil` before the first.
  mutating func prepare(
    unixMicroseconds: Int64, nanosecondRemainder: Int64 = 0, marker: SnapshotMarker, lastCommit: LSN?,
    transactionID: UInt64?, origin: Origin?
  ) {
    head.removeAll()
    head.append(constantHead)
    head.append(decimal: floorDivide(unixMicroseconds, 1_000))
    head.append(",\"snapshot\":\"")
    head.append(utf8: marker.rawValue)
    head.append("\",\"db\":")
    head.append(databaseJSON)
    head.append(",\"sequence\":\"[")
    if let lastCommit {
      head.append("\\\"")
      head.append(decimal: lastCommit.rawValue)
      head.append("\\\"")
    } else {
      head.append("null")
    }
    head.append(",\\\"")

    middle.removeAll()
    middle.append("\\\"]\",\"ts_us\":")
    middle.append(decimal: unixMicroseconds)
    middle.append(",\"ts_ns\":")
    middle.append(decimal: unixMicroseconds.multipliedReportingOverflow(by: 1_000).partialValue &+ nanosecondRemainder)

    transaction.removeAll()
    transaction.append(",\"txId\":")
    if let transactionID { transaction.append(decimal: transactionID) } else { transaction.append("null") }
    transaction.append(",\"lsn\":")

    tail.removeAll()
    tail.append(",\"xmin\":null,\"origin\":")
    if let origin {
      JSONText.writeString(origin.name, into: &tail)
      tail.append(",\"origin_lsn\":")
      tail.append(decimal: origin.commitLSN.rawValue)
    } else {
      tail.append("null,\"origin_lsn\":null")
    }
    tail.append("}")
  }

  /// Writes the whole block. `table` is `,"schema":…,"table":…`.
  func write(lsn: LSN, table: [UInt8], into out: inout ByteWriter) {
    out.append(head.bytes)
    out.append(decimal: lsn.rawValue)
    out.append(middle.bytes)
    out.append(table)
    out.append(transaction.bytes)
    out.append(decimal: lsn.rawValue)
    out.append(tail.bytes)
  }
}

/// Division that rounds down, so that times before 1970 keep step with their finer forms.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}
