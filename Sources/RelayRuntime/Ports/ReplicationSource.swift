import EventEncoding
import PgOutput
import Primitives

/// Where the stream comes from: PostgreSQL, or a script in tests. No call waits longer than a catalogue query takes.
public protocol ReplicationSource: ~Copyable {
  /// Lends the next frame to `body` if a whole one is there. `readingSocket` allows one read of the socket.
  mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived
  mutating func send(_ update: StandbyStatusUpdate) throws(SourceError)
  /// Runs a statement beside the stream: `heartbeat.action.query`.
  mutating func execute(_ sql: String) throws(SourceError)
  /// Asks the catalogue for what a relation message does not carry.
  mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription
  /// Reads columns of one row as it is now. Waits 10 s at most, well within `wal_sender_timeout`.
  mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer
  /// The slot's `catalog_xmin`, for `source.xmin`.
  mutating func slotXmin() throws(SourceError) -> UInt64?
  /// Whether one of these (sub)transactions was rolled back; all have ended.
  mutating func hasRolledBack(anyOf transactions: [TransactionID]) throws(SourceError) -> Bool
  /// Throws when the relay has stood still for so long that another may have its slot. Called in each turn, and a few times
  /// within one.
  mutating func checkPresence() throws(SourceError)
  /// Frames come from what was kept before: the socket is not read meanwhile, and the server's questions go unseen.
  var isReplaying: Bool { get }
}

extension ReplicationSource where Self: ~Copyable {
  public mutating func slotXmin() throws(SourceError) -> UInt64? { nil }
  public mutating func checkPresence() throws(SourceError) {}
  public mutating func hasRolledBack(anyOf transactions: [TransactionID]) throws(SourceError) -> Bool { false }
  public var isReplaying: Bool { false }
}

public enum SourceReceived: Equatable, Sendable {
  case frame
  /// A frame has come that is kept for later; `body` was not called.
  case kept(byteCount: Int)
  /// Nothing more has arrived.
  case nothing
}

/// Why the source failed, and what that calls for.
public struct SourceError: Error, Sendable, CustomStringConvertible {
  public enum Remedy: Sendable, Equatable {
    /// The connection is gone or the server is: connect again.
    case reconnect
    /// Connect again, and take each transaction only once it has committed.
    case reconnectWithoutStreaming
    /// Nothing has failed: the stream of a shared slot ends in a transaction, and starts again in another way.
    case startAgain
    /// Another process streams from the slot: wait for it.
    case waitForSlot
    /// The slot is no longer where this producer left it; perhaps another relay had it meanwhile. What is stored decides.
    case startOver
    /// Only the operator can help.
    case stop

    /// The connector lives on, and has its stream again by itself.
    var losesStreamOnly: Bool {
      switch self {
      case .reconnect, .reconnectWithoutStreaming, .startAgain: true
      case .waitForSlot, .startOver, .stop: false
      }
    }
  }

  public let remedy: Remedy
  public let description: String

  public init(_ remedy: Remedy, _ description: String) {
    self.remedy = remedy
    self.description = description
  }
}
