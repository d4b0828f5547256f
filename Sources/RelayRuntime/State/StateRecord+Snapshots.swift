import EventRouting
import Primitives

/// The snapshots' context in the state record: flat members, since a record holds plain values only. Lists are counted, and
/// a member that is missing is a NULL.
///
///     "incrementalTables":"2","incrementalTable.1":"public.a","incrementalFilter.1":"id > 5","incrementalTable.2":"public.b",
///     "incrementalAfter":"1","incrementalAfter.1":"4","incrementalMaximum":"1","incrementalMaximum.1":"9",
///     "incrementalSignal":"ad-hoc-1","blockingSnapshots":"1","blockingSnapshot.1.table":"1",…,
///     "signalTopicNext":"17","signalFileBytes":"120","signalFileHash":"1234"
extension IncrementalContext {
  /// Names and values for the record.
  var members: [(name: String, value: String)] {
    var members: [(name: String, value: String)] = []
    func list(_ name: String, _ values: [String?]?) {
      guard let values else { return }
      members.append((name, String(values.count)))
      for (index, value) in values.enumerated() {
        if let value { members.append(("\(name).\(index + 1)", value)) }
      }
    }
    if isRunning {
      members.append(("incrementalTables", String(collections.count)))
      for (index, collection) in collections.enumerated() {
        let place = index + 1
        members.append(("incrementalSchema.\(place)", collection.table.schema))
        members.append(("incrementalTable.\(place)", collection.table.name))
        if let filter = collection.filter { members.append(("incrementalFilter.\(place)", filter)) }
        if let key = collection.surrogateKey { members.append(("incrementalSurrogateKey.\(place)", key)) }
        if collection.isOfFirstSnapshot { members.append(("incrementalOfFirstSnapshot.\(place)", "true")) }
      }
      list("incrementalAfter", after)
      list("incrementalMaximum", maximum)
      if let correlationID { members.append(("incrementalSignal", correlationID)) }
      if !stops.isEmpty { list("incrementalStops", stops) }
    }
    if let next = marks.topicNext { members.append(("signalTopicNext", String(next))) }
    if let file = marks.file {
      members.append(("signalFileBytes", String(file.byteCount)))
      members.append(("signalFileHash", String(file.hash)))
    }
    guard !blocking.isEmpty else { return members }
    members.append(("blockingSnapshots", String(blocking.count)))
    for (index, snapshot) in blocking.enumerated() {
      let name = "blockingSnapshot.\(index + 1)"
      list("\(name).patterns", snapshot.collections)
      let queries = snapshot.queries.sorted { $0.key < $1.key }
      members.append(("\(name).queries", String(queries.count)))
      for (index, query) in queries.enumerated() {
        members.append(("\(name).schema.\(index + 1)", query.key.schema))
        members.append(("\(name).table.\(index + 1)", query.key.name))
        members.append(("\(name).query.\(index + 1)", query.value))
      }
      members.append(("\(name).position", snapshot.lsn.description))
      if let lastCommit = snapshot.lastCommit { members.append(("\(name).lastCommit", lastCommit.description)) }
      members.append(("\(name).transaction", String(snapshot.transactionID)))
    }
    return members
  }

  /// Reads what `members` gives; `nil` where the record has none of it. A record that is half understood is refused.
  init?(_ member: (String) -> String?) throws(StateStoreError) {
    var context = IncrementalContext()
    func count(_ name: String) throws(StateStoreError) -> Int? {
      guard let text = member(name) else { return nil }
      guard let count = Int(text), (0...IncrementalContext.listMax).contains(count) else {
        throw StateStoreError("\"\(name)\" of the state record is no count")
      }
      return count
    }
    func text(_ name: String) throws(StateStoreError) -> String {
      guard let text = member(name) else { throw StateStoreError("the state record has no \"\(name)\"") }
      return text
    }
    func list(_ name: String) throws(StateStoreError) -> [String?]? {
      try count(name).map { count in count == 0 ? [] : (1...count).map { member("\(name).\($0)") } }
    }
    func places(_ name: String) throws(StateStoreError) -> Range<Int> {
      let count = try count(name) ?? 0
      return 1..<count + 1
    }
    for place in try places("incrementalTables") {
      context.collections.append(
        Collection(
          table: TableID(
            schema: try text("incrementalSchema.\(place)"), name: try text("incrementalTable.\(place)")),
          filter: member("incrementalFilter.\(place)"), surrogateKey: member("incrementalSurrogateKey.\(place)"),
          isOfFirstSnapshot: member("incrementalOfFirstSnapshot.\(place)") == "true"))
    }
    context.after = try list("incrementalAfter")
    context.maximum = try list("incrementalMaximum")
    context.correlationID = member("incrementalSignal")
    context.stops = (try list("incrementalStops") ?? []).compactMap { $0 }
    if let next = member("signalTopicNext") {
      guard let next = Int64(next), next >= 0 else {
        throw StateStoreError("\"signalTopicNext\" of the state record is no offset")
      }
      context.marks.topicNext = next
    }
    if member("signalFileBytes") != nil {
      guard let bytes = Int(try text("signalFileBytes")), bytes >= 0, let hash = UInt64(try text("signalFileHash"))
      else { throw StateStoreError("\"signalFileBytes\" or \"signalFileHash\" of the state record is no number") }
      context.marks.file = FilePrefix(byteCount: bytes, hash: hash)
    }
    for place in try places("blockingSnapshots") {
      let name = "blockingSnapshot.\(place)"
      var queries: [TableID: String] = [:]
      for query in try places("\(name).queries") {
        let table = TableID(
          schema: try text("\(name).schema.\(query)"), name: try text("\(name).table.\(query)"))
        queries[table] = try text("\(name).query.\(query)")
      }
      guard let lsn = LSN(try text("\(name).position")), let transaction = UInt64(try text("\(name).transaction"))
      else { throw StateStoreError("\"\(name)\" of the state record has no position") }
      context.blocking.append(
        BlockingSnapshot(
          collections: (try list("\(name).patterns") ?? []).compactMap { $0 }, queries: queries, lsn: lsn,
          lastCommit: member("\(name).lastCommit").flatMap { LSN($0) }, transactionID: transaction))
    }
    if context.isEmpty { return nil }
    self = context
  }

  /// More tables than a signal names; keeps a damaged record from asking for memory.
  private static let listMax = 100_000
}
