import RelayTestSupport

/// One random log, told twice: as protocol version 1 does, and with transactions sent while they are open. Which tables
/// have been described to whom is kept as pgoutput keeps it.
/// Source: PostgreSQL source, `src/backend/replication/pgoutput/pgoutput.c` (`get_rel_sync_entry`, `maybe_send_schema`,
/// `cleanup_rel_sync_cache`) and `src/backend/replication/logical/decode.c` (`DecodeAbort`).
struct ModelServer {
  private static let relationCount: UInt32 = 3

  private enum Item {
    case change(xid: UInt32, relation: UInt32, version: Int, lsn: UInt64)
    case invalidation(xid: UInt32, relation: UInt32)

    var xid: UInt32 {
      switch self {
      case .change(let xid, _, _, _), .invalidation(let xid, _): xid
      }
    }
  }

  private struct Subtransaction {
    let xid: UInt32
    var released: [UInt32] = []
    /// Versions of tables before it altered them.
    var altered: [UInt32: Int?] = [:]
  }

  private struct Transaction {
    let xid: UInt32
    var stack: [Subtransaction] = []
    var items: [Item] = []
    /// Not sent yet by the server that sends open transactions.
    var buffered: [Item] = []
    var streamedIDs: Set<UInt32> = []
    var isStreamed = false
    var touched: Set<UInt32> = []
    /// Versions of tables that it altered itself.
    var own: [UInt32: Int] = [:]
    var invalidated: Set<UInt32> = []
  }

  /// What a server knows of its client, for one table, and the shape in which it sends the table's rows. After a change of
  /// the publication that is the shape found when it last looked, not the one of the row's position.
  private struct Entry {
    var isValid = false
    var version = 0
    var isSent = false
    var sentIn: Set<UInt32> = []
  }

  private var random: SeededRandom
  private var versions: [UInt32: Int] = [:]
  private var lastVersion = 0
  private var lsn: UInt64 = 1_000
  private var lastXID: UInt32 = 4_294_967_280
  private var open: [Transaction] = []
  private var wholeEntries: [UInt32: Entry] = [:]
  private var openEntries: [UInt32: Entry] = [:]
  private(set) var whole: [[UInt8]] = []
  private(set) var streamed: [[UInt8]] = []

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    for relation in 1...Self.relationCount { versions[relation] = 0 }
  }

  mutating func run(steps: Int) {
    for _ in 0..<steps { step() }
    while !open.isEmpty { end(0, commits: true) }
  }

  private mutating func step() {
    if open.count < 4, random.oneIn(5) { open.append(Transaction(xid: nextXID())) }
    if random.oneIn(40) { changePublication(UInt32.random(in: 1...Self.relationCount, using: &random)) }
    guard !open.isEmpty else { return }
    let index = Int.random(in: 0..<open.count, using: &random)
    switch Int.random(in: 0..<24, using: &random) {
    case 0: end(index, commits: !random.oneIn(4))
    case 1...2 where open[index].stack.count < 3:
      // Without a row of its own its id may be later than those of what is within it; never earlier.
      open[index].stack.append(Subtransaction(xid: nextXID()))
    case 3: release(index)
    case 4...5: rollBack(index)
    case 6...8: stream(index)
    case 9: alter(index, UInt32.random(in: 1...Self.relationCount, using: &random))
    default:
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        change(index, UInt32.random(in: 1...Self.relationCount, using: &random))
      }
    }
  }

  private mutating func nextXID() -> UInt32 {
    lastXID = lastXID == .max ? 3 : lastXID + 1
    return lastXID
  }

  private func isAltered(_ relation: UInt32, byOtherThan index: Int?) -> Bool {
    open.indices.contains { $0 != index && open[$0].own[relation] != nil }
  }

  // MARK: The log

  private mutating func change(_ index: Int, _ relation: UInt32) {
    if isAltered(relation, byOtherThan: index) { return }
    lsn += 8
    open[index].touched.insert(relation)
    add(
      index,
      .change(
        xid: currentXID(index), relation: relation, version: open[index].own[relation] ?? versions[relation]!, lsn: lsn)
    )
  }

  /// ALTER TABLE waits for everybody who has touched the table.
  private mutating func alter(_ index: Int, _ relation: UInt32) {
    if isAltered(relation, byOtherThan: index) { return }
    if open.indices.contains(where: { $0 != index && open[$0].touched.contains(relation) }) { return }
    lastVersion += 1
    open[index].touched.insert(relation)
    for depth in open[index].stack.indices where open[index].stack[depth].altered[relation] == nil {
      open[index].stack[depth].altered[relation] = .some(open[index].own[relation])
    }
    open[index].own[relation] = lastVersion
    add(index, .invalidation(xid: currentXID(index), relation: relation))
  }

  /// ALTER PUBLICATION waits for nobody: other columns are published from here on.
  private mutating func changePublication(_ relation: UInt32) {
    if isAltered(relation, byOtherThan: nil) { return }
    lastVersion += 1
    versions[relation] = lastVersion
    for index in open.indices { add(index, .invalidation(xid: open[index].xid, relation: relation)) }
    invalidate([relation])
  }

  private func currentXID(_ index: Int) -> UInt32 { open[index].stack.last?.xid ?? open[index].xid }

  private mutating func add(_ index: Int, _ item: Item) {
    open[index].items.append(item)
    open[index].buffered.append(item)
    if case .invalidation(_, let relation) = item { open[index].invalidated.insert(relation) }
  }

  private mutating func release(_ index: Int) {
    guard let child = open[index].stack.popLast() else { return }
    guard !open[index].stack.isEmpty else { return }
    open[index].stack[open[index].stack.count - 1].released += child.released + [child.xid]
  }

  private mutating func rollBack(_ index: Int) {
    guard let subtransaction = open[index].stack.popLast() else { return }
    for (relation, version) in subtransaction.altered { open[index].own[relation] = version }
    let ids = subtransaction.released + [subtransaction.xid]
    open[index].items.removeAll { ids.contains($0.xid) }
    open[index].buffered.removeAll { ids.contains($0.xid) }
    for id in ids where open[index].streamedIDs.contains(id) {
      streamed.append(frame(0, WireBuilder.streamAbort(xid: open[index].xid, subtransaction: id)))
    }
    invalidate(subtransaction.altered.keys)
  }

  private mutating func end(_ index: Int, commits: Bool) {
    let transaction = open.remove(at: index)
    lsn += 16
    if commits {
      for (relation, version) in transaction.own { versions[relation] = version }
      sendWhole(transaction)
      if transaction.isStreamed {
        sendBlock(transaction)
        streamed.append(
          frame(lsn + 8, WireBuilder.streamCommit(xid: transaction.xid, commitLSN: lsn, endLSN: lsn + 8)))
      }
      lsn += 8
    } else if transaction.isStreamed {
      streamed.append(
        frame(0, WireBuilder.streamAbort(xid: transaction.xid, subtransaction: transaction.xid)))
    }
    for relation in openEntries.keys where openEntries[relation]!.sentIn.remove(transaction.xid) != nil {
      if commits { openEntries[relation]!.isSent = true }
    }
    invalidate(transaction.invalidated)
  }

  private mutating func invalidate(_ relations: some Sequence<UInt32>) {
    for relation in relations {
      wholeEntries[relation]?.isValid = false
      openEntries[relation]?.isValid = false
    }
  }

  // MARK: Telling it

  private func frame(_ lsn: UInt64, _ message: [UInt8]) -> [UInt8] { WireBuilder.xLogData(at: lsn, message) }

  private static func relation(_ relation: UInt32, _ version: Int) -> [UInt8] {
    WireBuilder.relation(relation, name: String(version), columns: [("version", 23, -1, false)])
  }

  private static func insert(_ relation: UInt32, _ version: Int) -> [UInt8] {
    WireBuilder.insert(relation, [.text(String(version))])
  }

  /// A committed transaction, to either client where it has not had parts of it.
  private mutating func sendWhole(_ transaction: Transaction) {
    let isForBoth = !transaction.isStreamed
    var entries = (wholeEntries, openEntries)
    var frames: ([[UInt8]], [[UInt8]]) = ([], [])
    var first: UInt64?
    for item in transaction.items {
      switch item {
      case .invalidation(_, let relation):
        entries.0[relation]?.isValid = false
        if isForBoth { entries.1[relation]?.isValid = false }
      case .change(_, let relation, let version, let lsn):
        first = first ?? lsn
        frames.0 += rows(&entries.0[relation, default: Entry()], relation, version, lsn)
        if isForBoth { frames.1 += rows(&entries.1[relation, default: Entry()], relation, version, lsn) }
      }
    }
    (wholeEntries, openEntries) = entries
    // PostgreSQL 15 and later say nothing of an empty transaction, and begin one at its first change.
    guard let first else { return }
    let begin = frame(first, WireBuilder.begin(commitLSN: lsn, xid: transaction.xid))
    let commit = frame(lsn + 8, WireBuilder.commit(commitLSN: lsn, endLSN: lsn + 8))
    whole += [begin] + frames.0 + [commit]
    if isForBoth { streamed += [begin] + frames.1 + [commit] }
  }

  private func rows(_ entry: inout Entry, _ relation: UInt32, _ version: Int, _ lsn: UInt64) -> [[UInt8]] {
    Self.look(&entry, version)
    let row = frame(lsn, Self.insert(relation, entry.version))
    if entry.isSent { return [row] }
    entry.isSent = true
    return [frame(0, Self.relation(relation, entry.version)), row]
  }

  private static func look(_ entry: inout Entry, _ version: Int) {
    if !entry.isValid { entry = Entry(isValid: true, version: version) }
  }

  private mutating func stream(_ index: Int) {
    guard !open[index].buffered.isEmpty else { return }
    sendBlock(open[index])
    open[index].isStreamed = true
    open[index].streamedIDs.formUnion(open[index].buffered.map(\.xid))
    open[index].buffered = []
  }

  private mutating func sendBlock(_ transaction: Transaction) {
    streamed.append(
      frame(lsn, WireBuilder.streamStart(xid: transaction.xid, isFirst: !transaction.isStreamed)))
    for item in transaction.buffered {
      switch item {
      case .invalidation(_, let relation): openEntries[relation]?.isValid = false
      case .change(let xid, let relation, let version, let lsn):
        Self.look(&openEntries[relation, default: Entry()], version)
        let version = openEntries[relation]!.version
        if openEntries[relation]!.sentIn.insert(transaction.xid).inserted {
          streamed.append(frame(0, WireBuilder.streamed(xid: xid, Self.relation(relation, version))))
        }
        streamed.append(frame(lsn, WireBuilder.streamed(xid: xid, Self.insert(relation, version))))
      }
    }
    streamed.append(frame(0, WireBuilder.streamStop))
    invalidate(transaction.invalidated)
  }
}
