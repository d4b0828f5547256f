import Primitives

/// Compares both sides of one partition of the spill, key by key. Pure.
///
/// A row must be a state that Kafka shows: that of the key's last record before the database was read, or that of a record
/// since. A key without a row must be gone in one of these, or not be there.
struct ProofComparison {
  /// What is known of one key.
  private struct Key {
    let topic: Int
    let identity: [UInt8]
    /// Forms of the rows, in the order of their numbers.
    var rows: [ProofEntry] = []
    /// Newest settled record of each of Kafka's partitions; more than one only where the number of partitions changed.
    var settled: [ProofEntry] = []
    var tail: [ProofEntry] = []
    var hasLetter = false
  }

  let subject: ProofSubject
  let names: [UInt64: String]
  /// By topic: where the newest truncation stands in the log.
  let truncations: [Int: UInt64]
  let differencesMax: Int
  private var keys: [UInt64: [Key]] = [:]
  private var changes: Set<UInt64> = []

  init(subject: ProofSubject, names: [UInt64: String], truncations: [Int: UInt64], differencesMax: Int) {
    self.subject = subject
    self.names = names
    self.truncations = truncations
    self.differencesMax = differencesMax
  }

  mutating func add(_ entry: ProofEntry, to report: inout ProofReport) {
    let hash = entry.keyHash
    var group = keys[hash] ?? []
    var index = group.firstIndex { $0.topic == Int(entry.topic) && $0.identity == entry.identity }
    if index == nil {
      group.append(Key(topic: Int(entry.topic), identity: entry.identity))
      index = group.count - 1
    }
    switch entry.side {
    case .expected: group[index!].rows.append(entry)
    case .letter: group[index!].hasLetter = true
    case .tail: group[index!].tail.append(entry)
    case .settled:
      if let place = group[index!].settled.firstIndex(where: { $0.partition == entry.partition }) {
        group[index!].settled[place] = entry
      } else {
        group[index!].settled.append(entry)
      }
    }
    keys[hash] = group
    if entry.side == .settled || entry.side == .tail { count(entry, hash, &report) }
  }

  private mutating func count(_ entry: ProofEntry, _ keyHash: UInt64, _ report: inout ProofReport) {
    let topic = Int(entry.topic)
    report.topics[topic].records += 1
    if entry.content.kind != .row { report.topics[topic].deletions += 1 }
    let table = subject.table(ofTopic: topic)
    let isEvent = table?.isOutbox ?? false
    // A row that a snapshot reads may be read again; a record without position cannot be told from its like.
    guard isEvent || (entry.content.lsn > 0 && entry.content.operation != UInt8(ascii: "r")) else { return }
    guard table?.hasKey ?? true else { return }
    var identity = keyHash
    if !isEvent {
      identity = ContentHash.combine(identity, entry.content.lsn)
      identity = ContentHash.combine(identity, UInt64(entry.content.operation))
      identity = ContentHash.combine(identity, entry.content.hash(without: table?.volatile ?? []))
    }
    if !changes.insert(identity).inserted { report.topics[topic].duplicates += 1 }
  }

  /// Judges every key of the partition, and forgets them.
  mutating func finish(_ report: inout ProofReport) {
    for group in keys.values { for key in group { judge(key, &report) } }
    keys.removeAll(keepingCapacity: true)
    changes.removeAll(keepingCapacity: true)
  }

  private func judge(_ key: Key, _ report: inout ProofReport) {
    if !key.settled.isEmpty || !key.tail.isEmpty { report.topics[key.topic].keys += 1 }
    let candidates = (key.settled + key.tail).map(afterTruncation)
    if key.rows.isEmpty {
      judgeWithoutRow(key, candidates, &report)
      return
    }
    var at = 0
    while at < key.rows.count {
      // The forms of one row stand together.
      var end = at + 1
      while end < key.rows.count, key.rows[end].number == key.rows[at].number { end += 1 }
      judge(Array(key.rows[at..<end]), key, candidates, &report)
      at = end
    }
  }

  private func afterTruncation(_ entry: ProofEntry) -> ProofEntry {
    guard let at = truncations[Int(entry.topic)], entry.content.lsn > 0, entry.content.lsn < at else { return entry }
    var entry = entry
    entry.content.kind = .deletion
    return entry
  }

  private func judge(
    _ forms: [ProofEntry], _ key: Key, _ candidates: [ProofEntry], _ report: inout ProofReport
  ) {
    let line = Int(forms[0].line)
    let table = subject.tables[subject.lines[line].table]
    let hash = ContentHash.combine(forms[0].keyHash, forms[0].content.hash(without: table.volatile))
    report.lines[line].rows += 1
    report.lines[line].databaseHash.add(hash)
    report.topics[key.topic].databaseHash.add(hash)
    for candidate in candidates.reversed() {
      for form in forms {
        guard let match = match(form.content, candidate.content, table) else { continue }
        report.lines[line].matched += 1
        report.lines[line].unavailableValues += match.unavailable
        report.lines[line].addedColumns += match.late
        report.lines[line].kafkaHash.add(hash)
        report.topics[key.topic].kafkaHash.add(hash)
        return
      }
    }
    let newest = candidates.last
    if let newest, newest.content.kind == .row {
      let actual = ContentHash.combine(newest.keyHash, newest.content.hash(without: table.volatile))
      report.lines[line].kafkaHash.add(actual)
      report.topics[key.topic].kafkaHash.add(actual)
    }
    if key.hasLetter {
      report.lines[line].deadLettered += 1
      return
    }
    guard table.publishesChanges else {
      report.topics[key.topic].notJudged += 1
      return
    }
    if newest == nil, !forms[0].isInWindow {
      report.lines[line].outsideWindow += 1
      return
    }
    if let newest, newest.content.kind == .row {
      report.lines[line].different += 1
      note(.different, key, table.name, differing(forms[0].content, newest.content, table), newest, &report)
    } else {
      report.lines[line].missing += 1
      note(.missing, key, table.name, [], newest, &report)
    }
  }

  private func judgeWithoutRow(_ key: Key, _ candidates: [ProofEntry], _ report: inout ProofReport) {
    guard let newest = candidates.last else { return }
    // Where the first record of the key is newer than the database's state, it had no row then.
    let isGone = key.settled.isEmpty || candidates.contains { $0.content.kind != .row }
    if isGone { return }
    let table = subject.table(ofTopic: key.topic)
    report.topics[key.topic].kafkaHash.add(
      ContentHash.combine(newest.keyHash, newest.content.hash(without: table?.volatile ?? [])))
    if let table, table.isOutbox, !subject.keepsOutbox {
      report.topics[key.topic].withoutRow += 1
    } else if let table, table.isOutbox || (table.publishesDeletes && table.hasKey) {
      report.topics[key.topic].extra += 1
      note(.extra, key, table.name, [], newest, &report)
    } else {
      report.topics[key.topic].notJudged += 1
    }
  }

  private func match(
    _ expected: RecordContent, _ actual: RecordContent, _ table: ProofTable
  ) -> (unavailable: UInt64, late: UInt64)? {
    guard expected.kind == actual.kind else { return nil }
    var match = (unavailable: UInt64(0), late: UInt64(0))
    for field in expected.fields where !table.volatile.contains(field.name) {
      guard let value = actual.value(of: field.name) else {
        // A column that was added after the record: rows from before have its default or NULL.
        guard !table.isOutbox, field.value == RecordContent.nullHash || table.lateColumns.contains(field.name) else {
          return nil
        }
        match.late += 1
        continue
      }
      if value == field.value { continue }
      guard table.unavailable[field.name] == value else { return nil }
      match.unavailable += 1
    }
    // A record that shares nothing with the row proves nothing.
    if match.late > 0, match.late == UInt64(expected.fields.count) { return nil }
    return match
  }

  private func differing(_ expected: RecordContent, _ actual: RecordContent, _ table: ProofTable) -> [String] {
    expected.fields.compactMap { field in
      if table.volatile.contains(field.name) { return nil }
      let value = actual.value(of: field.name)
      if value == field.value || (value != nil && table.unavailable[field.name] == value) { return nil }
      return names[field.name] ?? "(a column)"
    }
  }

  private func note(
    _ kind: ProofReport.Difference.Kind, _ key: Key, _ table: String, _ columns: [String], _ newest: ProofEntry?,
    _ report: inout ProofReport
  ) {
    guard report.differences.count < differencesMax else { return }
    report.differences.append(
      .init(
        kind: kind, table: table, topic: subject.topics[key.topic], key: ProofIdentity.text(key.identity),
        columns: columns, partition: newest?.partition, offset: newest.map { Int64(clamping: $0.number) }))
  }
}

/// The bytes by which both sides know what belongs together.
enum ProofIdentity {
  private static let keyTag: UInt8 = 0x6B
  private static let contentTag: UInt8 = 0x63
  private static let eventTag: UInt8 = 0x65

  static func event(_ id: RawSpan) -> [UInt8] { tagged(eventTag, id) }
  static func key(_ key: RawSpan) -> [UInt8] { tagged(keyTag, key) }
  /// Of a record without a key.
  static func content(_ hash: UInt64) -> [UInt8] {
    [contentTag] + Array(String(hash, radix: 16).utf8)
  }

  private static func tagged(_ tag: UInt8, _ span: RawSpan) -> [UInt8] {
    var bytes = [tag]
    bytes.reserveCapacity(span.byteCount + 1)
    for at in 0..<span.byteCount { bytes.append(span.byte(at: at)) }
    return bytes
  }

  static func text(_ identity: [UInt8]) -> String {
    let body = identity.dropFirst()
    if identity.first == contentTag { return "row hash \(String(decoding: body, as: UTF8.self))" }
    if let text = String(validating: body, as: UTF8.self) { return text }
    return "0x" + body.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
