import PostgresSource
import Primitives

/// What a connector does first, from its state record and its slot (PRODUCT.md §4 and §5). Pure, so that each rule is a
/// test.
public enum StartDecision: Equatable, Sendable {
  /// Make the slot, take the snapshot it exports if the mode wants one, then stream from its consistent point.
  /// `replacesSlot`: an earlier attempt of our own left a slot behind, which is dropped first.
  case newSlot(withSnapshot: Bool, replacesSlot: Bool)
  /// The slot was there before us: snapshot now if the mode wants one, then stream from the slot's position. Changes in
  /// between come twice, as with Debezium.
  case existingSlot(withSnapshot: Bool, from: LSN)
  case stream(from: LSN)
  case refuse(StartRefusal)

  public struct Situation: Sendable {
    public var state: StateRecord?
    public var slot: ReplicationSlot?
    public var slotName: String
    public var database: String
    public var identity: ReplicationConnection.SystemIdentity
    public var wantsSnapshotData: Bool
    /// End of what the producer has been given, where that is beyond the state record's position: the stream goes on there.
    public var handedOver: LSN?
    /// Where earlier timelines of the server ended.
    public var timelineEnds: [Int: LSN]

    public init(
      state: StateRecord?, slot: ReplicationSlot?, slotName: String, database: String,
      identity: ReplicationConnection.SystemIdentity, wantsSnapshotData: Bool, handedOver: LSN? = nil,
      timelineEnds: [Int: LSN] = [:]
    ) {
      self.state = state
      self.slot = slot
      self.slotName = slotName
      self.database = database
      self.identity = identity
      self.wantsSnapshotData = wantsSnapshotData
      self.handedOver = handedOver
      self.timelineEnds = timelineEnds
    }
  }

  public static func decide(_ now: Situation) -> StartDecision {
    if let slot = now.slot {
      if let plugin = slot.plugin, plugin != "pgoutput" {
        return .refuse(.otherPlugin(slot: slot.name, plugin: plugin))
      }
      if let database = slot.database, database != now.database {
        return .refuse(.otherDatabase(slot: slot.name, database: database))
      }
    }
    guard let state = now.state else { return withoutState(now) }
    if state.systemIdentifier != now.identity.systemIdentifier {
      return .refuse(.otherCluster(stored: state.systemIdentifier, found: now.identity.systemIdentifier))
    }
    if state.database != now.database || state.slot != now.slotName {
      return .refuse(.otherSlotOrDatabase(storedSlot: state.slot, storedDatabase: state.database))
    }
    if state.snapshot == .running {
      guard let slot = now.slot else { return .newSlot(withSnapshot: now.wantsSnapshotData, replacesSlot: false) }
      // Ours, and where we made it. One that has moved or was made by others meanwhile is not dropped.
      if state.ownsSlot, slot.confirmedFlush == state.position.acknowledged {
        return .newSlot(withSnapshot: now.wantsSnapshotData, replacesSlot: true)
      }
      return withoutState(now)
    }
    return complete(state, now)
  }

  private static func withoutState(_ now: Situation) -> StartDecision {
    guard let slot = now.slot else { return .newSlot(withSnapshot: now.wantsSnapshotData, replacesSlot: false) }
    if slot.walStatus == "lost" {
      return .refuse(.slotLost(slot: slot.name, from: slot.confirmedFlush, to: now.identity.walFlushed))
    }
    return .existingSlot(withSnapshot: now.wantsSnapshotData, from: slot.confirmedFlush ?? .invalid)
  }

  private static func complete(_ state: StateRecord, _ now: Situation) -> StartDecision {
    let position = state.position.acknowledged
    if state.timeline > now.identity.timeline {
      return .refuse(.olderTimeline(stored: state.timeline, found: now.identity.timeline))
    }
    // A server that is behind what Kafka has already: a standby promoted too early, or a restored backup. To go on there
    // would also skip what it commits until it has caught up with the position asked for.
    let reached = max(position, now.handedOver ?? position)
    if reached > now.identity.walFlushed {
      return .refuse(.serverBehind(stored: reached, server: now.identity.walFlushed))
    }
    // The same, when the server has written on since.
    if state.timeline < now.identity.timeline, let end = now.timelineEnds[state.timeline], reached > end {
      return .refuse(.serverBehind(stored: reached, server: end))
    }
    guard let slot = now.slot else {
      return .refuse(.slotMissing(slot: now.slotName, from: position, to: now.identity.walFlushed))
    }
    if slot.walStatus == "lost" {
      return .refuse(.slotLost(slot: slot.name, from: position, to: now.identity.walFlushed))
    }
    if let confirmed = slot.confirmedFlush, confirmed > position {
      return .refuse(.slotAhead(slot: slot.name, stored: position, confirmed: confirmed))
    }
    return .stream(from: position)
  }
}

/// Why a connector must not start by itself: each names what would be lost and the choices.
public enum StartRefusal: Error, Equatable, Sendable {
  case otherPlugin(slot: String, plugin: String)
  case otherDatabase(slot: String, database: String)
  case otherCluster(stored: String, found: String)
  case otherSlotOrDatabase(storedSlot: String, storedDatabase: String)
  case olderTimeline(stored: Int, found: Int)
  case serverBehind(stored: LSN, server: LSN)
  case slotMissing(slot: String, from: LSN, to: LSN)
  case slotLost(slot: String, from: LSN?, to: LSN)
  case slotAhead(slot: String, stored: LSN, confirmed: LSN)
}

extension StartRefusal: CustomStringConvertible {
  private static let choices =
    "Choose: remove the connector's state record to take a new snapshot (snapshot.mode=initial), or to go on without the missing changes (snapshot.mode=no_data)"

  public var description: String {
    switch self {
    case .otherPlugin(let slot, let plugin):
      "slot \(slot) uses the plugin \(plugin), not pgoutput. Set another slot.name, or drop the slot"
    case .otherDatabase(let slot, let database):
      "slot \(slot) belongs to database \(database). Set another slot.name or database.dbname"
    case .otherCluster(let stored, let found):
      "the state record is of the PostgreSQL cluster with system identifier \(stored), but this server is \(found). Connect to the right server, or remove the state record"
    case .otherSlotOrDatabase(let slot, let database):
      "the state record is of slot \(slot) in database \(database). Set slot.name and database.dbname back, or remove the state record"
    case .olderTimeline(let stored, let found):
      "the server is on timeline \(found), the state record on \(stored): this is an old primary. Connect to the current one"
    case .serverBehind(let stored, let server):
      "the server's WAL ends, or its timeline branched off, at \(server), before the position \(stored) that Kafka has: it has lost commits. Connect to the right server, or remove the state record for a new snapshot"
    case .slotMissing(let slot, let from, let to):
      "slot \(slot) is gone: changes from LSN \(from) to \(to) and later cannot be read from it (\(to.bytes(since: from)) bytes of WAL so far). \(StartRefusal.choices)"
    case .slotLost(let slot, let from, let to):
      "slot \(slot) is invalidated (wal_status = lost): changes from LSN \(from?.description ?? "unknown") to \(to) are missing. Drop the slot. \(StartRefusal.choices)"
    case .slotAhead(let slot, let stored, let confirmed):
      "slot \(slot) is at LSN \(confirmed), beyond the stored position \(stored): changes from \(stored) to \(confirmed) would be missing (\(confirmed.bytes(since: stored)) bytes of WAL). Another consumer moved the slot, or an old state record was restored. \(StartRefusal.choices)"
    }
  }
}
