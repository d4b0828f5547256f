import Primitives

/// Who shares a slot, where each stands, and what follows from it: what may be confirmed, when the stream starts, when it
/// starts again further back, and who holds it up. Pure: times come in as numbers.
///
/// Rules that nothing may break:
/// - Nothing is confirmed beyond what any connector has stored, whether it runs, has failed or has ended; and nothing at all
///   while the position of one is unknown.
/// - The stream starts at the smallest position of those that wait for it. One that comes later waits until the stream has
///   passed its position; then, between two transactions, the stream starts again there, and what the others have already is
///   kept from them (`StreamShare`).
/// - Up to a position before which it is not known whose a table's rows are, each reads alone, by its own publication only: then
///   the server tells them apart.
/// - Between two such starts every connector gets further, so one that fails again and again does not keep the others.
struct SharedMembership: Sendable {
  enum Stage: Equatable, Sendable {
    /// Begins, and will soon say where it stands.
    case arriving
    /// Does not read for now: it takes a snapshot, waits before its next attempt, or has ended.
    case away
    case waiting(from: LSN)
    case streaming(from: LSN)
  }

  struct Member: Sendable {
    let name: String
    let publication: String
    var stage = Stage.arriving
    /// What the connector may ask for again; `nil`: not known yet.
    var held: LSN?
    /// Counts its entries into the stream: what was read for an earlier one is not for it.
    var entry: UInt64 = 0
    var queuedBytes = 0
    var asksForPosition = false
    /// It takes nothing from its full queue since then.
    var fullSince: Int64?
    var admittedFrom = Int64.min
    var detachments = 0
    var heldAtDetachment: LSN?
    var reassuredAt: Int64?
    var hasEnded = false
  }

  struct Limits: Sendable {
    /// Of frames that wait for one connector; a turn's frames more may be there.
    var queueBytesMax = 1 << 20
    /// `sluice.slot.shared.wait.ms`
    var waitMilliseconds: Int64 = 60_000
    /// Those that are about to start are waited for so long.
    var gatherMilliseconds: Int64 = 3_000
    /// Between two starts of the stream.
    var restartMilliseconds: Int64 = 500
    /// A connector that hears nothing for long would take its server for dead.
    var reassureMilliseconds: Int64 = 5_000
  }

  let limits: Limits
  private(set) var members: [Member]
  private var waitingSince: Int64?
  private var startsOneByOne = false
  /// Who is not there yet reads alone. Never goes back.
  private(set) var aloneUntil = LSN.invalid
  private var startedAt: Int64?
  /// How long it took until everybody got something new after the last start.
  private var caughtUpAt: Int64?

  init(_ members: [(name: String, publication: String)], limits: Limits) {
    self.limits = limits
    self.members = members.map { Member(name: $0.name, publication: $0.publication) }
  }

  // MARK: Positions

  /// Up to where the server may be told; `nil`: no further than it is.
  var confirmable: LSN? {
    var lowest: LSN?
    for member in members {
      guard let held = member.held else { return nil }
      lowest = min(lowest ?? held, held)
    }
    return lowest
  }

  mutating func hold(_ index: Int, at position: LSN) {
    members[index].held = max(members[index].held ?? position, position)
  }

  mutating func told(_ index: Int, flushed: LSN, asksForPosition: Bool) {
    if flushed != .invalid { hold(index, at: flushed) }
    if asksForPosition { members[index].asksForPosition = true }
  }

  var takesQuestion: Bool {
    mutating get {
      var asks = false
      for index in members.indices where members[index].asksForPosition {
        members[index].asksForPosition = false
        asks = true
      }
      return asks
    }
  }

  // MARK: Coming and going

  mutating func arrive(_ index: Int) { members[index].stage = .arriving }

  mutating func settle(_ index: Int, at position: LSN) {
    hold(index, at: position)
    members[index].stage = .away
  }

  /// `position`: end of what the connector has handed to Kafka, which may be beyond what it has stored. Its first one is
  /// what it has stored.
  mutating func wait(_ index: Int, from position: LSN) {
    if members[index].held == nil { members[index].held = position }
    members[index].stage = .waiting(from: position)
    members[index].entry += 1
    members[index].queuedBytes = 0
    members[index].fullSince = nil
    members[index].reassuredAt = nil
  }

  mutating func leave(_ index: Int) {
    members[index].stage = .away
    members[index].queuedBytes = 0
    members[index].fullSince = nil
  }

  mutating func end(_ index: Int) {
    leave(index)
    members[index].hasEnded = true
  }

  var haveAllEnded: Bool { members.allSatisfy(\.hasEnded) }

  // MARK: Starting

  private func isAdmissible(_ member: Member, _ now: Int64) -> LSN? {
    guard case .waiting(let from) = member.stage, now >= member.admittedFrom else { return nil }
    return from
  }

  /// Who the stream starts with, while there is none; empty: nobody yet.
  mutating func starters(_ now: Int64) -> [Int] {
    let waiting = members.indices.filter { isAdmissible(members[$0], now) != nil }
    guard !waiting.isEmpty else {
      waitingSince = nil
      return []
    }
    let since = waitingSince ?? now
    waitingSince = since
    if now - since < limits.gatherMilliseconds, members.contains(where: { $0.stage == .arriving }) { return [] }
    waitingSince = nil
    if let alone = alone(among: waiting) { return [alone] }
    guard startsOneByOne else { return waiting }
    let lowest = waiting.compactMap { isAdmissible(members[$0], now) }.min()
    return waiting.filter { isAdmissible(members[$0], now) == lowest }
  }

  /// Everything up to `position` is to be read by one connector at a time.
  mutating func readAlone(until position: LSN) { aloneUntil = max(aloneUntil, position) }

  /// Who of these is next to read alone: the one that is furthest behind.
  private func alone(among indices: [Int]) -> Int? {
    let behind = indices.compactMap { index in position(members[index]).map { (index, $0) } }
      .filter { $0.1 < aloneUntil }
    return behind.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
  }

  private func position(_ member: Member) -> LSN? {
    switch member.stage {
    case .waiting(let from), .streaming(let from): from
    case .arriving, .away: nil
    }
  }

  /// The stream is one connector's, which is not where all may read together yet.
  private func isReadAlone(at frontier: LSN) -> Bool {
    frontier < aloneUntil && members.contains { if case .streaming = $0.stage { true } else { false } }
  }

  /// A publication must have been there at the place in the log from which it is read. One that was made later can be read
  /// together with the others only from where its connector is, which is after that. Returns `false` when it is so already.
  mutating func startOneByOne() -> Bool {
    defer { startsOneByOne = true }
    return !startsOneByOne
  }

  var hasWaiting: Bool { members.contains { if case .waiting = $0.stage { true } else { false } } }

  /// Those who have to wait for the stream to get to where they are; the server is asked how far it is.
  func isAwaited(beyond frontier: LSN, _ now: Int64) -> Bool {
    if hasWaiting, isReadAlone(at: frontier) { return true }
    return members.contains { isAdmissible($0, now).map { $0 > frontier } ?? false }
  }

  /// Everything that commits before `frontier` has been read. Whether the stream is to start again, for those who wait.
  mutating func isRestartDue(at frontier: LSN, _ now: Int64) -> Bool {
    let isBehind = members.contains { if case .streaming(let from) = $0.stage { from > frontier } else { false } }
    if isBehind { return false }
    let caughtUp = caughtUpAt ?? now
    caughtUpAt = caughtUp
    guard let startedAt, !isReadAlone(at: frontier) else { return false }
    // The others' time with something new is no shorter than what the last start cost them.
    let pause = max(limits.restartMilliseconds, caughtUp - startedAt)
    guard now - caughtUp >= pause else { return false }
    return members.contains { isAdmissible($0, now).map { $0 <= frontier } ?? false }
  }

  /// Who goes on after that: those who stream, from `frontier` at the least, and those who were waited for.
  mutating func restart(at frontier: LSN, _ now: Int64) -> [Int] {
    var starters: [Int] = []
    for index in members.indices {
      if case .streaming(let from) = members[index].stage {
        members[index].stage = .streaming(from: max(from, frontier))
        starters.append(index)
      } else if let from = isAdmissible(members[index], now), from <= frontier {
        starters.append(index)
      }
    }
    guard let alone = alone(among: starters) else { return starters }
    // The others have what was read for them, and go on from there later.
    for index in starters where index != alone {
      if case .streaming(let from) = members[index].stage { members[index].stage = .waiting(from: from) }
    }
    return [alone]
  }

  /// The stream begins with these. Returns where.
  mutating func started(_ starters: [Int], _ now: Int64) -> LSN {
    startedAt = now
    caughtUpAt = nil
    var lowest: LSN?
    for index in starters {
      let from: LSN
      switch members[index].stage {
      case .waiting(let position), .streaming(let position): from = position
      case .arriving, .away: continue
      }
      members[index].stage = .streaming(from: from)
      lowest = min(lowest ?? from, from)
    }
    return lowest ?? .invalid
  }

  // MARK: Queues

  mutating func queued(_ index: Int, bytes: Int) { members[index].queuedBytes += bytes }

  mutating func taken(_ index: Int, bytes: Int) {
    members[index].queuedBytes -= bytes
    members[index].fullSince = nil
  }

  /// Somebody's queue is full: nothing is read.
  var isBlocked: Bool { members.contains { isFull($0) } }

  private func isFull(_ member: Member) -> Bool {
    if case .streaming = member.stage { member.queuedBytes >= limits.queueBytesMax } else { false }
  }

  /// Takes those out of the stream who have held it up for too long. They may come back after as long as they held it up,
  /// and after twice that each time that brought them no further.
  mutating func detachStuck(_ now: Int64) -> [Int] {
    var detached: [Int] = []
    for index in members.indices where isFull(members[index]) {
      guard let since = members[index].fullSince else {
        members[index].fullSince = now
        continue
      }
      guard now - since >= limits.waitMilliseconds else { continue }
      if members[index].heldAtDetachment != members[index].held { members[index].detachments = 0 }
      members[index].heldAtDetachment = members[index].held
      members[index].admittedFrom = now + limits.waitMilliseconds << Int64(min(members[index].detachments, 4))
      members[index].detachments += 1
      leave(index)
      detached.append(index)
    }
    return detached
  }

  /// Who is to hear that all is well, with what: each has everything before that position.
  mutating func takeReassured(_ now: Int64) -> [(index: Int, position: LSN)] {
    var reassured: [(Int, LSN)] = []
    for index in members.indices where members[index].queuedBytes == 0 {
      switch members[index].stage {
      case .arriving, .away: continue
      case .waiting(let from), .streaming(let from):
        let last = members[index].reassuredAt ?? now
        if members[index].reassuredAt == nil { members[index].reassuredAt = now }
        guard now - last >= limits.reassureMilliseconds else { continue }
        members[index].reassuredAt = now
        reassured.append((index, from))
      }
    }
    return reassured
  }
}
