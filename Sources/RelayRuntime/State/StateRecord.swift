import EventEncoding
import Primitives

/// What a connector must remember beside its slot (PRODUCT.md §4): whose log it reads, how far the snapshot is, and up to
/// where Kafka has acknowledged.
public struct StateRecord: Sendable, Equatable {
  public enum Snapshot: String, Sendable {
    /// Begun and not finished: it is done again.
    case running
    /// Done, or not wanted: the stream is all there is.
    case complete
  }

  public static let formatVersion = 1

  public var connector: String
  /// Who began last; `nil` exactly once, where Kafka fences, unless the connector was at least once before, and in records of
  /// earlier versions.
  public var relay: RelayTerm?
  /// That relay stopped in order: nobody has sent anything behind the position, but for the beginning of a transaction.
  public var hasEnded = false
  public var systemIdentifier: String
  public var timeline: Int
  /// Where it branched off; `nil` of a cluster's first, and in records of earlier versions.
  public var timelineStart: LSN?
  public var database: String
  public var slot: String
  /// The slot was made by this connector, so a snapshot that is done again may replace it.
  public var ownsSlot: Bool
  public var snapshot: Snapshot
  public var position: StreamPosition
  /// How far a running snapshot is; `nil` where it is not to go on after an interruption.
  public var resumable: ResumableSnapshot?
  /// Of a shared slot: how its publications stood, somewhere before the position; `nil`: not known.
  public var publications: PublicationsStanding?

  public init(
    connector: String, systemIdentifier: String, timeline: Int, database: String, slot: String, ownsSlot: Bool,
    snapshot: Snapshot, position: StreamPosition, resumable: ResumableSnapshot? = nil, relay: RelayTerm? = nil
  ) {
    self.connector = connector
    self.relay = relay
    self.systemIdentifier = systemIdentifier
    self.timeline = timeline
    self.database = database
    self.slot = slot
    self.ownsSlot = ownsSlot
    self.snapshot = snapshot
    self.position = position
    self.resumable = resumable
  }

  /// One JSON object on one line.
  public var json: [UInt8] {
    var out = ByteWriter()
    func text(_ name: String, _ value: String, _ out: inout ByteWriter) {
      out.append(UInt8(ascii: ","))
      JSONText.writeString(name, into: &out)
      out.append(UInt8(ascii: ":"))
      JSONText.writeString(value, into: &out)
    }
    out.append("{\"format\":")
    out.append(decimal: UInt64(StateRecord.formatVersion))
    if let relay { text("relay", relay.description, &out) }
    text("connector", connector, &out)
    text("systemIdentifier", systemIdentifier, &out)
    out.append(",\"timeline\":")
    out.append(decimal: Int64(timeline))
    if let timelineStart { text("timelineStart", timelineStart.description, &out) }
    text("database", database, &out)
    text("slot", slot, &out)
    out.append(ownsSlot ? ",\"ownsSlot\":true" : ",\"ownsSlot\":false")
    text("snapshot", snapshot.rawValue, &out)
    text("position", position.acknowledged.description, &out)
    if hasEnded { out.append(",\"ended\":true") }
    if let publications { text("publications", publications.description, &out) }
    if let lastCommit = position.lastCommit { text("lastCommit", lastCommit.description, &out) }
    if let divided = position.divided {
      text("dividedTransaction", String(divided.transaction.rawValue), &out)
      text("dividedChanges", String(divided.changes), &out)
      text("dividedParts", String(divided.parts), &out)
    }
    for member in position.incremental?.members ?? [] { text(member.name, member.value, &out) }
    for member in resumable?.members ?? [] { text(member.name, member.value, &out) }
    out.append(UInt8(ascii: "}"))
    return out.array
  }
}

extension StateRecord {
  /// Key and value of the record in the topic of the state.
  func encode(into record: inout EncodedRecord) {
    record.clear()
    record.bytes.append(Array(connector.utf8))
    record.key = 0..<record.bytes.count
    let start = record.bytes.count
    record.bytes.append(json)
    record.value = start..<record.bytes.count
  }
}

/// Why a state record, or the place it is kept in, cannot be used.
public struct StateStoreError: Error, Sendable, CustomStringConvertible {
  /// Trying again later may help.
  public let isTransient: Bool
  /// Another relay of the connector has begun since.
  public private(set) var isOvertaken = false
  public let description: String

  public init(_ description: String, isTransient: Bool = false) {
    self.description = description
    self.isTransient = isTransient
  }

  static func overtaken(_ connector: String) -> StateStoreError {
    var error = StateStoreError("another relay of \(connector) has begun since", isTransient: true)
    error.isOvertaken = true
    return error
  }
}
