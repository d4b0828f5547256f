import PostgresSource
import Primitives

/// What a connector does first, from its state record and its slot (PRODUCT.md §4 and §5). Pure, so that each rule is a
/// test.
public enum StartDecision: Equatable, Sendable {
  /// Make the slot, take the snapshot it exports if the mode wants one, then stream from its consistent point.
  /// `replacesSlot`: an earlier attempt of our own left a slot behind, which is dropped first.
  case newSlot(withSnapshot: Bool, replacesSlot: Bool)
  /// The slot was there before us: snapshot now if the mode wants one, then stream from the slot's position. Changes in
  /// between come twice; Debezium leaves them out, deletes among them.
  case existingSlot(withSnapshot: Bool, from: LSN)
  /// `snapshot.mode=always`: another snapshot, and then the stream from where that was taken. What was committed between
  /// `after` and that point is told by the snapshot only, as with Debezium.
  case snapshotAgain(after: LSN)
  /// `sluice.snapshot.resume`: an interrupted snapshot goes on as an incremental one, beside the stream from where it was
  /// taken.
  case resumeSnapshot(from: LSN)
  /// Snapshot and end, without a slot.
  case snapshotOnly
  /// Nothing to read, and no stream to follow.
  case nothingToDo
  case stream(from: LSN)
  /// `offset.mismatch.strategy` trusts the slot, which is ahead: what lies before it is given up.
  case followSlot(from: LSN, unsent: LSN)
  case refuse(StartRefusal)

  /// `offset.mismatch.strategy`: what it means that the slot is ahead of the stored position. One that is behind is no
  /// mismatch here: the stream starts at the stored position, and the slot follows.
  public enum SlotAhead: Sendable, Equatable {
    /// `no_validation`, `trust_offset`
    case isGap
    /// `trust_slot`, `trust_greater_lsn`
    case isTrusted
  }

  public struct Situation: Sendable {
    public var state: StateRecord?
    public var slot: ReplicationSlot?
    public var slotName: String
    public var database: String
    public var identity: ReplicationConnection.SystemIdentity
    public var policy: SnapshotPolicy
    public var slotAhead: SlotAhead
    /// `sluice.snapshot.resume`
    public var resumesSnapshot: Bool
    /// End of what the producer has been given, where that is beyond the state record's position: the stream goes on there.
    public var handedOver: LSN?
    /// Of the server's timeline.
    public var history: TimelineHistory
    /// `sluice.slot.shared`: the slot is not the connector's to replace, and holds all since any connector's position.
    public var isShared: Bool

    public init(
      state: StateRecord?, slot: ReplicationSlot?, slotName: String, database: String,
      identity: ReplicationConnection.SystemIdentity, policy: SnapshotPolicy, slotAhead: SlotAhead = .isGap,
      resumesSnapshot: Bool = false, handedOver: LSN? = nil, history: TimelineHistory = TimelineHistory(),
      isShared: Bool = false
    ) {
      self.state = state
      self.slot = slot
      self.slotName = slotName
      self.database = database
      self.identity = identity
      self.policy = policy
      self.slotAhead = slotAhead
      self.resumesSnapshot = resumesSnapshot
      self.handedOver = handedOver
      self.history = history
      self.isShared = isShared
    }
  }

  public static func decide(_ now: Situation) -> StartDecision {
    if now.policy.streams, let slot = now.slot {
      if let plugin = slot.plugin, plugin != "pgoutput" {
        return .refuse(.otherPlugin(slot: slot.name, plugin: plugin))
      }
      if let database = slot.database, database != now.database {
        return .refuse(.otherDatabase(slot: slot.name, database: database))
      }
    }
    if let state = now.state {
      if state.systemIdentifier != now.identity.systemIdentifier {
        return .refuse(.otherCluster(stored: state.systemIdentifier, found: now.identity.systemIdentifier))
      }
      if state.database != now.database || state.slot != now.slotName {
        return .refuse(.otherSlotOrDatabase(storedSlot: state.slot, storedDatabase: state.database))
      }
    }
    if !now.policy.streams { return withoutStream(now) }
    guard let state = now.state else { return withoutState(now) }
    if state.snapshot == .running {
      guard let slot = now.slot else {
        return .newSlot(withSnapshot: now.policy.wantsFirstData, replacesSlot: false)
      }
      if now.isShared {
        let confirmed = slot.confirmedFlush ?? .invalid
        if confirmed <= state.position.acknowledged, mayResume(state, slot, now) {
          return .resumeSnapshot(from: state.position.acknowledged)
        }
        return withoutState(now)
      }
      // Ours, and where we made it. One that has moved or was made by others meanwhile is not dropped.
      if state.ownsSlot, slot.confirmedFlush == state.position.acknowledged {
        // Nothing of a snapshot was begun: the slot holds all that came since it was made.
        if !now.policy.wantsFirstData, slot.walStatus != "lost" {
          return .existingSlot(withSnapshot: false, from: state.position.acknowledged)
        }
        if mayResume(state, slot, now) { return .resumeSnapshot(from: state.position.acknowledged) }
        return .newSlot(withSnapshot: now.policy.wantsFirstData, replacesSlot: true)
      }
      return withoutState(now)
    }
    return complete(state, now)
  }

  /// The slot must still hold all since the snapshot's moment, and the server be the one that showed it.
  private static func mayResume(_ state: StateRecord, _ slot: ReplicationSlot, _ now: Situation) -> Bool {
    now.resumesSnapshot && now.policy.wantsFirstData && state.resumable != nil && slot.walStatus != "lost"
      && state.position.acknowledged != .invalid && state.timeline == now.identity.timeline
      && state.position.acknowledged <= now.identity.walFlushed
  }

  private static func withoutStream(_ now: Situation) -> StartDecision {
    switch now.policy.data {
    case .never: .nothingToDo
    case .always: .snapshotOnly
    case .once: now.state?.snapshot == .complete ? .nothingToDo : .snapshotOnly
    }
  }

  private static func withoutState(_ now: Situation) -> StartDecision {
    guard let slot = now.slot else { return .newSlot(withSnapshot: now.policy.wantsFirstData, replacesSlot: false) }
    if slot.walStatus == "lost" {
      return .refuse(.slotLost(slot: slot.name, from: slot.confirmedFlush, to: now.identity.walFlushed))
    }
    return .existingSlot(withSnapshot: now.policy.wantsFirstData, from: slot.confirmedFlush ?? .invalid)
  }

  private static func complete(_ state: StateRecord, _ now: Situation) -> StartDecision {
    let position = state.position.acknowledged
    if state.timeline > now.identity.timeline {
      return .refuse(.olderTimeline(stored: state.timeline, found: now.identity.timeline))
    }
    // A server that is behind what Kafka has already: a standby promoted too early, or a restored backup. To go on there
    // would also skip what it commits until it has caught up with the position asked for. A new snapshot would take keys
    // back to an older state, so no mode mends this.
    let reached = max(position, now.handedOver ?? position)
    if reached > now.identity.walFlushed {
      return .refuse(.serverBehind(stored: reached, server: now.identity.walFlushed))
    }
    // Another branch of the cluster: what was sent is not in its log. It may have a timeline of the same number.
    if let start = state.timelineStart, start != now.history.start(of: state.timeline) {
      return .refuse(.foreignTimeline(stored: state.timeline, found: now.identity.timeline))
    }
    if state.timeline < now.identity.timeline {
      guard let end = now.history.ends[state.timeline] else {
        return .refuse(.foreignTimeline(stored: state.timeline, found: now.identity.timeline))
      }
      // The same as above, when the server has written on since.
      if reached > end { return .refuse(.serverBehind(stored: reached, server: end)) }
    }
    guard let slot = now.slot else {
      if now.policy.fillsGaps { return .newSlot(withSnapshot: true, replacesSlot: false) }
      return .refuse(.slotMissing(slot: now.slotName, from: position, to: now.identity.walFlushed))
    }
    if slot.walStatus == "lost" {
      // Of no use to anybody, but not ours to drop if others made it.
      if now.policy.fillsGaps, state.ownsSlot { return .newSlot(withSnapshot: true, replacesSlot: true) }
      return .refuse(.slotLost(slot: slot.name, from: position, to: now.identity.walFlushed))
    }
    if let confirmed = slot.confirmedFlush, confirmed > position {
      if now.slotAhead == .isTrusted { return .followSlot(from: confirmed, unsent: position) }
      // Somebody else moved it and may be using it: it stays, and what the snapshot overlaps with comes twice.
      if now.policy.fillsGaps { return .existingSlot(withSnapshot: true, from: confirmed) }
      return .refuse(.slotAhead(slot: slot.name, stored: position, confirmed: confirmed))
    }
    return now.policy.data == .always ? .snapshotAgain(after: position) : .stream(from: position)
  }
}

extension StartDecision.Situation {
  /// Two standbys that have the same log and are both promoted begin timelines of one number at one position, and their
  /// history files are the same. What differs is where the slot is: the server that the record is of has been told of the
  /// timeline's changes. Not for certain, since it keeps what it was told on disk only at its next checkpoint.
  public var branchDoubt: String? {
    guard let state, state.snapshot == .complete, state.timeline == identity.timeline, let start = state.timelineStart,
      let slot, let confirmed = slot.confirmedFlush, confirmed < start
    else { return nil }
    let reached = max(state.position.acknowledged, handedOver ?? .invalid)
    guard reached > start else { return nil }
    return
      "slot \(slot.name) is at LSN \(confirmed), before timeline \(state.timeline) began at \(start), and Kafka has changes of that timeline up to \(reached). Either a crash has taken the slot back to the server's last checkpoint, or this server is another standby that was promoted at the same position: then its changes up to \(reached) are not relayed. Check that it is the right one; sluice verify tells what differs"
  }
}

/// Why a connector must not start by itself: each names what would be lost and the choices.
public enum StartRefusal: Error, Equatable, Sendable {
  case otherPlugin(slot: String, plugin: String)
  case otherDatabase(slot: String, database: String)
  case otherCluster(stored: String, found: String)
  case otherSlotOrDatabase(storedSlot: String, storedDatabase: String)
  case olderTimeline(stored: Int, found: Int)
  case foreignTimeline(stored: Int, found: Int)
  case serverBehind(stored: LSN, server: LSN)
  case slotMissing(slot: String, from: LSN, to: LSN)
  case slotLost(slot: String, from: LSN?, to: LSN)
  case slotAhead(slot: String, stored: LSN, confirmed: LSN)
}

extension StartRefusal: CustomStringConvertible {
  private static let choices =
    "Choose: snapshot.mode=when_needed takes a new snapshot; or remove the connector's state record to take a new snapshot (snapshot.mode=initial), or to go on without the missing changes (snapshot.mode=no_data)"

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
    case .foreignTimeline(let stored, let found):
      "the state record is of a timeline \(stored) that is no part of the history of this server, which is on timeline \(found): another branch of the cluster, in which what Kafka has may never have happened. Connect to the right server, or remove the state record for a new snapshot"
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
