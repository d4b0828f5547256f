import PgOutput
import Primitives

/// Sorts the frames of one connection: blocks of open transactions are kept, everything else passes. At a transaction's
/// commit what was kept of it comes out whole, in the place of the commit, as if it had been sent only then.
///
/// **Tables.** A block's transaction gets descriptions of its own, and the server takes them for known by everybody once
/// that transaction has committed. What holds for the others afterwards is the description that came last, whether in a
/// committed transaction or outside: later ones follow a change of the table or the publication, and a transaction that
/// was open then may still hold older ones, which must not outlive it.
/// Source: PostgreSQL source, `src/backend/replication/pgoutput/pgoutput.c`, `maybe_send_schema`,
/// `cleanup_rel_sync_cache`.
struct TransactionAssembly: ~Copyable {
  struct Rules: Equatable {
    /// What open transactions may take of memory together; beyond it the largest goes to disk.
    var memoryBytesMax = 8 << 20
    /// Before PostgreSQL 15 a transaction of which nothing is published is sent as Begin and Commit all the same, and
    /// Begin stands where the transaction began, not at its first change.
    var sendsEmptyTransactions = false
  }

  /// `nil`: no open transactions come.
  private let space: (any SpillSpace)?
  private let rules: Rules
  private var open: [TransactionID: OpenTransaction] = [:]
  /// The one whose block the stream is in.
  private var current: OpenTransaction?
  private var memoryBytes = 0
  private var known: [RelationOID: DescribedRelation] = [:]
  /// Of the tables in `known`, and of some that had others before.
  private var columns: Set<[UInt8]> = []
  private var relationsSeen: UInt64 = 0
  private var replay: TransactionReplay?
  /// Of the transaction that is about to come out: whether one of these was rolled back has to be asked first.
  private(set) var doubtful: [TransactionID] = []
  /// Since the connection was made.
  private(set) var spilledTransactions: UInt64 = 0

  init(_ space: (any SpillSpace)?, _ rules: Rules = Rules()) {
    self.space = space
    self.rules = rules
  }

  var isActive: Bool { space != nil }
  var isReplaying: Bool { replay != nil }
  /// Held for open transactions, in memory and on disk.
  var heldBytes: (memory: Int, disk: Int) { (memoryBytes, open.values.reduce(0) { $0 + $1.fileBytes }) }

  /// The next frame of the committed transaction; `false` when there is none left.
  mutating func replayNext(_ body: (RawSpan) -> Void) throws(SourceError) -> Bool {
    guard let replay else { return false }
    do throws(SpillError) {
      if try replay.next(body) { return true }
    } catch {
      throw TransactionAssembly.failure(error)
    }
    self.replay = nil
    return false
  }

  /// Returns whether the frame passes; otherwise it is kept, or was about what is kept.
  mutating func take(_ frame: RawSpan) throws(SourceError) -> Bool {
    let header = XLogDataHeader.byteCount
    guard frame.byteCount > header, frame.byte(at: 0) == UInt8(ascii: "w") else { return true }
    let tag = frame.byte(at: header)
    if current == nil {
      switch tag {
      case UInt8(ascii: "R"):
        note(frame.extracting(header..<frame.byteCount))
        return true
      case UInt8(ascii: "S"), UInt8(ascii: "E"), UInt8(ascii: "c"), UInt8(ascii: "A"): break
      default: return true
      }
    }
    let message = frame.extracting(header..<frame.byteCount)
    let lsn: LSN
    let part: Part
    do throws(DecodeError) {
      lsn = try TransactionAssembly.lsn(of: frame)
      part = try TransactionAssembly.part(message)
    } catch {
      throw SourceError(.stop, "a message of an open transaction: \(error)")
    }
    switch part {
    case .control(.start(let start)): try begin(start, at: lsn)
    case .control(.stop): try endBlock(at: lsn)
    case .control(.commit(let commit)): try self.commit(commit, at: lsn)
    case .control(.abort(let abort)): try self.abort(abort, at: lsn)
    case .content(let content): try keep(frame, content, message, at: lsn)
    }
    return false
  }

  private enum Part {
    case control(StreamControl)
    case content(StreamedMessage)
  }

  private static func part(_ message: RawSpan) throws(DecodeError) -> Part {
    if let control = try StreamControl.decode(message) { return .control(control) }
    return .content(try StreamedMessage.decode(message))
  }

  private static func lsn(of frame: RawSpan) throws(DecodeError) -> LSN {
    guard case .xLogData(let header) = try StreamFrame.decode(frame) else { return .invalid }
    return header.walStart
  }

  // MARK: Blocks

  private mutating func begin(_ start: StreamStart, at lsn: LSN) throws(SourceError) {
    guard current == nil else { throw TransactionAssembly.violation("Stream Start inside a block", at: lsn) }
    if let known = open[start.transaction] {
      guard !start.isFirst else {
        throw TransactionAssembly.violation("a second first block of transaction \(start.transaction)", at: lsn)
      }
      current = known
      return
    }
    guard start.isFirst else {
      throw TransactionAssembly.violation(
        "a block of transaction \(start.transaction), whose first has not come", at: lsn)
    }
    let transaction = OpenTransaction(id: start.transaction, firstLSN: lsn)
    open[start.transaction] = transaction
    current = transaction
  }

  private mutating func endBlock(at lsn: LSN) throws(SourceError) {
    guard current != nil else { throw TransactionAssembly.violation("Stream Stop outside a block", at: lsn) }
    current = nil
  }

  private mutating func keep(
    _ frame: RawSpan, _ content: StreamedMessage, _ message: RawSpan, at lsn: LSN
  ) throws(SourceError) {
    // Outside a block only messages about blocks come here.
    guard let current else { return }
    guard content.kind != .origin else {
      throw SourceError(
        .reconnectWithoutStreaming,
        "transaction \(current.id) comes from a replication origin, whose position is told only once it has committed")
    }
    let before = current.memoryBytes
    do throws(SpillError) {
      switch content.kind {
      case .change: try current.append(frame, of: content.transaction)
      case .logicalMessage: try current.append(logicalMessage: frame)
      case .relation(let relation):
        let plain = TransactionAssembly.plain(message)
        try current.append(frame, describing: relation, unsafe described(plain.span.bytes))
      // Types are looked up with the table that uses them.
      case .type, .origin: return
      }
      memoryBytes += current.memoryBytes - before
      while memoryBytes > rules.memoryBytesMax { try spillLargest() }
    } catch {
      throw TransactionAssembly.failure(error)
    }
  }

  private mutating func spillLargest() throws(SpillError) {
    guard let space, let largest = open.values.max(by: { $0.memoryBytes < $1.memoryBytes }), largest.memoryBytes > 0
    else { return }
    let before = largest.memoryBytes
    if largest.fileBytes == 0 { spilledTransactions += 1 }
    try largest.spill(to: space)
    memoryBytes += largest.memoryBytes - before
  }

  // MARK: Ends

  private mutating func abort(_ abort: StreamAbort, at lsn: LSN) throws(SourceError) {
    guard current == nil else { throw TransactionAssembly.violation("Stream Abort inside a block", at: lsn) }
    guard let transaction = open[abort.transaction] else { return }
    let before = transaction.memoryBytes
    if abort.subtransaction == abort.transaction {
      open[abort.transaction] = nil
      memoryBytes -= before
      return
    }
    var isCertain = false
    do throws(SpillError) {
      isCertain = try transaction.rollBack(abort.subtransaction)
    } catch {
      throw TransactionAssembly.failure(error)
    }
    guard isCertain else {
      throw SourceError(
        .reconnectWithoutStreaming,
        "transaction \(abort.transaction) has logical messages beside a savepoint that was rolled back, and whether with it is told only once it has committed"
      )
    }
    memoryBytes += transaction.memoryBytes - before
  }

  private mutating func commit(_ commit: StreamCommit, at lsn: LSN) throws(SourceError) {
    guard current == nil else { throw TransactionAssembly.violation("Stream Commit inside a block", at: lsn) }
    guard let transaction = open.removeValue(forKey: commit.transaction) else {
      throw TransactionAssembly.violation(
        "the commit of transaction \(commit.transaction), of which nothing has come", at: lsn)
    }
    memoryBytes -= transaction.memoryBytes
    doubtful = transaction.keptSubtransactions.ids
    var begin: LSN?
    do throws(SpillError) {
      begin = try transaction.firstChangeLSN()
    } catch {
      throw TransactionAssembly.failure(error)
    }
    if rules.sendsEmptyTransactions { begin = transaction.firstLSN }
    replay = TransactionReplay(
      transaction, commit, beginningAt: begin, descriptions: settle(transaction.relations, isReplayed: begin != nil))
  }

  /// The answer for those that were `doubtful`.
  mutating func settleDoubt(hasRolledBack: Bool) throws(SourceError) {
    defer { doubtful = [] }
    guard hasRolledBack else { return }
    replay = nil
    throw SourceError(
      .reconnectWithoutStreaming,
      "the server sent changes of a savepoint that was rolled back, without telling of it"
    )
  }

  // MARK: Tables

  private mutating func note(_ message: RawSpan) {
    var reader = ByteReader(message)
    do throws(DecodeError) {
      _ = try reader.readByte()
      let relation = RelationOID(rawValue: try reader.readInteger())
      known[relation] = described(message)
    } catch {
      // The pipeline, which gets it whole, says what is wrong with it.
      return
    }
  }

  /// With its columns as they are held for another table already, where they are.
  private mutating func described(_ message: RawSpan) -> DescribedRelation {
    let head = TransactionAssembly.headBytes(message) ?? message.byteCount
    // Those of tables that have changed since are let go of when they are as many as the others.
    if columns.count > 2 * known.count + 16 { columns = Set(known.values.map(\.columns)) }
    relationsSeen += 1
    return DescribedRelation(
      sequence: relationsSeen, head: TransactionAssembly.bytes(message.extracting(0..<head)),
      columns: columns.insert(TransactionAssembly.bytes(message.extracting(head..<message.byteCount)))
        .memberAfterInsert)
  }

  /// Of a description, up to the table's name; `nil` for one that is damaged, of which the pipeline says what is wrong.
  private static func headBytes(_ message: RawSpan) -> Int? {
    var reader = ByteReader(message)
    do throws(DecodeError) {
      _ = try reader.readByte()
      _ = try reader.readInteger(as: UInt32.self)
      _ = try reader.readText()
      _ = try reader.readText()
      return reader.offset
    } catch {
      return nil
    }
  }

  /// The descriptions in force once a transaction has committed; returns those that must be told after it.
  private mutating func settle(_ relations: [RelationOID: DescribedRelation], isReplayed: Bool) -> [[UInt8]] {
    var told: [[UInt8]] = []
    for (relation, own) in relations {
      if let other = known[relation], other.sequence > own.sequence {
        // The replay tells its own, which is older.
        if isReplayed, other.head != own.head || other.columns != own.columns { told.append(other.message) }
      } else {
        known[relation] = own
        if !isReplayed { told.append(own.message) }
      }
    }
    return told
  }

  /// Without the transaction's id.
  private static func plain(_ message: RawSpan) -> [UInt8] {
    bytes(message.extracting(0..<StreamedMessage.idBytes.lowerBound))
      + bytes(message.extracting(StreamedMessage.idBytes.upperBound..<message.byteCount))
  }

  private static func bytes(_ span: RawSpan) -> [UInt8] { unsafe span.withUnsafeBytes { unsafe Array($0) } }

  // MARK: Failures

  private static func violation(_ what: String, at lsn: LSN) -> SourceError {
    SourceError(.stop, "LSN \(lsn): \(what), which the protocol does not allow")
  }

  private static func failure(_ error: SpillError) -> SourceError {
    SourceError(.reconnectWithoutStreaming, "the changes of an open transaction cannot be kept: \(error)")
  }
}
