import ConnectorConfig
import Primitives

extension StateRecord {
  /// Reads what `json` writes. Every member must be there and make sense: a record that is half understood must not
  /// decide where a stream starts.
  public init(json: [UInt8]) throws(StateStoreError) {
    let object: FlatJSONObject
    do throws(ConfigError) {
      object = try FlatJSONObject(json, name: "state record")
    } catch {
      throw StateStoreError("\(error)")
    }
    func text(_ name: String) throws(StateStoreError) -> String {
      guard let value = object[name] else { throw StateStoreError("the state record has no \"\(name)\"") }
      return value
    }
    func lsn(_ name: String) throws(StateStoreError) -> LSN {
      guard let value = LSN(try text(name)) else { throw StateStoreError("\"\(name)\" of the state record is no LSN") }
      return value
    }
    let format = try text("format")
    guard format == String(StateRecord.formatVersion) else {
      throw StateStoreError(
        "the state record has format \(format), this version reads \(StateRecord.formatVersion)")
    }
    guard let timeline = Int(try text("timeline")) else {
      throw StateStoreError("\"timeline\" of the state record is no number")
    }
    guard let snapshot = Snapshot(rawValue: try text("snapshot")) else {
      throw StateStoreError("\"snapshot\" of the state record is neither running nor complete")
    }
    var divided: DividedTransaction?
    if object["dividedTransaction"] != nil {
      guard let transaction = UInt32(try text("dividedTransaction")), let changes = UInt64(try text("dividedChanges"))
      else { throw StateStoreError("\"dividedTransaction\" or \"dividedChanges\" of the state record is no number") }
      // Without their number they were written before it was kept.
      let parts = object["dividedParts"] == nil ? 1 : Int(try text("dividedParts"))
      guard let parts, parts > 0 else { throw StateStoreError("\"dividedParts\" of the state record is no number") }
      divided = DividedTransaction(TransactionID(rawValue: transaction), changes: changes, parts: parts)
    }
    func flag(_ name: String) throws(StateStoreError) -> Bool {
      let value = try text(name)
      guard value == "true" || value == "false" else {
        throw StateStoreError("\"\(name)\" of the state record is neither true nor false")
      }
      return value == "true"
    }
    var relay: RelayTerm?
    if object["relay"] != nil {
      relay = RelayTerm(try text("relay"))
      if relay == nil { throw StateStoreError("\"relay\" of the state record is no number and id") }
    }
    self.init(
      connector: try text("connector"), systemIdentifier: try text("systemIdentifier"), timeline: timeline,
      database: try text("database"), slot: try text("slot"), ownsSlot: try flag("ownsSlot"),
      snapshot: snapshot,
      position: StreamPosition(
        acknowledged: try lsn("position"), lastCommit: object["lastCommit"] == nil ? nil : try lsn("lastCommit"),
        incremental: try IncrementalContext { object[$0] }, divided: divided),
      resumable: try ResumableSnapshot { object[$0] }, relay: relay)
    if object["timelineStart"] != nil { timelineStart = try lsn("timelineStart") }
    if object["publications"] != nil {
      publications = PublicationsStanding(try text("publications"))
      if publications == nil { throw StateStoreError("\"publications\" of the state record is no fingerprint and LSN") }
    }
    if object["ended"] != nil { hasEnded = try flag("ended") }
  }
}
