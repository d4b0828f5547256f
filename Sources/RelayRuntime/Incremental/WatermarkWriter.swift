import EventRouting
import PostgresSource
import Primitives

/// The rows in the signalling table between which a chunk is read. Source: Debezium 3.6,
/// `SignalBasedIncrementalSnapshotChangeEventSource`, `InsertWindowCloser`, `DeleteWindowCloser`, `SignalMetadata`.
struct WatermarkWriter {
  let table: TableID
  let chunk: String
  let closesByDeleting: Bool

  private var quoted: String {
    "\(PostgresConnection.quoted(identifier: table.schema)).\(PostgresConnection.quoted(identifier: table.name))"
  }

  /// Returns the time that the closing watermark repeats.
  func open(on connection: borrowing PostgresConnection) throws(PostgresError) -> String {
    let now = WatermarkWriter.instant(RelayClock.now().wallNanoseconds)
    try connection.query(
      "INSERT INTO \(quoted) VALUES ($1, $2, $3)",
      ["\(chunk)-open", SignalMessage.windowOpen, "{\"openWindowTimestamp\": \"\(now)\"}"])
    return now
  }

  func close(openedAt: String, on connection: borrowing PostgresConnection) throws(PostgresError) {
    if closesByDeleting {
      try connection.query("DELETE FROM \(quoted) WHERE id = $1", ["\(chunk)-open"])
      return
    }
    let now = WatermarkWriter.instant(RelayClock.now().wallNanoseconds)
    try connection.query(
      "INSERT INTO \(quoted) VALUES ($1, $2, $3)",
      [
        "\(chunk)-close", SignalMessage.windowClose,
        "{\"openWindowTimestamp\": \"\(openedAt)\", \"closeWindowTimestamp\": \"\(now)\"}",
      ])
  }

  /// As `java.time.Instant` prints it, with all nine digits of the second's fraction.
  static func instant(_ nanoseconds: Int64) -> String {
    let (day, second) = (nanoseconds / 1_000_000_000).quotientAndRemainder(dividingBy: 86_400)
    var out = ByteWriter()
    CivilDate.write(epochDays: day, into: &out)
    for (separator, number) in [("T", second / 3_600), (":", second / 60 % 60), (":", second % 60)] {
      out.append(utf8: separator)
      out.append(decimal: UInt64(number), width: 2)
    }
    out.append(UInt8(ascii: "."))
    out.append(decimal: UInt64(nanoseconds % 1_000_000_000), width: 9)
    out.append(UInt8(ascii: "Z"))
    return String(decoding: out.array, as: UTF8.self)
  }
}
