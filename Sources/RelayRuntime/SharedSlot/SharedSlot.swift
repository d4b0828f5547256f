import PgOutput
import Primitives
import Synchronization

/// One slot for several connectors (`sluice.slot.shared`): the place where the thread that reads it and the threads of the
/// connectors meet. Frames go one way in bounded queues, positions the other way; one lock, taken once a batch of frames.
public final class SharedSlot: Sendable {
  /// Whether this process has the right to the slot.
  enum Right: Equatable, Sendable {
    /// Not asked for yet, or the server could not be reached.
    case unknown(String)
    /// For the so-manieth time: in between another relay may have had it.
    case held(UInt64)
    /// Another relay has it.
    case taken
  }

  /// What the reading thread has to know, taken at once.
  struct View: Sendable {
    var confirmable: LSN?
    var asksForPosition: Bool
    var isBlocked: Bool
    var hasWaiting: Bool
    var detached: [String]
    /// Entries of those that stream, by member; 0 for the others.
    var entries: [UInt64]
  }

  /// A connector that the stream begins with.
  struct Starter: Sendable {
    let member: Int
    let entry: UInt64
    let from: LSN
    let publication: String
  }

  private struct State {
    var membership: SharedMembership
    var right = Right.unknown("the slot has not been asked for yet")
    /// How often it was taken, and by which of these each connector has begun.
    var rightsTaken: UInt64 = 0
    var rightsSeen: [UInt64]
    var tables = KnownShares()
    var known: KnownPublications
    /// Frames, and the failure after which none come.
    var queues: [[FrameBatch]]
    var failures: [SourceError?]
    /// Batches whose memory is used again.
    var spare: [FrameBatch] = []
  }

  let name: String
  /// Of all connectors, each once.
  let publications: [String]
  /// Of its reader.
  let sessions = OwnSessions()
  private let state: Mutex<State>
  private let wakeUps: [WakeUp]
  /// Wakes the reading thread.
  let readerWakeUp: WakeUp
  /// One connector at a time makes the slot, or finds it made.
  private let making = Mutex(())

  private static let spareMax = 8
  private static let batchBytesKept = 2 << 20

  /// `nil` when the process has too few file descriptors.
  convenience init?(name: String, members: [(name: String, publication: String)], waitMilliseconds: Int64) {
    var limits = SharedMembership.Limits()
    limits.waitMilliseconds = waitMilliseconds
    self.init(name: name, members: members, limits: limits)
  }

  init?(name: String, members: [(name: String, publication: String)], limits: SharedMembership.Limits) {
    var wakeUps: [WakeUp] = []
    for _ in members {
      guard let wakeUp = WakeUp() else { return nil }
      wakeUps.append(wakeUp)
    }
    guard let readerWakeUp = WakeUp() else { return nil }
    self.name = name
    publications = Set(members.map(\.publication)).sorted()
    self.wakeUps = wakeUps
    self.readerWakeUp = readerWakeUp
    state = Mutex(
      State(
        membership: SharedMembership(members, limits: limits), rightsSeen: members.map { _ in 0 },
        known: KnownPublications(members: members.count),
        queues: members.map { _ in [] }, failures: members.map { _ in nil }))
  }

  // MARK: For connectors

  func wakeUp(_ member: Int) -> WakeUp { wakeUps[member] }

  /// A life of the connector begins.
  func arrive(_ member: Int) { state.withLock { $0.membership.arrive(member) } }

  /// It does not read for a while, and has everything before `position`.
  func settle(_ member: Int, at position: LSN) {
    state.withLock { $0.membership.settle(member, at: position) }
    readerWakeUp.signal()
  }

  func wait(_ member: Int, from position: LSN) {
    state.withLock { state in
      state.membership.wait(member, from: position)
      state.queues[member] = []
      state.failures[member] = nil
      if state.rightsSeen[member] != state.rightsTaken { SharedSlot.askAgain(&state, member) }
    }
    readerWakeUp.signal()
  }

  func leave(_ member: Int) {
    state.withLock { state in
      state.membership.leave(member)
      state.queues[member] = []
    }
    readerWakeUp.signal()
  }

  /// The connector's thread ends. What it has not stored stays held while the process lives.
  func end(_ member: Int) {
    state.withLock { state in
      state.membership.end(member)
      state.queues[member] = []
    }
    readerWakeUp.signal()
  }

  /// The next frames, in exchange for the memory of the last ones; `nil`: none have come.
  func take(_ member: Int, returning used: consuming FrameBatch) throws(SourceError) -> FrameBatch? {
    used.removeAll(keepingAtMost: SharedSlot.batchBytesKept)
    let spare = used
    let taken: (batch: FrameBatch?, failure: SourceError?, wasBlocked: Bool) = state.withLock { state in
      if state.spare.count < SharedSlot.spareMax { state.spare.append(spare) }
      if let failure = state.failures[member] { return (nil, failure, false) }
      guard !state.queues[member].isEmpty else {
        wakeUps[member].clear()
        return (nil, nil, false)
      }
      let wasBlocked = state.membership.isBlocked
      let batch = state.queues[member].removeFirst()
      state.membership.taken(member, bytes: batch.byteCount)
      return (batch, nil, wasBlocked)
    }
    if let failure = taken.failure { throw failure }
    if taken.wasBlocked { readerWakeUp.signal() }
    return taken.batch
  }

  func tell(_ member: Int, _ update: StandbyStatusUpdate) throws(SourceError) {
    let failure = state.withLock { state in
      state.membership.told(member, flushed: update.flushed, asksForPosition: update.replyRequested)
      return state.failures[member]
    }
    if let failure { throw failure }
    readerWakeUp.signal()
  }

  /// What a connector begins by: what it looks up from then on holds until the right is taken anew.
  func right(for member: Int) -> Right {
    state.withLock { state in
      if case .held(let number) = state.right { state.rightsSeen[member] = number }
      return state.right
    }
  }

  func makingSlot<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try making.withLock { (_) throws(Failure) in try body() }
  }

  // MARK: For the reading thread

  func setRight(_ right: Right) { state.withLock { $0.right = right } }

  /// The right stands by the session that it was taken with.
  func keepRight() { state.withLock { $0.right = .held($0.rightsTaken) } }

  /// By a new session: another relay may have sent later changes meanwhile. Each connector asks whether it has begun since.
  func takeRight() {
    let asked = state.withLock { state in
      state.rightsTaken += 1
      state.right = .held(state.rightsTaken)
      return state.queues.indices.filter { member in
        switch state.membership.members[member].stage {
        case .arriving, .away: return false
        case .waiting, .streaming:
          SharedSlot.askAgain(&state, member)
          return true
        }
      }
    }
    for member in asked { wakeUps[member].signal() }
  }

  private static func askAgain(_ state: inout State, _ member: Int) {
    state.membership.leave(member)
    state.queues[member] = []
    state.failures[member] = SourceError(.reconnect, "the right to the shared slot was lost, and is held again")
  }

  var haveAllEnded: Bool { state.withLock { $0.membership.haveAllEnded } }

  func look(_ now: Int64) -> View {
    let (view, woken): (View, [Int]) = state.withLock { state in
      let detached = state.membership.detachStuck(now)
      for member in detached {
        state.queues[member] = []
        state.failures[member] = SourceError(
          .reconnect,
          "took no changes for \(state.membership.limits.waitMilliseconds / 1_000) s, and slot \(name) is shared: the other connectors go on without it"
        )
      }
      let reassured = SharedSlot.reassure(&state, now)
      let view = View(
        confirmable: state.membership.confirmable, asksForPosition: state.membership.takesQuestion,
        isBlocked: state.membership.isBlocked, hasWaiting: state.membership.hasWaiting,
        detached: detached.map { state.membership.members[$0].name },
        entries: state.membership.members.map { if case .streaming = $0.stage { $0.entry } else { 0 } })
      return (view, detached + reassured)
    }
    for member in woken { wakeUps[member].signal() }
    return view
  }

  private static func reassure(_ state: inout State, _ now: Int64) -> [Int] {
    let reassured = state.membership.takeReassured(now)
    for (member, position) in reassured {
      var batch = FrameBatch()
      batch.appendKeepalive(at: position)
      state.queues[member].append(batch)
      state.membership.queued(member, bytes: batch.byteCount)
    }
    return reassured.map(\.index)
  }

  /// Who the stream starts with now, or nobody.
  func starters(_ now: Int64) -> [Starter] {
    let (starters, woken): ([Starter], [Int]) = state.withLock { state in
      let woken = SharedSlot.reassure(&state, now)
      return (SharedSlot.start(&state, state.membership.starters(now), now), woken)
    }
    for member in woken { wakeUps[member].signal() }
    return starters
  }

  func isRestartDue(at frontier: LSN, _ now: Int64) -> Bool {
    state.withLock { $0.membership.isRestartDue(at: frontier, now) }
  }

  func isAwaited(beyond frontier: LSN, _ now: Int64) -> Bool {
    state.withLock { $0.membership.isAwaited(beyond: frontier, now) }
  }

  /// From now on the stream starts for those that are furthest behind only. `false`: it does so already.
  func startOneByOne() -> Bool { state.withLock { $0.membership.startOneByOne() } }

  func knowsShares(of publications: [String]) -> Bool { state.withLock { $0.tables.know(publications) } }

  func learn(_ all: AllShares, of publications: [String]) {
    state.withLock { $0.tables.learn(all, of: publications) }
  }

  /// Whether it is certain what each publication has of a table at this place in the log. Where it is not, each connector reads
  /// by itself until it is, and the failure says so.
  func checkCertain(
    _ relation: RelationOID, _ shares: RelationShares, _ publications: [String], place: LSN
  ) -> SourceError? {
    state.withLock { state in
      let until = state.tables.doubt(about: relation, shares, of: publications, place: place)
      guard let until = place < state.known.certainFrom ? shares.asOf : until else { return nil }
      state.membership.readAlone(until: until)
      return SourceError(
        .startAgain,
        "the publications of slot \(name) may have had another share of \(shares.table) at LSN \(place) than the catalogue shows now: up to LSN \(until) its connectors read one after another"
      )
    }
  }

  /// What a connector's state record says of the publications.
  func know(_ member: Int, _ stored: PublicationsStanding?) { state.withLock { $0.known.know(member, stored) } }

  /// What the state record of a connector says of the publications with this position.
  func standing(of member: Int, at position: LSN) -> PublicationsStanding? {
    state.withLock { $0.known.standing(of: member, at: position) }
  }

  /// What the catalogue says of the publications now.
  func note(_ found: PublicationsStanding) { state.withLock { $0.known.note(found) } }

  /// Where the publications may have been altered behind a starter's position, which the stream does not tell: each connector
  /// reads by itself up to the place that is returned. To be asked behind `learn`, so that whatever is altered after this shows
  /// as another share.
  func checkUnaltered(_ found: PublicationsStanding, for starters: [Starter]) -> LSN? {
    state.withLock { state in
      let until = state.known.doubt(found, for: starters.map { ($0.member, $0.from) })
      if let until { state.membership.readAlone(until: until) }
      return until
    }
  }

  /// Each connector reads by itself up to there.
  func readAlone(until position: LSN) { state.withLock { $0.membership.readAlone(until: position) } }

  func restart(at frontier: LSN, _ now: Int64) -> [Starter] {
    state.withLock { state in SharedSlot.start(&state, state.membership.restart(at: frontier, now), now) }
  }

  private static func start(_ state: inout State, _ starters: [Int], _ now: Int64) -> [Starter] {
    if starters.isEmpty { return [] }
    _ = state.membership.started(starters, now)
    return starters.compactMap { index in
      let member = state.membership.members[index]
      guard case .streaming(let from) = member.stage else { return nil }
      return Starter(member: index, entry: member.entry, from: from, publication: member.publication)
    }
  }

  /// Memory for the next frames.
  func makeBatch() -> FrameBatch { state.withLock { $0.spare.popLast() } ?? FrameBatch() }

  /// Gives a connector its frames, unless it has gone or begun anew since.
  func publish(_ batch: consuming FrameBatch, to member: Int, entry: UInt64) {
    if batch.isEmpty { return }
    let batch = batch
    state.withLock { state in
      guard case .streaming = state.membership.members[member].stage, state.membership.members[member].entry == entry
      else { return }
      state.membership.queued(member, bytes: batch.byteCount)
      state.queues[member].append(batch)
    }
    wakeUps[member].signal()
  }

  /// The stream has ended for all who read it, or wait for it.
  func fail(_ failure: SourceError) { fail(failure) { _ in true } }

  /// One cannot be served together with the others.
  func refuse(_ member: Int, _ failure: SourceError) { fail(failure) { $0 == member } }

  private func fail(_ failure: SourceError, _ isAffected: (Int) -> Bool) {
    let failed = state.withLock { state in
      var failed: [Int] = []
      for member in state.queues.indices where isAffected(member) {
        switch state.membership.members[member].stage {
        case .arriving, .away: continue
        case .waiting, .streaming: break
        }
        state.membership.leave(member)
        state.queues[member] = []
        state.failures[member] = failure
        failed.append(member)
      }
      return failed
    }
    for member in failed { wakeUps[member].signal() }
  }

  /// Who keeps the log, for the operator: name, position, and whether it runs. `nil` for one whose position is unknown.
  var holders: [(name: String, position: LSN?, hasEnded: Bool)] {
    state.withLock { state in state.membership.members.map { ($0.name, $0.held, $0.hasEnded) } }
  }
}
