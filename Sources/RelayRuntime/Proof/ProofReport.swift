import EventRouting
import Primitives

/// What a verification found. Names keys, never other values.
public struct ProofReport: Sendable {
  /// One difference between the database and Kafka.
  public struct Difference: Sendable, Equatable {
    public enum Kind: String, Sendable {
      /// The database has the row, Kafka has no record of it, or says that it is gone.
      case missing
      /// Kafka has a row that the database has not.
      case extra
      /// Kafka's newest record of the key is no state that the row has.
      case different
    }

    public let kind: Kind
    /// `schema.table`; empty where the record's table is not known.
    public let table: String
    public let topic: String
    /// The record's key as text, an outbox event's id, or of a table without key a hash of the row.
    public let key: String
    /// Of `different`: the columns.
    public let columns: [String]
    /// Where the newest record of the key stands; `nil` without one.
    public let partition: Int32?
    public let offset: Int64?
  }

  /// Counts of one table in one topic; of an outbox table, of one aggregate type in one topic.
  public struct Line: Sendable, Equatable {
    public let table: String
    public let aggregate: String?
    public let topic: String
    /// Rows in the database, inside the window or not.
    public var rows: UInt64 = 0
    /// Rows that Kafka has as they are.
    public var matched: UInt64 = 0
    public var missing: UInt64 = 0
    public var different: UInt64 = 0
    /// Rows older than the window without a record in it.
    public var outsideWindow: UInt64 = 0
    /// Rows of which a record lies in the dead-letter topic, or which cannot be made into a record.
    public var deadLettered: UInt64 = 0
    /// Values that Kafka's newest record leaves out, as an update did not touch them (unchanged TOAST).
    public var unavailableValues: UInt64 = 0
    /// Columns added since Kafka's newest record.
    public var addedColumns: UInt64 = 0
    public var databaseHash = OrderFreeHash()
    public var kafkaHash = OrderFreeHash()

    public var agrees: Bool { missing == 0 && different == 0 }
  }

  /// Counts of one topic.
  public struct Topic: Sendable, Equatable {
    public let name: String
    public var records: UInt64 = 0
    public var deletions: UInt64 = 0
    public var keys: UInt64 = 0
    /// Records that came more than once: the same change of the same key, or the same event id.
    public var duplicates: UInt64 = 0
    public var extra: UInt64 = 0
    /// Events whose outbox row is gone: not a fault where the outbox is purged.
    public var withoutRow: UInt64 = 0
    /// Keys that cannot be judged: deletes are not published, or the table has no key.
    public var notJudged: UInt64 = 0
    public var databaseHash = OrderFreeHash()
    public var kafkaHash = OrderFreeHash()
  }

  public var connector: String
  public var database: String
  public var slot: String
  /// The database was read as it was here.
  public var position = LSN.invalid
  /// How far the relay had come when Kafka was read.
  public var confirmed: LSN?
  /// Begin of the window, milliseconds since 1970.
  public var sinceMilliseconds: Int64?
  public var lines: [Line] = []
  public var topics: [Topic] = []
  public var differences: [Difference] = []
  /// What could not be proven, or limits the proof.
  public var remarks: [String] = []
  /// Bytes of temporary files.
  public var spilledBytes = 0

  public init(connector: String, database: String, slot: String) {
    self.connector = connector
    self.database = database
    self.slot = slot
  }

  /// The relay has delivered and confirmed everything that the database had when it was read.
  public var isCaughtUp: Bool { confirmed.map { $0 >= position } ?? false }
  public var missing: UInt64 { lines.reduce(0) { $0 + $1.missing } }
  public var different: UInt64 { lines.reduce(0) { $0 + $1.different } }
  public var extra: UInt64 { topics.reduce(0) { $0 + $1.extra } }
  public var duplicates: UInt64 { topics.reduce(0) { $0 + $1.duplicates } }
  public var agrees: Bool { missing == 0 && different == 0 && extra == 0 && isCaughtUp }
}
