import ConnectData
import EventRouting
import PgOutput
import Primitives

/// The parts of the source block that are the same for all rows of a transaction, written once at its begin:
///
///     "source":{"version":…,"name":…,"ts_ms": A ,"sequence":"[…,\" B \"]","ts_us":…,"ts_ns":… (table) ,"txId":…,"lsn": C ,"xmin":…}
///
/// with the row's own LSN between `head` and `middle`, the table between `middle` and `transaction`, and the LSN again
/// before `tail`. Source: Debezium 3.6, `PostgresSourceInfoStructMaker`.
struct SourceFragments: ~Copyable {
  /// What the parts were last written from, for records that are trees.
  struct Facts: Equatable {
    var unixMicroseconds: Int64 = 0
    var nanosecondRemainder: Int64 = 0
    var marker = SnapshotMarker.streaming
    var lastCommit: LSN?
    var transactionID: UInt64?
    var xmin: UInt64?
    var origin: Origin?

    /// Rows of an incremental snapshot are in no place of the log: only `sequence` says how far the stream was.
    var hasPosition: Bool { marker != .incremental }
  }

  private(set) var facts = Facts()
  private let prefix: String
  private let database: String
  private let constantHead: [UInt8]
  private let databaseJSON: [UInt8]
  /// Debezium leaves `snapshot` unset in the stream, where it reads as its default.
  private let streamingMarkerJSON: String
  private var head = ByteWriter()
  private var middle = ByteWriter()
  private var transaction = ByteWriter()
  private var tail = ByteWriter()
  /// The whole block of a snapshot's last row: its rows differ by table and marker, and most not even by those.
  private var block = ByteWriter()
  private var blockTable: [UInt8] = []
  private var blockLSN: LSN?

  init(prefix: String, database: String, json: JSONOptions) {
    streamingMarkerJSON = json.replacesNullWithDefault ? "\"false\"" : "null"
    self.prefix = prefix
    self.database = database
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
    transactionID: UInt64?, xmin: UInt64? = nil, origin: Origin?
  ) {
    let facts = Facts(
      unixMicroseconds: unixMicroseconds, nanosecondRemainder: nanosecondRemainder, marker: marker,
      lastCommit: lastCommit, transactionID: transactionID, xmin: xmin, origin: origin)
    // A snapshot prepares each row.
    if marker != .streaming, facts == self.facts { return }
    self.facts = facts
    blockLSN = nil
    head.removeAll()
    head.append(constantHead)
    head.append(decimal: floorDivide(unixMicroseconds, 1_000))
    head.append(",\"snapshot\":")
    if marker == .streaming {
      head.append(utf8: streamingMarkerJSON)
    } else {
      head.append(UInt8(ascii: "\""))
      head.append(utf8: marker.rawValue)
      head.append(UInt8(ascii: "\""))
    }
    head.append(",\"db\":")
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
    tail.append(",\"xmin\":")
    if let xmin { tail.append(decimal: xmin) } else { tail.append("null") }
    tail.append(",\"origin\":")
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
  mutating func write(lsn: LSN, table: [UInt8], into out: inout ByteWriter) {
    // The same plan gives the same array, which compares by its address.
    if lsn == blockLSN, table == blockTable { return out.append(block.bytes) }
    let start = out.count
    out.append(head.bytes)
    let digits = out.count
    out.append(decimal: lsn.rawValue)
    let digitsEnd = out.count
    out.append(middle.bytes)
    out.append(table)
    out.append(transaction.bytes)
    if facts.hasPosition { out.append(again: digits..<digitsEnd) } else { out.append("null") }
    out.append(tail.bytes)
    guard facts.marker != .streaming else { return }
    block.removeAll()
    block.append(out.bytes.extracting(start..<out.count))
    blockTable = table
    blockLSN = lsn
  }

  /// The same block as a tree, in the order of `EnvelopeSchema.source`.
  func tree(lsn: LSN, table: TableID) -> ConnectValue {
    let microseconds = facts.unixMicroseconds
    let lastCommit = facts.lastCommit.map { "\"\($0.rawValue)\"" } ?? "null"
    let nanoseconds = microseconds.multipliedReportingOverflow(by: 1_000).partialValue &+ facts.nanosecondRemainder
    return .structure([
      .text(PipelineOptions.debeziumVersion), .text("postgresql"), .text(prefix),
      .int64(floorDivide(microseconds, 1_000)), facts.marker == .streaming ? .null : .text(facts.marker.rawValue),
      .text(database),
      .text("[\(lastCommit),\"\(lsn.rawValue)\"]"), .int64(microseconds), .int64(nanoseconds), .text(table.schema),
      .text(table.name), facts.transactionID.map { .int64(Int64(bitPattern: $0)) } ?? .null,
      facts.hasPosition ? .int64(Int64(bitPattern: lsn.rawValue)) : .null, .null,
      facts.origin.map { .text($0.name) } ?? .null,
      facts.origin.map { .int64(Int64(bitPattern: $0.commitLSN.rawValue)) } ?? .null,
    ])
  }
}

/// Division that rounds down, so that times before 1970 keep step with their finer forms.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}
