import Acknowledgement
import PgOutput
import Primitives

/// Tells which publications publish a table, and what of it.
public protocol PublicationSource: ReplicationSource, ~Copyable {
  mutating func shares(of relation: RelationOID, among publications: [String]) throws(SourceError) -> RelationShares
}

extension StreamedTransactions: PublicationSource where Server: PublicationSource & ~Copyable {
  public mutating func shares(
    of relation: RelationOID, among publications: [String]
  ) throws(SourceError) -> RelationShares {
    try server.shares(of: relation, among: publications)
  }
}

/// Reads one stream and deals its frames out to the connectors of a shared slot. Like `RelayLoop`, a turn never waits.
struct SharedStream<Source: PublicationSource & ~Copyable>: ~Copyable {
  enum Turn: Equatable, Sendable {
    case busy
    /// Nothing to do before the time has passed or a descriptor is ready. When `isFull`, the source is not to be read.
    case idle(milliseconds: Int64, isFull: Bool)
    /// Between two transactions, and connectors wait for the stream to start again further back.
    case startAgain
    /// Nobody reads any more.
    case deserted
  }

  private struct Reader {
    let starter: SharedSlot.Starter
    var share: StreamShare
    var batch: FrameBatch

    mutating func take(_ frame: SharedFrame, _ bytes: RawSpan, opening: FrameBatch) {
      share.take(frame, bytes, opening: opening, into: &batch)
    }

    mutating func tellPassedEnd() { share.tellPassedEnd(into: &batch) }
  }

  var source: Source
  let slot: SharedSlot
  /// Every transaction that commits before it has been dealt out.
  private(set) var frontier: LSN
  private(set) var frames: UInt64 = 0
  /// A table was described, as the server does also when a publication was altered, since this was last set to `false`.
  var hasDescribed = false
  private var readers: [Reader]
  private let publications: [String]
  private let limits: RelayLimits
  private var status: StatusUpdatePolicy
  private var received: LSN
  private var isInTransaction = false
  /// Where the transaction that the stream is in commits.
  private var commit = LSN.invalid
  /// Where its first change stands.
  private var firstChange = LSN.invalid
  /// BEGIN and what belongs to it, for those who need it later.
  private var opening = FrameBatch()
  private var lastHeardAt: Int64?
  /// Connectors that were taken out of the stream since the last call of `takeDetached`.
  private var detached: [String] = []

  init(
    _ source: consuming Source, of slot: SharedSlot, for starters: [SharedSlot.Starter], hasEmptyTransactions: Bool,
    limits: RelayLimits = RelayLimits()
  ) {
    self.source = source
    self.slot = slot
    self.limits = limits
    let start = starters.map(\.from).min() ?? .invalid
    frontier = start
    received = start
    publications = starters.map(\.publication)
    readers = starters.map {
      Reader(
        starter: $0, share: StreamShare(from: $0.from, hasEmptyTransactions: hasEmptyTransactions),
        batch: slot.makeBatch())
    }
    status = StatusUpdatePolicy(intervalMilliseconds: limits.statusIntervalMilliseconds)
  }

  mutating func takeDetached() -> [String] {
    defer { detached = [] }
    return detached
  }

  mutating func turn(_ time: RelayTime) throws(SourceError) -> Turn {
    let now = time.monotonicMilliseconds
    let view = slot.look(now)
    detached += view.detached
    readers.removeAll { view.entries[$0.starter.member] != $0.starter.entry }
    if readers.isEmpty { return .deserted }
    let isRestartDue = slot.isRestartDue(at: frontier, now)
    if isRestartDue, isBetweenTransactions { return .startAgain }
    var mayHaveMore = false
    if !view.isBlocked {
      let before = frames
      mayHaveMore = try read(untilBetweenTransactions: isRestartDue)
      try listen(now, hasHeard: frames != before)
      publish()
    } else {
      lastHeardAt = now
    }
    try tell(view, time)
    if mayHaveMore { return .busy }
    var wait = status.millisecondsUntilDue(now: now, flushable: view.confirmable ?? .invalid)
    if view.isBlocked || source.isReplaying { wait = min(wait, limits.blockedStatusIntervalMilliseconds) }
    if view.hasWaiting { wait = min(wait, 50) }
    return .idle(milliseconds: wait, isFull: view.isBlocked)
  }

  private var isBetweenTransactions: Bool { !isInTransaction && !source.isReplaying }

  /// Tells the server a last time what may be confirmed.
  mutating func finish(_ time: RelayTime) throws(SourceError) {
    if let confirmable = slot.look(time.monotonicMilliseconds).confirmable {
      try send(flushed: confirmable, time, replyRequested: false)
    }
  }

  // MARK: Reading

  /// Returns whether there may be more to read now.
  private mutating func read(untilBetweenTransactions: Bool) throws(SourceError) -> Bool {
    var count = 0
    var bytes = 0
    var readsSocket = false
    while count < limits.framesPerTurnMax, bytes < limits.bytesPerTurnMax {
      var described: (relation: RelationOID, frame: [UInt8])?
      var frameBytes = 0
      var isAsked = false
      let received = try Self.receive(
        &source, readsSocket: readsSocket, &readers, &opening, &isInTransaction, &commit, &firstChange, &frontier,
        &self.received,
        &described, &frameBytes, &isAsked)
      switch received {
      case .nothing:
        if readsSocket { return false }
        readsSocket = true
        continue
      case .kept(let byteCount): frameBytes = byteCount
      case .frame: break
      }
      readsSocket = false
      count += 1
      frames += 1
      bytes += frameBytes
      // The connectors' own answers would be late where one of them is busy.
      if isAsked { status.serverRequestedReply() }
      if let described {
        // The catalogue takes its time, and the server may wait for an answer.
        try describe(described.relation, described.frame)
        return true
      }
      if untilBetweenTransactions, isBetweenTransactions { return true }
    }
    return true
  }

  /// Static, so that the source lends its frame while the readers take it.
  private static func receive(
    _ source: inout Source, readsSocket: Bool, _ readers: inout [Reader], _ opening: inout FrameBatch,
    _ isInTransaction: inout Bool, _ commit: inout LSN, _ firstChange: inout LSN,
    _ frontier: inout LSN, _ received: inout LSN,
    _ described: inout (relation: RelationOID, frame: [UInt8])?, _ frameBytes: inout Int,
    _ isAsked: inout Bool
  ) throws(SourceError) -> SourceReceived {
    try source.receive(readingSocket: readsSocket) { bytes in
      frameBytes = bytes.byteCount
      let frame = SharedFrame(bytes)
      switch frame {
      case .relation(let relation):
        // Whose it is says the catalogue, which cannot be asked while the source lends its frame.
        described = (relation, unsafe bytes.withUnsafeBytes { unsafe Array($0) })
        return
      case .begin(let commitLSN):
        isInTransaction = true
        commit = commitLSN
        firstChange = SharedFrame.place(of: bytes) ?? .invalid
        opening.removeAll(keepingAtMost: 4_096)
        opening.append(bytes)
      case .origin:
        // Of the two, the one that comes last tells.
        firstChange = SharedFrame.place(of: bytes) ?? firstChange
        opening.append(bytes)
      case .commit, .row, .truncate, .message, .keepalive, .type, .other: break
      }
      for index in readers.indices {
        readers[index].take(frame, bytes, opening: opening)
      }
      if let passed = frame.passed(isInTransaction: isInTransaction) { frontier = max(frontier, passed) }
      switch frame {
      case .commit(let end):
        isInTransaction = false
        received = max(received, end)
      case .keepalive(let keepalive):
        received = max(received, keepalive.walEnd)
        isAsked = keepalive.replyRequested
      default: break
      }
    }
  }

  private mutating func describe(_ relation: RelationOID, _ frame: [UInt8]) throws(SourceError) {
    let operations = try operations(relation)
    hasDescribed = true
    for index in readers.indices {
      // Some may have left since `publications` were listed.
      guard let place = publications.firstIndex(of: readers[index].starter.publication) else { continue }
      readers[index].share.describe(relation, operations[place])
      unsafe readers[index].take(.relation(relation), frame.span.bytes, opening: opening)
    }
  }

  /// In the order of `publications`. Throws where they cannot be told apart in this stream: the next start is by what is known
  /// then.
  private mutating func operations(_ relation: RelationOID) throws(SourceError) -> [PublishedOperations] {
    // The server sends no more than the one publication has, as it was at that place in the log.
    if publications.allSatisfy({ $0 == publications[0] }) { return publications.map { _ in .all } }
    let shares = try source.shares(of: relation, among: publications)
    if let conflict = shares.conflict {
      // Each by itself gets what it would have alone; where they meet again, the start refuses one of them.
      slot.readAlone(until: shares.asOf)
      throw SourceError(.startAgain, "sluice.slot.shared: \(conflict)")
    }
    // A description has no place of its own. Rows that follow it stand behind the first of the transaction.
    let place = isInTransaction && firstChange != .invalid ? firstChange : commit
    if let failure = slot.checkCertain(relation, shares, publications, place: place) { throw failure }
    return shares.operations
  }

  private mutating func publish() {
    for index in readers.indices {
      readers[index].tellPassedEnd()
      if readers[index].batch.isEmpty { continue }
      var batch = slot.makeBatch()
      swap(&batch, &readers[index].batch)
      slot.publish(batch, to: readers[index].starter.member, entry: readers[index].starter.entry)
    }
  }

  // MARK: Telling the server

  private mutating func tell(_ view: SharedSlot.View, _ time: RelayTime) throws(SourceError) {
    let now = time.monotonicMilliseconds
    let flushed = view.confirmable ?? .invalid
    if view.isBlocked || source.isReplaying, status.isOverdue(now: now, after: limits.blockedStatusIntervalMilliseconds)
    {
      status.serverRequestedReply()
    }
    let asks =
      view.asksForPosition
      || (slot.isAwaited(beyond: frontier, now)
        && status.isOverdue(now: now, after: limits.positionRequestIntervalMilliseconds))
    if asks { status.serverRequestedReply() }
    guard status.isDue(now: now, flushable: flushed) else { return }
    try send(flushed: flushed, time, replyRequested: asks || isSilent(now))
    status.sent(now: now, flushed: flushed)
  }

  /// `.invalid` leaves the slot where it is. Source: PostgreSQL source, `walsender.c`, `ProcessStandbyReplyMessage`.
  private mutating func send(flushed: LSN, _ time: RelayTime, replyRequested: Bool) throws(SourceError) {
    try source.send(
      StandbyStatusUpdate(
        written: max(received, flushed), flushed: flushed, applied: flushed,
        sentAt: PostgresTimestamp(unixMicroseconds: time.wallNanoseconds / 1_000), replyRequested: replyRequested))
  }

  /// Asks a silent server for a sign of life, and gives it up when none comes.
  private mutating func listen(_ now: Int64, hasHeard: Bool) throws(SourceError) {
    guard !hasHeard, let last = lastHeardAt else {
      lastHeardAt = now
      return
    }
    if now - last >= limits.silenceMaxMilliseconds {
      throw SourceError(.reconnect, "the server has not been heard of for \((now - last) / 1_000) s")
    }
  }

  private func isSilent(_ now: Int64) -> Bool {
    lastHeardAt.map { now - $0 >= limits.silenceMaxMilliseconds / 3 } ?? false
  }
}
