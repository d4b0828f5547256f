/// A request to the connector, from whichever channel: a row of the signalling table, a line of a file, a record of a topic.
/// Source: Debezium 3.6 manual, "Sending signals to a Debezium connector".
public struct SignalMessage: Sendable, Equatable {
  /// What the sender calls it; notifications carry it on.
  public var id: String
  /// `execute-snapshot`, `stop-snapshot`, …
  public var type: String?
  /// A JSON object as a text.
  public var data: String?

  public init(id: String, type: String?, data: String?) {
    self.id = id
    self.type = type
    self.data = data
  }

  /// Longer ones are ignored, whatever the channel: as much as the state record has room for.
  public static let bytesMax = 262_144
  public var byteCount: Int { id.utf8.count + (type?.utf8.count ?? 0) + (data?.utf8.count ?? 0) }

  /// What the watermarks in the signalling table are called.
  public static let windowOpen = "snapshot-window-open"
  public static let windowClose = "snapshot-window-close"
}

/// Which rows of the stream are signals.
public struct SignalTables: Sendable {
  /// `signal.data.collection`.
  public var tables: [TableID]
  /// `incremental.snapshot.watermarking.strategy=INSERT_DELETE`: the deletion of an opening watermark closes its window.
  public var closesOnDelete: Bool

  public init(tables: [TableID], closesOnDelete: Bool) {
    self.tables = tables
    self.closesOnDelete = closesOnDelete
  }
}
