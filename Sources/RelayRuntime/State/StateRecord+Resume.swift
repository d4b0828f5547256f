import EventRouting
import Primitives

/// A snapshot that can go on, in the state record: flat members, as those of `IncrementalContext`.
///
///     "snapshotTables":"2","snapshotSchema.1":"public","snapshotTable.1":"a","snapshotFinished.1":"true",…
extension ResumableSnapshot {
  /// Names and values for the record.
  var members: [(name: String, value: String)] {
    var members = [(name: "snapshotTables", value: String(tables.count))]
    for (index, table) in tables.enumerated() {
      members.append(("snapshotSchema.\(index + 1)", table.schema))
      members.append(("snapshotTable.\(index + 1)", table.name))
      if finished.contains(table) { members.append(("snapshotFinished.\(index + 1)", "true")) }
    }
    return members
  }

  /// Reads what `members` gives; `nil` where the record has none of it. A record that is half understood is refused.
  init?(_ member: (String) -> String?) throws(StateStoreError) {
    guard let text = member("snapshotTables") else { return nil }
    // More than a database has; keeps a damaged record from asking for memory.
    guard let count = Int(text), (0...1_000_000).contains(count) else {
      throw StateStoreError("\"snapshotTables\" of the state record is no count")
    }
    var snapshot = ResumableSnapshot(tables: [])
    for place in 1..<count + 1 {
      guard let schema = member("snapshotSchema.\(place)"), let name = member("snapshotTable.\(place)") else {
        throw StateStoreError("the state record has no \"snapshotTable.\(place)\"")
      }
      let table = TableID(schema: schema, name: name)
      snapshot.tables.append(table)
      if member("snapshotFinished.\(place)") == "true" { snapshot.finished.insert(table) }
    }
    self = snapshot
  }
}
